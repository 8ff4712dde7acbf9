"""What the token ledger does not take: each refusal with its values, and nothing changed by it."""

import pytest

from tests.contracts.ledger import ANNA, BORIS, CAFE, CINEMA, GROCER, LIMIT, NOBODY, UNREGISTERED, Kind, Ledger, entry

MOST_POINTS = 2**56 - 1
ISSUING = (Kind.ACCRUAL, Kind.REWARD, Kind.ADJUSTMENT_INCREASE)
TAKING = (Kind.REDEMPTION, Kind.ACCRUAL_REVERSAL, Kind.EXPIRY, Kind.ADJUSTMENT_DECREASE)


class TestRefusals:
    @pytest.mark.parametrize("length", [0, 1, 31, 33, 63, 65])
    def test_record__not_whole_entries__refused(self, ledger: Ledger, length: int) -> None:
        with ledger.refuses("MalformedEntries", length):
            ledger.record((entry(Kind.ACCRUAL, 100) * 3)[:length])

    @pytest.mark.parametrize("kind", [0, 9, 10, 64, 255])
    def test_record__unknown_kind__refused(self, ledger: Ledger, kind: int) -> None:
        with ledger.refuses("UnknownKind", 1, kind):
            ledger.record(entry(Kind.ACCRUAL, 100), entry(kind, 1))

    @pytest.mark.parametrize("kind", Kind)
    def test_record__zero_points__refused(self, ledger: Ledger, kind: Kind) -> None:
        with ledger.refuses("ZeroPoints", 1):
            ledger.record(entry(Kind.ACCRUAL, 100), entry(kind, 0))

    @pytest.mark.parametrize("kind", Kind)
    def test_record__zero_member__refused(self, ledger: Ledger, kind: Kind) -> None:
        with ledger.refuses("ZeroMember", 2):
            ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.ACCRUAL, 100), entry(kind, 1, NOBODY))

    @pytest.mark.parametrize("kind", Kind)
    @pytest.mark.parametrize("number", [0, UNREGISTERED, 129])
    def test_record__unknown_issuer_or_partner__refused(self, ledger: Ledger, kind: Kind, number: int) -> None:
        """129 would lie on the same line as the cinema's page."""
        ledger.record(entry(Kind.ACCRUAL, 100))
        with ledger.refuses("UnknownPartner", number):
            ledger.record(entry(Kind.ACCRUAL, 1), entry(kind, 1, issuer=number))
        with ledger.refuses("UnknownPartner", number):
            ledger.record(entry(Kind.ACCRUAL, 1), entry(kind, 1, partner=number))

    @pytest.mark.parametrize("kind", TAKING)
    def test_record__more_than_the_member_has__refused(self, ledger: Ledger, kind: Kind) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100, ANNA), entry(Kind.ACCRUAL, 100, BORIS))
        with ledger.refuses("InsufficientPoints", ANNA, 100, 101):
            ledger.record(entry(kind, 101, ANNA))
        ledger.record(entry(kind, 100, ANNA))
        with ledger.refuses("InsufficientPoints", ANNA, 0, 1):
            ledger.record(entry(kind, 1, ANNA))

    @pytest.mark.parametrize("kind", TAKING)
    def test_record__more_than_the_issuer_has_outstanding__refused(self, ledger: Ledger, kind: Kind) -> None:
        """Anna has the points, but they are another partner's."""
        ledger.record(entry(Kind.ACCRUAL, 100, issuer=CINEMA), entry(Kind.ACCRUAL, 10, issuer=CAFE))
        with ledger.refuses("InsufficientOutstanding", CAFE, 10, 11):
            ledger.record(entry(kind, 11, issuer=CAFE))

    def test_record__reversing_more_than_was_redeemed_there__refused(self, ledger: Ledger) -> None:
        ledger.record(
            entry(Kind.ACCRUAL, 100),
            entry(Kind.REDEMPTION, 30, partner=CAFE),
            entry(Kind.REDEMPTION, 20, partner=GROCER),
        )
        with ledger.refuses("InsufficientObligation", CINEMA, CAFE, 30, 31):
            ledger.record(entry(Kind.REDEMPTION_REVERSAL, 31, partner=CAFE))
        with ledger.refuses("InsufficientObligation", CAFE, CINEMA, 0, 1):
            ledger.record(entry(Kind.REDEMPTION_REVERSAL, 1, issuer=CAFE, partner=CINEMA))

    @pytest.mark.parametrize("kind", ISSUING)
    def test_record__issuing_above_the_limit__refused(self, ledger: Ledger, kind: Kind) -> None:
        ledger.record(entry(kind, LIMIT))
        with ledger.refuses("LimitExceeded", CINEMA, LIMIT, LIMIT + 1):
            ledger.record(entry(kind, 1, BORIS))
        with ledger.refuses("LimitExceeded", CINEMA, LIMIT, LIMIT + MOST_POINTS):
            ledger.record(entry(kind, MOST_POINTS))

    def test_record__limit_is_checked_after_every_entry__not_only_at_the_end(self, ledger: Ledger) -> None:
        with ledger.refuses("LimitExceeded", CINEMA, LIMIT, LIMIT + 1):
            ledger.record(entry(Kind.ACCRUAL, LIMIT), entry(Kind.ACCRUAL, 1), entry(Kind.REDEMPTION, 2))
        ledger.record(entry(Kind.ACCRUAL, LIMIT), entry(Kind.REDEMPTION, 2), entry(Kind.ACCRUAL, 1))

    def test_record__reversed_redemption_above_the_limit__refused(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, LIMIT), entry(Kind.REDEMPTION, 5), entry(Kind.ACCRUAL, 5))
        with ledger.refuses("LimitExceeded", CINEMA, LIMIT, LIMIT + 5):
            ledger.record(entry(Kind.REDEMPTION_REVERSAL, 5))

    def test_record__last_entry_refused__the_whole_batch_is_undone(self, ledger: Ledger) -> None:
        ledger.record(entry(Kind.ACCRUAL, 100), entry(Kind.REDEMPTION, 50, partner=CAFE))
        with ledger.refuses("InsufficientPoints", BORIS, 10, 20):
            ledger.record(
                entry(Kind.ACCRUAL, 100, issuer=GROCER),
                entry(Kind.ACCRUAL, 10, BORIS),
                entry(Kind.REDEMPTION, 10, partner=CAFE),
                entry(Kind.REDEMPTION_REVERSAL, 5, partner=CAFE),
                entry(Kind.EXPIRY, 10),
                entry(Kind.REDEMPTION, 20, BORIS, partner=GROCER),
            )

    @pytest.mark.parametrize(("kind", "gone"), [(Kind.REDEMPTION, "redeemed"), (Kind.EXPIRY, "expired")])
    def test_record__a_total_at_its_end__refused_and_not_wrapped(self, ledger: Ledger, kind: Kind, gone: str) -> None:
        ledger.call("setLimit", CINEMA, MOST_POINTS)
        ledger.record(entry(Kind.ACCRUAL, MOST_POINTS), entry(kind, MOST_POINTS), entry(Kind.ACCRUAL, 1))
        with ledger.refuses("TotalOverflow", CINEMA, 2**56):
            ledger.record(entry(kind, 1))
        assert (ledger.partner(CINEMA)["issued"], ledger.partner(CINEMA)[gone]) == (2**56, MOST_POINTS)
