"""What members see and change of themselves, in sessions of their own."""

from dataclasses import asdict
from typing import Any, cast

from flask.views import MethodView

from coalition.services import balances, history, members, profiles
from coalition.services.cursors import Page
from coalition.services.profiles import Profile, ProfileChange
from gamification import progress
from partner_api.blueprint import Blueprint
from partner_api.context import language, now, own_member, own_member_id
from partner_api.resources.tiers import standing_view
from partner_api.schemas.achievements import Achievements, Level
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.ledger import Entry
from partner_api.schemas.me import Me, MeChange
from partner_api.schemas.tiers import TierStanding

blueprint = Blueprint("me", __name__, description="What members see of themselves")

_ANSWER = Me()


@blueprint.at("/v1/me")
class OwnProfile(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, _ANSWER)
    def get(self) -> dict[str, Any]:
        """Show who you are, and what you have"""
        return _view(profiles.profile(own_member()))

    @blueprint.guarded("member")
    @blueprint.takes(MeChange())
    @blueprint.answers(200, _ANSWER)
    def patch(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change your name, e-mail, language, time zone or consents"""
        if consents := body.pop("consents", None):
            body["marketing_consent"] = consents["marketing"]
        return _view(profiles.change_profile(own_member(), cast(ProfileChange, body), now=now()))


@blueprint.at("/v1/me/entries")
class OwnEntries(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Entry))
    def get(self, query: dict[str, Any]) -> Page[history.PastEntry]:
        """List all of your entries"""
        return history.entries(own_member_id(), partner=None, **query)


@blueprint.at("/v1/me/achievements")
class OwnAchievements(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, Achievements())
    def get(self) -> progress.MemberAchievements:
        """Show what you have achieved, and what is in progress"""
        return progress.achievements(own_member_id(), locale=language(), now=now())


@blueprint.at("/v1/me/level")
class OwnLevel(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, Level())
    def get(self) -> progress.MemberLevel:
        """Show your level"""
        return progress.level(own_member_id())


@blueprint.at("/v1/me/tier")
class OwnTier(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, TierStanding())
    def get(self) -> dict[str, Any]:
        """Show your tier, and what it takes to the next"""
        return standing_view(own_member_id())


def _view(profile: Profile) -> dict[str, Any]:
    return asdict(profile) | {
        "consents": {"marketing": profile.marketing_consent},
        "tier": members.get_member(profile.id, now=now()).tier,
        "level": progress.level(profile.id).level,
        "balance": balances.balance(profile.id, now=now()),
    }
