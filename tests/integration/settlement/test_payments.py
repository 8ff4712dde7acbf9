"""Once a period is accepted its payments are due: planned once, told to banks, confirmed by whoever gets them."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from coalition.domain.periods import PeriodStatus
from coalition.domain.redemption import Exactly
from coalition.errors import NoBankDetails, NoSigningKey, PeriodNotSettled, UnknownPartner, UnknownPayment
from coalition.payments.errors import BankDetailsUnfit, InvalidBankDetails, InvalidPaymentFile
from coalition.services import settlement
from coalition.services.parties import parties, set_bank_details
from coalition.services.payments import bank_1c_file, confirm_payment, list_payments, pain001_file
from coalition.store.database import connection
from tests.integration.books import contents, refused
from tests.integration.settlement.conftest import BY
from tests.unit.payments.examples import CAFE_DOCUMENT, CINEMA_DOCUMENT, GROCER_DOCUMENT

APRIL, MAY = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
DUE = date(2026, 4, 20)
CINEMA, CAFE, GROCER = 2, 3, 4
PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


@pytest.fixture
def period(office, coalition, till):
    """In March the cinema came to owe the café and the café the grocer: two payments clear three debts."""
    till.sell(coalition.cinema, 3000)
    till.sell(coalition.cafe, 1000, redeem=Exactly(50))
    till.redeem(coalition.grocer, 80)
    office.until(APRIL)
    return office.close("2026-03")


def settled(office):
    office.until(MAY)
    assert settlement.settle_accepted(now=MAY) == 1
    return settlement.period("2026-03", now=MAY)


@pytest.fixture
def planned(office, period):
    return settled(office)


@pytest.fixture
def banked(office):
    for name, document in (("cinema", CINEMA_DOCUMENT), ("cafe", CAFE_DOCUMENT), ("grocer", GROCER_DOCUMENT)):
        set_bank_details(name, document, BY, now=office.clock.now())


def payments() -> list[tuple[int, int, str, int]]:
    return [(each.payer, each.payee, each.currency, each.amount_minor) for each in list_payments()]


def test_settle__after_the_deadline__plans_the_fewest_payments_once(office, period):
    assert settlement.settle_accepted(now=APRIL) == 0
    found = settled(office)

    assert (found.status, found.settled_at) == (PeriodStatus.SETTLED, MAY)
    assert payments() == [(CINEMA, GROCER, "USD", 80), (CINEMA, CAFE, "USD", 50)]
    before = contents()
    assert settlement.settle_accepted(now=MAY + timedelta(days=1)) == 0
    assert contents() == before


def test_settle__twice_at_the_same_time__plans_once(office, period):
    def settle(_: int) -> int:
        with connection():
            return settlement.settle_accepted(now=MAY)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(settle, range(2))) == [0, 1]
    assert len(payments()) == 2


def test_settle__what_is_paid__is_what_positions_say(planned):
    nets = dict.fromkeys((CINEMA, CAFE, GROCER), 0)
    for payer, payee, _, amount in payments():
        nets[payer] -= amount
        nets[payee] += amount
    assert {"USD": nets} == settlement.result(planned).positions


def test_list__of_a_party__has_what_it_pays_and_gets(planned):
    assert [len(list_payments(party=party)) for party in (CINEMA, CAFE, GROCER, 1)] == [2, 1, 1, 0]
    assert len(list_payments(planned.number)) == 2
    assert list_payments(planned.number + 1) == []


# --- files


def test_files__of_a_period_that_is_not_settled__refused(office, period, banked):
    for write in (pain001_file, bank_1c_file):
        with refused(PeriodNotSettled):
            write(period, "en", DUE, now=office.clock.now())


def test_files__without_bank_details__name_everybody_who_lacks_them(office, planned):
    set_bank_details("cafe", CAFE_DOCUMENT, BY, now=office.clock.now())
    for write in (pain001_file, bank_1c_file):
        with refused(NoBankDetails) as refusal:
            write(planned, "en", DUE, now=office.clock.now())
        assert refusal.value.partners == "cinema, grocer"


def test_pain001__of_a_settled_period__has_every_payment_with_its_amount_and_purpose(office, planned, banked):
    root = ElementTree.fromstring(pain001_file(planned, "en", DUE, now=office.clock.now()))

    amounts = [(each.get("Ccy"), each.text) for each in root.iter(f"{PAIN}InstdAmt")]
    assert sorted(amounts) == [("USD", "0.50"), ("USD", "0.80")]
    assert {each.text for each in root.iter(f"{PAIN}CtrlSum")} == {"1.30"}
    purposes = " ".join(str(each.text) for each in root.iter(f"{PAIN}Ustrd"))
    assert "2026-03-01 to 2026-03-31" in purposes
    # Banks take no underscores.
    assert all(each.id.replace("_", "-") in purposes for each in list_payments())


def test_pain001__what_is_confirmed__is_not_paid_again(office, planned, banked):
    [to_grocer, to_cafe] = list_payments()
    confirm_payment(to_grocer.id, GROCER, None, BY, now=office.clock.now())
    root = ElementTree.fromstring(pain001_file(planned, "en", DUE, now=office.clock.now()))
    assert [each.text for each in root.iter(f"{PAIN}InstdAmt")] == ["0.50"]
    confirm_payment(to_cafe.id, CAFE, None, BY, now=office.clock.now())
    with refused(InvalidPaymentFile):
        pain001_file(planned, "en", DUE, now=office.clock.now())


@pytest.fixture
def in_roubles(office, coalition, till):
    """The grocer pays the café ninety kopecks."""
    till.rules("currency: RUB")
    till.sell(coalition.grocer, 10_000)
    till.redeem(coalition.cafe, 90)
    office.until(APRIL)
    office.close("2026-03")
    return settled(office)


def test_bank_1c__of_roubles__has_every_payment(office, in_roubles):
    set_bank_details("cafe", CAFE_DOCUMENT, BY, now=office.clock.now())
    set_bank_details("grocer", GROCER_DOCUMENT, BY, now=office.clock.now())

    text = bank_1c_file(in_roubles, "ru", DUE, now=office.clock.now()).decode("cp1251")

    assert re.findall(r"^Сумма=(.*?)\r?$", text, re.MULTILINE) == ["0.90"]
    assert "Расчёты по баллам" in text
    assert list_payments()[0].id in text


def test_bank_1c__to_an_account_that_is_not_russian__refused(office, in_roubles):
    for name, document in (("cafe", CINEMA_DOCUMENT), ("grocer", GROCER_DOCUMENT)):
        set_bank_details(name, document, BY, now=office.clock.now())
    with refused(BankDetailsUnfit):
        bank_1c_file(in_roubles, "ru", DUE, now=office.clock.now())


def test_bank_1c__in_another_currency__refused(office, planned, banked):
    with refused(InvalidPaymentFile):
        bank_1c_file(planned, "ru", DUE, now=office.clock.now())


@pytest.mark.parametrize(("payer", "payments"), [(CINEMA, 2), (None, 2), (CAFE, 0)])
def test_files__of_one_payer__have_what_it_has_to_pay(office, planned, banked, payer, payments):
    def write() -> bytes:
        return pain001_file(planned, "en", DUE, payer, now=office.clock.now())

    if payments:
        assert len(list(ElementTree.fromstring(write()).iter(f"{PAIN}InstdAmt"))) == payments
    else:
        with refused(InvalidPaymentFile):
            write()


# --- confirmed


def test_confirm__by_the_payee__stays_as_it_was_first_said(office, planned):
    payment = list_payments()[0]
    first = confirm_payment(payment.id, payment.payee, None, BY, now=MAY)
    assert first.confirmed_at == MAY
    before = contents()
    assert confirm_payment(payment.id, payment.payee, None, BY, now=MAY + timedelta(days=1)) == first
    assert contents() == before


def test_confirm__by_the_operator__is_for_anybody(planned):
    payment = list_payments()[0]
    assert confirm_payment(payment.id, None, None, BY, now=MAY).confirmed_at == MAY


def test_confirm__by_the_payer_or_of_nothing__refused(planned):
    payment = list_payments()[0]
    with refused(UnknownPayment):
        confirm_payment(payment.id, payment.payer, None, BY, now=MAY)
    with refused(UnknownPayment):
        confirm_payment("pay_none", None, None, BY, now=MAY)


def test_confirm__signed_without_a_key__refused(planned):
    payment = list_payments()[0]
    with refused(NoSigningKey):
        confirm_payment(payment.id, payment.payee, "0x" + "1" * 130, BY, now=MAY)


# --- bank details


def test_bank_details__set_again__are_the_new_ones_and_of_the_pool_too(office):
    now = office.clock.now()
    set_bank_details("cafe", CINEMA_DOCUMENT, BY, now=now)
    party = set_bank_details("cafe", CAFE_DOCUMENT, BY, now=now)
    assert party.bank is not None and party.bank.document() == CAFE_DOCUMENT
    set_bank_details("pool", CINEMA_DOCUMENT, BY, now=now)
    assert [number for number, each in parties().items() if each.bank] == [0, CAFE]


def test_bank_details__of_nobody_or_with_mistakes__refused(office):
    with refused(UnknownPartner):
        set_bank_details("bakery", CAFE_DOCUMENT, BY, now=office.clock.now())
    with refused(InvalidBankDetails):
        set_bank_details("cafe", CAFE_DOCUMENT | {"bik": "1"}, BY, now=office.clock.now())
