from coalition.domain.purchase import Line
from coalition.services.purchases import RecordPurchase, record_purchase


def test_purchase__a_thousand_roubles_at_ten_per_cent__earns_a_tenth(coalition, clock):
    ticket = Line("1", "ticket", "film", 1, 1000)
    receipt = RecordPurchase(coalition.cinema.number, coalition.anna.id, "r-1", clock.now(), "USD", (ticket,))
    outcome = record_purchase(receipt, now=clock.now())
    assert outcome.accrual.points == 100
