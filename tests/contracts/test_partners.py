"""What partners may do: their limits, suspension, and changes to both."""

import pytest

from tests.contracts.ledger import ANNA, CAFE, CINEMA, LIMIT, UNREGISTERED, Kind, Ledger, entry

MOST_POINTS = 2**56 - 1
ISSUING = (Kind.ACCRUAL, Kind.REWARD, Kind.ADJUSTMENT_INCREASE)
UNWINDING = (Kind.ACCRUAL_REVERSAL, Kind.REDEMPTION_REVERSAL, Kind.EXPIRY, Kind.ADJUSTMENT_DECREASE)
ACTIVE, SUSPENDED = 1, 2


class TestPartners:
    def test_register__partner_is_active_and_empty(self, ledger: Ledger) -> None:
        receipt = ledger.call("registerPartner", 65_535, MOST_POINTS)

        empty = {"issued": 0, "redeemed": 0, "expired": 0}
        assert ledger.partner(65_535) == empty | {"limit": MOST_POINTS, "status": ACTIVE}
        assert ledger.partner(UNREGISTERED) == empty | {"limit": 0, "status": 0}
        assert ledger.events(receipt, "Registered") == [{"number": 65_535, "limit": MOST_POINTS}]

    def test_register__number_zero__refused(self, ledger: Ledger) -> None:
        with ledger.refuses("InvalidPartnerNumber", 0):
            ledger.call("registerPartner", 0, LIMIT)

    def test_register__number_taken__refused_also_while_suspended(self, ledger: Ledger) -> None:
        with ledger.refuses("PartnerExists", CINEMA):
            ledger.call("registerPartner", CINEMA, 5)
        ledger.call("suspend", CINEMA)
        with ledger.refuses("PartnerExists", CINEMA):
            ledger.call("registerPartner", CINEMA, 5)

    def test_set_limit__holds_from_now_on(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.EXPIRY, 40))
        receipt = ledger.call("setLimit", CINEMA, 60)

        assert ledger.partner(CINEMA) == {"issued": 100, "redeemed": 0, "expired": 40, "limit": 60, "status": ACTIVE}
        assert ledger.events(receipt, "LimitChanged") == [{"number": CINEMA, "limit": 60}]
        with ledger.refuses("LimitExceeded", CINEMA, 60, 61):
            ledger.record(entry(Kind.ACCRUAL, 1))

    def test_set_limit__below_what_is_outstanding__refused(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100))
        with ledger.refuses("LimitExceeded", CINEMA, 99, 100):
            ledger.call("setLimit", CINEMA, 99)

    def test_suspend_and_reinstate__status_changes_and_nothing_else(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.REDEMPTION, 30))
        before = ledger.partner(CINEMA)

        assert ledger.events(ledger.call("suspend", CINEMA), "Suspended") == [{"number": CINEMA}]
        assert ledger.partner(CINEMA) == before | {"status": SUSPENDED}
        with ledger.refuses("PartnerSuspended", CINEMA):
            ledger.call("suspend", CINEMA)
        ledger.call("setLimit", CINEMA, 70)
        assert ledger.partner(CINEMA) == before | {"status": SUSPENDED, "limit": 70}

        assert ledger.events(ledger.call("reinstate", CINEMA), "Reinstated") == [{"number": CINEMA}]
        assert ledger.partner(CINEMA) == before | {"limit": 70}
        with ledger.refuses("PartnerNotSuspended", CINEMA):
            ledger.call("reinstate", CINEMA)

    @pytest.mark.parametrize(("function", "more"), [("setLimit", (5,)), ("suspend", ()), ("reinstate", ())])
    @pytest.mark.parametrize("number", [0, UNREGISTERED])
    def test_change__unknown_partner__refused(
        self, ledger: Ledger, function: str, more: tuple[int, ...], number: int
    ) -> None:
        with ledger.refuses("UnknownPartner", number):
            ledger.call(function, number, *more)


class TestSuspension:
    @pytest.mark.parametrize("kind", ISSUING)
    def test_suspended_issuer__may_not_issue(self, ledger: Ledger, kind: Kind) -> None:
        ledger.call("suspend", CINEMA)
        with ledger.refuses("PartnerSuspended", CINEMA):
            ledger.record(entry(kind, 1, issuer=CINEMA, partner=CAFE))
        ledger.call("reinstate", CINEMA)
        ledger.record(entry(kind, 1, issuer=CINEMA, partner=CAFE))

    def test_suspended_partner__may_not_redeem(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100, issuer=CINEMA))
        ledger.call("suspend", CAFE)
        with ledger.refuses("PartnerSuspended", CAFE):
            ledger.record(entry(Kind.REDEMPTION, 1, issuer=CINEMA, partner=CAFE))

    def test_suspended_issuer__points_stay_spendable_elsewhere(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100, issuer=CINEMA))
        ledger.call("suspend", CINEMA)
        ledger.record(entry(Kind.REDEMPTION, 40, issuer=CINEMA, partner=CAFE))

        assert (ledger.balance(ANNA), ledger.read("obligation", CINEMA, CAFE)) == (60, 40)

    @pytest.mark.parametrize("kind", UNWINDING)
    def test_suspended__what_unwinds_or_expires_stays_possible(self, ledger: Ledger, kind: Kind) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.REDEMPTION, 50, partner=CAFE))
        ledger.call("suspend", CINEMA)
        ledger.call("suspend", CAFE)
        ledger.record(entry(kind, 10, partner=CAFE), entry(kind, 10, partner=CAFE))

        assert ledger.balance(ANNA) == (70 if kind == Kind.REDEMPTION_REVERSAL else 30)
        assert (ledger.partner(CINEMA)["status"], ledger.partner(CAFE)["status"]) == (SUSPENDED, SUSPENDED)

    def test_suspended_partner__others_may_still_issue_there(self, ledger: Ledger) -> None:
        """What is stopped is issuing as its own and redeeming; a purchase there may still earn another's points."""
        ledger.call("suspend", CAFE)
        ledger.record(entry(Kind.ACCRUAL, 5, issuer=CINEMA, partner=CAFE))

        assert ledger.balance(ANNA) == 5


class TestPause:
    def test_paused__partners_can_still_be_changed(self, ledger: Ledger) -> None:
        ledger.call("pause")
        ledger.call("suspend", CINEMA)
        ledger.call("setLimit", CINEMA, 5)
        ledger.call("registerPartner", UNREGISTERED, 5)
        ledger.call("reinstate", CINEMA)
        assert ledger.partner(CINEMA)["limit"] == ledger.partner(UNREGISTERED)["limit"] == 5
