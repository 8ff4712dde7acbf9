"""What the badges contract does with each entry, what it refuses, and what anyone can read and recompute from it."""

import pytest
from eth_utils.crypto import keccak

from tests.contracts.badges import FIRST_VISIT, REGULAR, URI, BadgeKind, Badges, badge_entry, next_badges_head
from tests.contracts.ledger import ANNA, BORIS, CAFE, CINEMA, NOBODY

AWARD, REVOCATION = BadgeKind
ERC_165, ERC_1155, ERC_1155_METADATA, ERC_5192, ACCESS_CONTROL = (
    bytes.fromhex(id) for id in ("01ffc9a7", "d9b67a26", "0e89341c", "b45a3c0e", "7965db0b")
)


class TestAward:
    @pytest.mark.parametrize("badge", [0, FIRST_VISIT, REGULAR])
    def test_first_award__member_holds_it_and_it_is_locked_and_the_issuers(self, badges: Badges, badge: int) -> None:
        receipt = badges.record(badge_entry(AWARD, badge=badge, issuer=65_535))

        assert (badges.held(ANNA, badge), badges.held(BORIS, badge)) == (1, 0)
        assert badges.read("issuerOf", badge) == 65_535
        assert badges.events(receipt, "Locked") == [{"tokenId": badge}]
        assert badges.events(receipt, "TransferSingle") == [
            {"operator": badges.chain.address("recorder"), "from": NOBODY, "to": ANNA, "id": badge, "value": 1}
        ]

    def test_second_award__is_not_locked_again(self, badges: Badges) -> None:
        receipt = badges.record(badge_entry(AWARD, ANNA), badge_entry(AWARD, BORIS))

        assert (badges.held(ANNA), badges.held(BORIS)) == (1, 1)
        assert badges.events(receipt, "Locked") == [{"tokenId": FIRST_VISIT}]

    def test_award__to_a_contract_that_accepts_no_token__is_its_all_the_same(self, badges: Badges) -> None:
        """Nobody asks the member, so no member can stop a batch."""
        badges.record(badge_entry(AWARD, badges.contract.address))
        assert badges.held(badges.contract.address) == 1

    def test_award__of_a_badge_held__refused(self, badges: Badges) -> None:
        with badges.refuses("BadgeHeld", ANNA, FIRST_VISIT):
            badges.record(badge_entry(AWARD), badge_entry(AWARD))
        badges.record(badge_entry(AWARD))
        with badges.refuses("BadgeHeld", ANNA, FIRST_VISIT):
            badges.record(badge_entry(AWARD))

    def test_award__of_anothers_badge__refused_though_nobody_holds_it_any_more(self, badges: Badges) -> None:
        badges.record(badge_entry(AWARD), badge_entry(REVOCATION))
        with badges.refuses("IssuerMismatch", FIRST_VISIT, CINEMA, CAFE):
            badges.record(badge_entry(AWARD, issuer=CAFE))
        assert badges.read("issuerOf", FIRST_VISIT) == CINEMA


class TestRevocation:
    def test_revocation__member_holds_it_no_more_and_may_earn_it_anew(self, badges: Badges) -> None:
        badges.record(badge_entry(AWARD, ANNA), badge_entry(AWARD, BORIS))
        receipt = badges.record(badge_entry(REVOCATION, ANNA))

        assert (badges.held(ANNA), badges.held(BORIS)) == (0, 1)
        assert badges.events(receipt, "TransferSingle") == [
            {"operator": badges.chain.address("recorder"), "from": ANNA, "to": NOBODY, "id": FIRST_VISIT, "value": 1}
        ]
        assert badges.events(badges.record(badge_entry(AWARD, ANNA)), "Locked") == []
        assert badges.held(ANNA) == 1

    @pytest.mark.parametrize(("member", "badge"), [(BORIS, FIRST_VISIT), (ANNA, REGULAR)])
    def test_revocation__of_what_is_not_held__refused(self, badges: Badges, member: str, badge: int) -> None:
        badges.record(badge_entry(AWARD, ANNA))
        with badges.refuses("BadgeNotHeld", member, badge):
            badges.record(badge_entry(REVOCATION, member, badge=badge))

    def test_revocation__by_another_than_the_issuer__refused(self, badges: Badges) -> None:
        badges.record(badge_entry(AWARD))
        with badges.refuses("IssuerMismatch", FIRST_VISIT, CINEMA, CAFE):
            badges.record(badge_entry(REVOCATION, issuer=CAFE))


class TestRefusals:
    @pytest.mark.parametrize("length", [0, 1, 31, 33, 63])
    def test_record__not_whole_entries__refused(self, badges: Badges, length: int) -> None:
        with badges.refuses("MalformedEntries", length):
            badges.record((badge_entry(AWARD) * 3)[:length])

    @pytest.mark.parametrize("kind", [0, 3, 255])
    def test_record__unknown_kind__refused(self, badges: Badges, kind: int) -> None:
        with badges.refuses("UnknownKind", 1, kind):
            badges.record(badge_entry(AWARD), badge_entry(kind))

    @pytest.mark.parametrize("kind", BadgeKind)
    def test_record__zero_member_or_issuer__refused(self, badges: Badges, kind: BadgeKind) -> None:
        with badges.refuses("ZeroMember", 1):
            badges.record(badge_entry(AWARD), badge_entry(kind, NOBODY))
        with badges.refuses("ZeroIssuer", 1):
            badges.record(badge_entry(AWARD), badge_entry(kind, issuer=0))

    def test_record__last_entry_refused__the_whole_batch_is_undone(self, badges: Badges) -> None:
        badges.record(badge_entry(AWARD, ANNA))
        with badges.refuses("BadgeNotHeld", BORIS, FIRST_VISIT):
            badges.record(
                badge_entry(REVOCATION, ANNA),
                badge_entry(AWARD, ANNA, badge=REGULAR, issuer=CAFE),
                badge_entry(REVOCATION, BORIS),
            )


class TestSequence:
    def test_record__next_sequence__head_can_be_recomputed(self, badges: Badges) -> None:
        head = bytes(32)
        for sequence, badge in enumerate((5, 6, 7), start=1):
            entries = badge_entry(AWARD, ANNA, badge=badge) + badge_entry(AWARD, BORIS, badge=badge)
            receipt = badges.record(entries)
            head = next_badges_head(head, sequence, entries)

            assert badges.read("head") == head
            assert badges.read("nextSequence") == sequence + 1
            assert badges.events(receipt, "BadgesRecorded") == [{"sequence": sequence, "head": head, "entries": 2}]

    @pytest.mark.parametrize("given", [0, 1, 3, 2**64 - 1])
    def test_record__out_of_order_sequence__refused_and_nothing_changes(self, badges: Badges, given: int) -> None:
        badges.record(badge_entry(AWARD))
        with badges.refuses("SequenceMismatch", 2, given):
            badges.record(badge_entry(REVOCATION), sequence=given)


class TestToken:
    def test_interfaces__of_a_multi_token_that_is_locked(self, badges: Badges) -> None:
        for interface in (ERC_165, ERC_1155, ERC_1155_METADATA, ERC_5192, ACCESS_CONTROL):
            assert badges.read("supportsInterface", interface)
        assert keccak(text="locked(uint256)")[:4] == ERC_5192
        assert not badges.read("supportsInterface", bytes.fromhex("ffffffff"))
        assert badges.read("locked", FIRST_VISIT)
        assert badges.read("uri", FIRST_VISIT) == URI

    @pytest.mark.parametrize(
        ("function", "more"),
        [
            ("safeTransferFrom", (BORIS, FIRST_VISIT, 1, b"")),
            ("safeTransferFrom", (BORIS, FIRST_VISIT, 0, b"")),
            ("safeBatchTransferFrom", (BORIS, [FIRST_VISIT], [1], b"")),
            ("safeBatchTransferFrom", (BORIS, [], [], b"")),
        ],
    )
    def test_moving__by_the_holder__refused(self, badges: Badges, function: str, more: tuple[object, ...]) -> None:
        stranger = badges.chain.address("stranger")
        badges.record(badge_entry(AWARD, stranger))
        with badges.refuses("BadgesDoNotMove"):
            badges.call(function, stranger, *more, by="stranger")

    @pytest.mark.parametrize("approved", [True, False])
    def test_approving__refused(self, badges: Badges, approved: bool) -> None:
        with badges.refuses("BadgesDoNotMove"):
            badges.call("setApprovalForAll", BORIS, approved, by="stranger")
        assert not badges.read("isApprovedForAll", badges.chain.address("stranger"), BORIS)
