"""The tables of rewards that are not points, and of badges that members take out.

Members and partners are named by the coalition's row ids, grants by their public ids, none with a foreign key.
"""

from peewee import BigAutoField, BigIntegerField, IntegerField, TextField

from coalition.store.database import MomentField
from gamification.store.tables import Table


class Reward(Table):
    """A coupon or perk that a grant gave; ``place`` is its number among those of the grant.

    ``partner_id`` is None where every merchant honours it. ``title`` and ``terms`` are texts by language, in JSON. At
    ``valid_until`` it is over. ``claimed_by`` is the partner at whose till it was claimed.
    """

    id = BigAutoField()
    public_id = TextField(unique=True)
    grant_id = TextField()
    place = IntegerField()
    member_id = BigIntegerField()
    kind = TextField()
    title = TextField()
    terms = TextField()
    partner_id = IntegerField(null=True)
    code = TextField(unique=True)
    state = TextField()
    issued_at = MomentField()
    valid_until = MomentField()
    claimed_at = MomentField(null=True)
    claimed_by = IntegerField(null=True)

    class Meta:
        indexes = (
            (("grant_id", "place"), True),
            (("member_id", "id"), False),
        )


class SurpriseLog(Table):
    """How the surprise of a grant came about, drawn for an ``occasion``.

    ``number`` and ``picked`` are the drawn number and the choice's index; ``weights`` are a list in JSON,
    ``seed_commitment`` is the SHA-256 of the seed.
    """

    grant_id = TextField(primary_key=True)
    occasion = TextField()
    version_id = IntegerField()
    seed_commitment = TextField()
    weights = TextField()
    number = BigIntegerField()
    picked = IntegerField()
    recorded_at = MomentField()


class BadgeKey(Table):
    """The public half of a key that signs badges, as a JWK; ``thumbprint`` is its name by RFC 7638. None ever goes:
    badges that it signed are out there."""

    thumbprint = TextField(primary_key=True)
    jwk = TextField()
    created_at = MomentField()


class BadgeSubject(Table):
    """Who a member is in badges: a random UUID, and a salt for the hash of the address if the member wants that."""

    member_id = BigIntegerField(primary_key=True)
    subject = TextField()
    salt = TextField()


class BadgeCredential(Table):
    """A grant that was given out as a badge: if it is revoked, the world is told."""

    grant_id = TextField(primary_key=True)
    issued_at = MomentField()
