"""How members invite others, and what has come of it."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from gamification import referrals
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_member_id, public_url
from partner_api.schemas.referrals import Referral

blueprint = Blueprint("referrals", __name__, description="Who brings whom")

_ANSWER = Referral()


@blueprint.at("/v1/members/<member_id>/referral")
class MemberReferral(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, member_id: str) -> dict[str, Any]:
        """Show a member's code, and how their invitations stand"""
        return _view(member_id)


@blueprint.at("/v1/me/referral")
class OwnReferral(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, _ANSWER)
    def get(self) -> dict[str, Any]:
        """Show your code and link, and how your invitations stand"""
        return _view(own_member_id())


def _view(member_id: str) -> dict[str, Any]:
    found = referrals.invitations(member_id, now=now())
    return asdict(found) | {"link": public_url(f"/r/{found.code}")}
