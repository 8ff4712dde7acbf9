"""Every kind of entry has two sides, and they sum to zero."""

import pytest

from coalition.domain.entries import Account, EntryKind, Posting, member_effect, postings

ISSUER, PARTNER, MEMBER = 2, 3, 77
OURS = Account("member", member=MEMBER)


@pytest.mark.parametrize("kind", EntryKind)
def test_postings__of_every_kind__sum_to_zero_and_touch_the_member(kind):
    member, counter = postings(kind, ISSUER, PARTNER, MEMBER, 40)
    assert member.points + counter.points == 0
    assert member == Posting(OURS, member_effect(kind, 40))
    assert counter.account.member is None


@pytest.mark.parametrize(
    ("kind", "counter", "gives"),
    [
        (EntryKind.ACCRUAL, Account("issued", issuer=ISSUER), True),
        (EntryKind.ACCRUAL_REVERSAL, Account("issued", issuer=ISSUER), False),
        (EntryKind.REWARD, Account("issued", issuer=ISSUER), True),
        (EntryKind.ADJUSTMENT_INCREASE, Account("issued", issuer=ISSUER), True),
        (EntryKind.ADJUSTMENT_DECREASE, Account("issued", issuer=ISSUER), False),
        (EntryKind.REDEMPTION, Account("redeemed", issuer=ISSUER, redeemer=PARTNER), False),
        (EntryKind.REDEMPTION_REVERSAL, Account("redeemed", issuer=ISSUER, redeemer=PARTNER), True),
        (EntryKind.EXPIRY, Account("expired", issuer=ISSUER), False),
    ],
)
def test_postings__name_the_account_on_the_other_side(kind, counter, gives):
    effect = 40 if gives else -40
    assert postings(kind, ISSUER, PARTNER, MEMBER, 40) == (Posting(OURS, effect), Posting(counter, -effect))


def test_kinds__have_the_numbers_that_the_token_ledger_knows():
    assert [(kind.name, kind.value) for kind in EntryKind] == [
        ("ACCRUAL", 1),
        ("REDEMPTION", 2),
        ("ACCRUAL_REVERSAL", 3),
        ("REDEMPTION_REVERSAL", 4),
        ("EXPIRY", 5),
        ("REWARD", 6),
        ("ADJUSTMENT_INCREASE", 7),
        ("ADJUSTMENT_DECREASE", 8),
    ]
