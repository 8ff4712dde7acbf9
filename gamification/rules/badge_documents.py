"""Badges as documents of Open Badges 3.0: what a grant, its achievement and its issuer are to the rest of the world.

Nothing here says who the member is, where they shop, or what they paid.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple
from uuid import UUID

from ulid import ULID

from gamification.rules.document import LOCALES, Achievement, localised

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
]
KEYS_CONTEXT = "https://www.w3.org/ns/cid/v1"
ISSUER_NAME = "Coalition"

Language = Literal["en", "ru"]

_COUNTED = {
    "count": ("times: {threshold}", "раз: {threshold}"),
    "sum": ("in total: {threshold}", "в сумме: {threshold}"),
    "max": ("at once: {threshold}", "за один раз: {threshold}"),
    "distinct": ("different ones: {threshold}", "разных: {threshold}"),
    "streak": ("in a row: {threshold}", "подряд: {threshold}"),
}
_CRITERIA = (
    "{description}\n\nTier {tier} of {tiers}; {counted}.",
    "{description}\n\nСтупень {tier} из {tiers}; {counted}.",
)
_EVIDENCE = (
    "Reached on {day} (UTC), by rule {rule}, version {version}.",
    "Выполнено {day} (UTC) по правилу {rule}, версия {version}.",
)


@dataclass(frozen=True, slots=True)
class BadgeTier:
    """A tier, counted from 1, of a published version of an achievement."""

    version: int
    tier: int
    rule: Achievement


@dataclass(frozen=True, slots=True)
class BadgeGrant:
    """``id`` is the public id of the grant."""

    id: str
    earned_at: datetime
    of: BadgeTier


class Recipient(NamedTuple):
    """``subject`` is a UUID that says nothing; ``email`` is only given if the badge is to prove whose it is."""

    subject: str
    salt: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of one issuer, whom the world finds at ``base``."""

    base: str

    @property
    def issuer_id(self) -> str:
        return f"{self.base}/v1/open-badges/issuer"

    @property
    def revocations_id(self) -> str:
        return f"{self.base}/v1/open-badges/revocations"

    def issuer(self) -> dict[str, Any]:
        """The profile as badges have it inside."""
        return {"id": self.issuer_id, "type": ["Profile"], "name": ISSUER_NAME, "url": self.base}

    def issuer_page(self, keys: list[dict[str, Any]]) -> dict[str, Any]:
        """The profile as a document of its own, with every public key."""
        methods = [
            {"id": key["kid"], "type": "JsonWebKey", "controller": self.issuer_id, "publicKeyJwk": key} for key in keys
        ]
        named = [key["kid"] for key in keys]
        return {
            "@context": [*CONTEXT[:2], KEYS_CONTEXT],
            **self.issuer(),
            "verificationMethod": methods,
            "assertionMethod": named,
        }

    def achievement_id(self, of: BadgeTier, language: Language) -> str:
        return f"{self.base}/v1/open-badges/achievements/{of.rule.id}.{of.version}.{of.tier}.{language}"

    def achievement(self, of: BadgeTier, language: Language) -> dict[str, Any]:
        """What was to be done, in one language; the same in others is ``related``."""
        title = localised(of.rule.title, language)
        return {
            "id": self.achievement_id(of, language),
            "type": ["Achievement"],
            "achievementType": "Badge",
            "name": title,
            "description": localised(of.rule.description, language),
            "criteria": {"narrative": _criteria(of, language)},
            "image": {
                "id": f"{self.base}/v1/icons/{of.rule.icon}.svg",
                "type": "Image",
                "caption": title,
            },
            "creator": self.issuer(),
            "inLanguage": language,
            "version": str(of.version),
            "related": [
                {"id": self.achievement_id(of, other), "type": ["Related"], "inLanguage": other}
                for other in ("en", "ru")
                if other != language
            ],
        }

    def credential(self, grant: BadgeGrant, recipient: Recipient, language: Language) -> dict[str, Any]:
        """The credential, not yet signed; the same whenever it is asked for."""
        valid_from = _moment(grant.earned_at)
        subject: dict[str, Any] = {
            "id": f"urn:uuid:{recipient.subject}",
            "type": ["AchievementSubject"],
            "achievement": self.achievement(grant.of, language),
        }
        if recipient.email is not None:
            subject["identifier"] = [_identity(recipient.email, recipient.salt)]
        return {
            "@context": CONTEXT,
            "id": credential_id(grant.id),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": localised(grant.of.rule.title, language),
            "issuer": self.issuer(),
            "validFrom": valid_from,
            "awardedDate": valid_from,
            "credentialSubject": subject,
            "evidence": [{"type": ["Evidence"], "narrative": _evidence(grant, language)}],
            "credentialStatus": {"id": self.revocations_id, "type": "1EdTechRevocationList"},
        }

    def revocations(self, grants: list[str]) -> dict[str, Any]:
        """The list of the 1EdTech Revocation List Status Method."""
        revoked = [{"id": credential_id(grant), "revoked": True} for grant in grants]
        return {"id": self.revocations_id, "issuer": self.issuer_id, "revokedCredential": revoked}


def credential_id(grant: str) -> str:
    """The name of a grant's credential: its own id, as the UUID that a ULID is."""
    return f"urn:uuid:{UUID(bytes=ULID.from_str(grant.partition('_')[2]).bytes)}"


def as_claims(credential: dict[str, Any]) -> dict[str, Any]:
    """The payload of the JWT proof: the credential, and of it what JWT has names for (Open Badges 3.0, section 8.2)."""
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": int(datetime.fromisoformat(credential["validFrom"]).timestamp()),
    }


def _criteria(of: BadgeTier, language: Language) -> str:
    position, tiers = LOCALES.index(language), of.rule.tiers
    counted = _COUNTED[of.rule.measure.kind][position].format(threshold=tiers[of.tier - 1])
    return _CRITERIA[position].format(
        description=localised(of.rule.description, language), tier=of.tier, tiers=len(tiers), counted=counted
    )


def _evidence(grant: BadgeGrant, language: Language) -> str:
    day = grant.earned_at.astimezone(UTC).date().isoformat()
    text = _EVIDENCE[LOCALES.index(language)]
    return text.format(day=day, rule=grant.of.rule.id, version=grant.of.version)


def _identity(email: str, salt: str) -> dict[str, Any]:
    """Whoever knows the address can tell that it is this one."""
    digest = sha256(f"{email.strip().lower()}{salt}".encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "emailAddress",
        "salt": salt,
    }


def _moment(moment: datetime) -> str:
    """To the second, which is what ``nbf`` can say."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
