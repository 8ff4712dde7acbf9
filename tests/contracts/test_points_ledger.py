"""What the token ledger does with each kind of entry, and what anyone can read and recompute from it."""

import pytest
from eth_utils.crypto import keccak

from tests.contracts.ledger import ANNA, BORIS, CAFE, CINEMA, GROCER, LIMIT, NOBODY, Kind, Ledger, entry, next_head

ISSUING = (Kind.ACCRUAL, Kind.REWARD, Kind.ADJUSTMENT_INCREASE)
ACTIVE = 1


class TestKinds:
    @pytest.mark.parametrize("kind", ISSUING)
    def test_issuing__points_and_issued_total_appear(self, ledger: Ledger, kind: Kind) -> None:
        receipt = ledger.record(entry(kind, 100, issuer=CINEMA, partner=CAFE))

        assert ledger.balance(ANNA) == ledger.read("totalSupply") == ledger.read("outstanding", CINEMA) == 100
        assert ledger.partner(CINEMA) == {"issued": 100, "redeemed": 0, "expired": 0, "limit": LIMIT, "status": ACTIVE}
        assert ledger.partner(CAFE)["issued"] == 0
        assert ledger.events(receipt, "Transfer") == [{"from": NOBODY, "to": ANNA, "value": 100}]

    def test_redemption__points_are_burned_and_the_issuer_owes_the_redeemer(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100, issuer=GROCER, partner=GROCER))
        receipt = ledger.record(entry(Kind.REDEMPTION, 30, issuer=GROCER, partner=CAFE))

        assert ledger.balance(ANNA) == ledger.read("totalSupply") == ledger.read("outstanding", GROCER) == 70
        assert ledger.partner(GROCER) | {"limit": 0} == {
            "issued": 100, "redeemed": 30, "expired": 0, "limit": 0, "status": ACTIVE,
        }  # fmt: skip
        assert ledger.read("obligation", GROCER, CAFE) == 30
        assert ledger.read("obligation", CAFE, GROCER) == 0
        assert ledger.events(receipt, "Transfer") == [{"from": ANNA, "to": NOBODY, "value": 30}]

    @pytest.mark.parametrize("kind", [Kind.ACCRUAL_REVERSAL, Kind.ADJUSTMENT_DECREASE])
    def test_taking_back__points_are_burned_as_if_never_issued(self, ledger: Ledger, kind: Kind) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100))
        receipt = ledger.record(entry(kind, 40))

        assert ledger.balance(ANNA) == ledger.read("totalSupply") == ledger.read("outstanding", CINEMA) == 60
        assert ledger.partner(CINEMA)["issued"] == 60
        assert ledger.events(receipt, "Transfer") == [{"from": ANNA, "to": NOBODY, "value": 40}]

    def test_redemption_reversal__points_and_debt_are_as_before(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.REDEMPTION, 30, partner=CAFE))
        receipt = ledger.record(entry(Kind.REDEMPTION_REVERSAL, 10, partner=CAFE))

        assert ledger.balance(ANNA) == ledger.read("totalSupply") == ledger.read("outstanding", CINEMA) == 80
        assert ledger.partner(CINEMA)["issued"] == 100
        assert ledger.partner(CINEMA)["redeemed"] == ledger.read("obligation", CINEMA, CAFE) == 20
        assert ledger.events(receipt, "Transfer") == [{"from": NOBODY, "to": ANNA, "value": 10}]

    def test_expiry__points_are_burned_and_nobody_is_owed(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100))
        receipt = ledger.record(entry(Kind.EXPIRY, 25, partner=CAFE))

        assert ledger.balance(ANNA) == ledger.read("totalSupply") == ledger.read("outstanding", CINEMA) == 75
        assert (ledger.partner(CINEMA)["issued"], ledger.partner(CINEMA)["expired"]) == (100, 25)
        assert ledger.read("obligation", CINEMA, CAFE) == 0
        assert ledger.events(receipt, "Transfer") == [{"from": ANNA, "to": NOBODY, "value": 25}]

    def test_entries__apply_in_order_within_a_batch(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 50), entry(Kind.REDEMPTION, 50), entry(Kind.ACCRUAL, 7, BORIS))

        assert (ledger.balance(ANNA), ledger.balance(BORIS)) == (0, 7)
        with ledger.refuses("InsufficientOutstanding", CAFE, 0, 50):
            ledger.record(
                entry(Kind.REDEMPTION, 50, issuer=CAFE, partner=CAFE),
                entry(Kind.ACCRUAL, 50, issuer=CAFE, partner=CAFE),
            )

    def test_obligations__to_every_neighbour_are_kept_apart(self, ledger: Ledger) -> None:
        """Four redeemers share a storage slot: each total must be its own, whatever is written beside it."""
        redeemers = range(4, 12)
        for number in redeemers:
            ledger.call("registerPartner", number, LIMIT)
        ledger.record(entry(Kind.ACCRUAL, 1000), *(entry(Kind.REDEMPTION, n, partner=n) for n in redeemers))
        ledger.record(*(entry(Kind.REDEMPTION, 10, partner=n) for n in redeemers if n % 2))

        owed = {n: ledger.read("obligation", CINEMA, n) for n in redeemers}
        assert owed == {n: n + 10 * (n % 2) for n in redeemers}
        assert sum(owed.values()) == ledger.partner(CINEMA)["redeemed"]

    @pytest.mark.parametrize("number", [127, 128, 65_535])
    def test_totals__of_partners_on_the_first_and_the_last_line__are_kept(self, ledger: Ledger, number: int) -> None:
        ledger.call("registerPartner", number, LIMIT)
        ledger.record(
            entry(Kind.ACCRUAL, 9, issuer=number, partner=number),
            entry(Kind.REDEMPTION, 2, issuer=number, partner=number),
        )

        assert (ledger.read("outstanding", number), ledger.read("obligation", number, number)) == (7, 2)

    def test_totals__of_more_partners_than_lie_open_at_once_are_right(self, ledger: Ledger) -> None:
        """These five share one line of the open accounts, and their debts another: each entry puts a page back."""
        numbers = [10 + 128 * i for i in range(4)] + [65_535 - 117]
        for number in numbers:
            ledger.call("registerPartner", number, LIMIT)
        accruals = [entry(Kind.ACCRUAL, 100, issuer=n, partner=numbers[i - 1]) for i, n in enumerate(numbers)]
        redemptions = [entry(Kind.REDEMPTION, 7, issuer=n, partner=CINEMA) for n in numbers]
        ledger.record(*accruals, *redemptions, *accruals)

        assert [ledger.partner(n)["issued"] for n in numbers] == [200] * 5
        assert [ledger.partner(n)["redeemed"] for n in numbers] == [7] * 5
        assert [ledger.read("obligation", n, CINEMA) for n in numbers] == [7] * 5
        assert ledger.balance(ANNA) == ledger.read("totalSupply") == 5 * 193


class TestSequence:
    def test_record__next_sequence__head_and_root_can_be_recomputed(self, ledger: Ledger) -> None:
        head = bytes(32)
        for sequence, points in enumerate((5, 6, 7), start=1):
            root, entries = keccak(text=f"batch {sequence}"), entry(Kind.ACCRUAL, points) * sequence
            receipt = ledger.record(entries, root=root)
            head = next_head(head, sequence, root, entries)

            assert ledger.read("head") == head
            assert ledger.read("rootOf", sequence) == root
            assert ledger.read("nextSequence") == sequence + 1
            assert ledger.events(receipt, "Recorded") == [
                {"sequence": sequence, "root": root, "head": head, "entries": sequence}
            ]
        assert ledger.read("rootOf", 4) == bytes(32)

    @pytest.mark.parametrize("given", [0, 1, 3, 2**64 - 1])
    def test_record__out_of_order_sequence__refused_and_nothing_changes(self, ledger: Ledger, given: int) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100))
        with ledger.refuses("SequenceMismatch", 2, given):
            ledger.record(entry(Kind.ACCRUAL, 100), sequence=given)

    def test_record__the_same_batch_again__refused_and_nothing_changes(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100), sequence=1)
        with ledger.refuses("SequenceMismatch", 2, 1):
            ledger.record(entry(Kind.ACCRUAL, 100), sequence=1)


class TestErc20:
    def test_reading__as_any_token(self, ledger: Ledger) -> None:
        assert (ledger.read("name"), ledger.read("symbol")) == ("Coalition Points", "POINTS")
        assert ledger.read("decimals") == ledger.read("totalSupply") == ledger.read("allowance", ANNA, BORIS) == 0

    def test_transfer_events__alone_give_every_balance(self, ledger: Ledger) -> None:
        receipts = [
            ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.REWARD, 7, BORIS), entry(Kind.REDEMPTION, 60)),
            ledger.record(entry(Kind.REDEMPTION_REVERSAL, 20), entry(Kind.EXPIRY, 3, BORIS)),
        ]
        balances = {ANNA: 0, BORIS: 0, NOBODY: 0}
        for event in (event for receipt in receipts for event in ledger.events(receipt, "Transfer")):
            balances[event["from"]] -= event["value"]
            balances[event["to"]] += event["value"]

        assert balances == {ANNA: 60, BORIS: 4, NOBODY: -64}
        assert (ledger.balance(ANNA), ledger.balance(BORIS), ledger.read("totalSupply")) == (60, 4, 64)

    @pytest.mark.parametrize(
        ("function", "arguments"),
        [("transfer", (BORIS, 1)), ("transferFrom", (ANNA, BORIS, 1)), ("approve", (BORIS, 1))],
    )
    def test_moving__refused(self, ledger: Ledger, function: str, arguments: tuple[object, ...]) -> None:
        ledger.record(entry(Kind.ACCRUAL, 10, ledger.chain.address("stranger")), entry(Kind.ACCRUAL, 10))
        with ledger.refuses("PointsDoNotMove"):
            ledger.call(function, *arguments)
