"""Badges: what wallets are told of a token that a member has. The contract of badges gives this address as its URI."""

import re
from typing import Any

from flask.views import MethodView

from coalition.errors import UnknownBadge
from gamification import badges
from partner_api.blueprint import Blueprint
from partner_api.context import locale
from partner_api.schemas.badges import Badge

blueprint = Blueprint("badges", __name__, description="Achievements as tokens")

_ID = re.compile(r"(?:([0-9]{1,22})|([0-9a-fA-F]{64}))(?:\.json)?")
"""The number of a token, of which the contract has 72 bits: in decimal, or as ERC-1155 writes it in place of {id}."""


@blueprint.at("/v1/badges/<badge_id>")
class OneBadge(MethodView):
    @blueprint.public
    @blueprint.answers(200, Badge())
    def get(self, badge_id: str) -> dict[str, Any]:
        """Show what a badge is for, as ERC-1155 metadata"""
        badge = badges.describe(_number(badge_id), locale())
        return {"name": badge.name, "description": badge.description, "properties": badge}


def _number(badge_id: str) -> int:
    found = _ID.fullmatch(badge_id)
    if found is None:
        raise UnknownBadge(badge=badge_id)
    decimal, hexadecimal = found.groups()
    return int(decimal) if decimal else int(hexadecimal, 16)
