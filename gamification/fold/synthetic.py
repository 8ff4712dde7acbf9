"""Referrals and leaderboards as rules: the engine knows only one kind of thing to count."""

from collections.abc import Mapping
from typing import Any

from gamification.rules.document import Achievement, Budget, Measure, Referral, ReferralReward, Reward, Window

REFERRED = "referral-friend"
REFERRER = "referral-referrer"
_TEXTS = {
    REFERRED: {"en": "Invited by a friend", "ru": "По приглашению друга"},
    REFERRER: {"en": "A friend invited", "ru": "Приглашённый друг"},
}


def referral_rules(referral: Referral) -> tuple[Achievement, Achievement]:
    """What the friend is granted for qualifying, and what whoever invited them is granted for it."""
    return _side(REFERRED, referral, referral.friend), _side(REFERRER, referral, referral.referrer)


def board_rule(document: Mapping[str, Any]) -> Achievement:
    """The scores of a leaderboard: counted, and never won; what prizes are given by its sponsors within its budget."""
    return Achievement(
        id=document["id"],
        title=document["title"],
        description=document["title"],
        on=document["on"],
        where=document["where"],
        measure=Measure(**document["measure"]),
        window=Window(**document["window"]),
        tiers=(),
        requires=(),
        hidden=True,
        experience=(),
        reward=Reward((), document.get("funded_by", {})),
        icon="trophy",
        budget=Budget(**document.get("budget", {})),
    )


def _side(id_: str, referral: Referral, given: ReferralReward) -> Achievement:
    return Achievement(
        id=id_,
        title=_TEXTS[id_],
        description=_TEXTS[id_],
        on=referral.on,
        where=referral.where,
        measure=referral.measure,
        window=Window("lifetime"),
        tiers=(referral.at,),
        requires=(),
        hidden=True,
        experience=(0,),
        reward=Reward((given.points,), given.funded_by),
        icon="users",
        repeat="never",
        hold_s=referral.hold_s,
        budget=referral.budget,
    )
