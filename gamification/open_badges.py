"""Badges to take out: a grant as a credential of Open Badges 3.0, signed, that anybody can verify without us."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from coalition.services.members import member_number
from coalition.services.profiles import profile
from coalition.store.database import execute, to_column, transaction
from gamification.badge_keys import BadgeKeys
from gamification.errors import NoCredential, NoEmailAddress, UnknownGrant, UnknownOpenBadge
from gamification.grants import GrantState, rule_of, select_grants
from gamification.rules.badge_documents import (
    CONTEXT,
    BadgeGrant,
    BadgeTier,
    Documents,
    Language,
    Recipient,
    as_claims,
)
from gamification.sharing import Viewer, viewer
from gamification.store.reward_tables import BadgeSubject
from gamification.store.tables import AchievementGrant, RuleVersion

_ACHIEVEMENT = re.compile(r"([a-z][a-z0-9-]{0,63})\.([1-9][0-9]{0,8})\.([1-9][0-9]{0,8})\.(en|ru)")
_SHOWN_KINDS = ("achievement", "challenge")


@dataclass(frozen=True)
class OpenBadges:
    """What one issuer tells the world; ``keys`` also say where the world finds it."""

    keys: BadgeKeys

    @property
    def documents(self) -> Documents:
        return Documents(self.keys.public_url)

    def issuer(self) -> dict[str, Any]:
        """The issuer's profile, with its public keys."""
        return self.documents.issuer_page(self.keys.public_keys())

    def key_set(self) -> dict[str, Any]:
        """Every public key, as a JWK Set (RFC 7517)."""
        return {"keys": self.keys.public_keys()}

    def key(self, thumbprint: str) -> dict[str, Any]:
        """:raises UnknownOpenBadge: no key has this thumbprint."""
        found = self.keys.public_key(thumbprint)
        if found is None:
            raise UnknownOpenBadge(what="key", name=thumbprint)
        return found

    def achievement(self, name: str) -> dict[str, Any]:
        """What anybody may know of an achievement's tier, by ``ACHIEVEMENT.VERSION.TIER.LANGUAGE``.

        :raises UnknownOpenBadge: there is none, or it is hidden and nobody has earned it yet.
        """
        found = _ACHIEVEMENT.fullmatch(name)
        of = _published(found[1], int(found[2]), int(found[3])) if found else None
        if not found or not of:
            raise UnknownOpenBadge(what="achievement", name=name)
        language: Language = "ru" if found[4] == "ru" else "en"
        return {"@context": CONTEXT, **self.documents.achievement(of, language)}

    def credential(
        self,
        member_id: str,
        grant_id: str,
        language: Language,
        *,
        with_email: bool = False,
        now: datetime,
        partner: int | None = None,
    ) -> str:
        """The grant as a compact JWS. From now on, if it is revoked, the list of revocations says so.

        ``with_email`` adds the salted hash of the member's address, by which they can prove that the badge is theirs.
        For a ``partner`` (its number) there is none of what was not won by an event of its own: a badge says when.

        :raises UnknownMember: no member has this id.
        :raises UnknownGrant: the member has no such grant, or none that the partner may know of.
        :raises NoCredential: it is held, or was revoked.
        :raises NoEmailAddress: no address of the member is known.
        """
        member = member_number(member_id)
        grant = _grant(member, grant_id, viewer(partner))
        email = profile(member).email if with_email else None
        if with_email and email is None:
            raise NoEmailAddress(member=member_id)
        with transaction():
            subject, salt = _subject(member)
            execute(
                "INSERT INTO badge_credential (grant_id, issued_at) VALUES (?, ?) ON CONFLICT (grant_id) DO NOTHING",
                (grant_id, to_column(now)),
            )
        document = self.documents.credential(grant, Recipient(subject, salt, email), language)
        return self.keys.sign(as_claims(document), now=now)

    def revocations(self) -> dict[str, Any]:
        """Which of the credentials that were given out are revoked."""
        rows = execute(
            "SELECT c.grant_id FROM badge_credential c JOIN achievement_grant g ON g.public_id = c.grant_id"
            " WHERE g.state = ? ORDER BY g.id",
            (GrantState.REVOKED,),
        ).fetchall()
        return self.documents.revocations([grant for (grant,) in rows])


def _grant(member: int, grant_id: str, looking: Viewer) -> BadgeGrant:
    wanted = (AchievementGrant.public_id == grant_id) & (AchievementGrant.member_id == member)
    grant = next(select_grants(wanted), None)
    if grant is None or not looking.was_there(grant):
        raise UnknownGrant(grant=grant_id)
    if grant.state is not GrantState.GRANTED:
        raise NoCredential(grant=grant_id, state=grant.state)
    if grant.tier > len(grant.rule.tiers):
        raise NoCredential(grant=grant_id, state="a place on a leaderboard")
    return BadgeGrant(grant.id, grant.earned_at, BadgeTier(grant.version, grant.tier, grant.rule))


def _published(achievement: str, version: int, tier: int) -> BadgeTier | None:
    """The tier, if it was published to be seen, or somebody has earned it."""
    row = RuleVersion.get_or_none(
        (RuleVersion.rule == achievement) & (RuleVersion.version == version) & RuleVersion.kind.in_(_SHOWN_KINDS)
    )
    rule = rule_of(row.kind, row.document, achievement) if row else None
    if rule is None or rule.hidden:
        earned = (AchievementGrant.achievement == achievement) & (AchievementGrant.tier == tier)
        of_version = RuleVersion.version == version
        grants = select_grants(earned & of_version & (AchievementGrant.state != GrantState.REVOKED), limit=1)
        rule = next((grant.rule for grant in grants), None)
    return BadgeTier(version, tier, rule) if rule and tier <= len(rule.tiers) else None


def _subject(member: int) -> tuple[str, str]:
    """Who the member is in badges; made up when they take out their first."""
    execute(
        "INSERT INTO badge_subject (member_id, subject, salt) VALUES (?, ?, ?) ON CONFLICT (member_id) DO NOTHING",
        (member, str(uuid4()), secrets.token_hex(16)),
    )
    row = BadgeSubject.get_by_id(member)
    return row.subject, row.salt
