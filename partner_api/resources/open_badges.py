"""Badges that members take out (Open Badges 3.0), and what anybody needs to verify one."""

from typing import Any, cast

import orjson
from flask import Response, current_app
from flask.views import MethodView

from coalition.config import Settings
from coalition.errors import Forbidden
from gamification.badge_keys import BadgeKeys
from gamification.open_badges import OpenBadges
from partner_api.blueprint import Blueprint
from partner_api.context import locale, now, own_member_id, principal
from partner_api.schemas.open_badges import CredentialQuery

blueprint = Blueprint("open badges", __name__, description="Achievements as Open Badges 3.0")

ISSUER = "coalition-open-badges"
"""Of ``app.extensions``: the issuer. By default that of the settings in the environment."""

_OBJECT = {"type": "object"}
_TEXT = {"type": "string"}
_JSON = "application/json"
_JSON_LD = "application/ld+json"
_JWK = "application/jwk+json"
_JWK_SET = "application/jwk-set+json"
_CREDENTIAL = "application/vc+jwt"
_KEPT_AN_HOUR = "public, max-age=3600"


@blueprint.at("/v1/open-badges/issuer")
class Issuer(MethodView):
    @blueprint.public
    @blueprint.answers(200, _OBJECT, _JSON_LD)
    def get(self) -> Response:
        """Show who issues the badges, with every public key"""
        return _document(_badges().issuer(), _JSON_LD)


@blueprint.at("/v1/open-badges/achievements/<name>")
class Achievement(MethodView):
    @blueprint.public
    @blueprint.answers(200, _OBJECT, _JSON_LD)
    def get(self, name: str) -> Response:
        """Show what a badge stands for; badges give this address as the id of their achievement"""
        return _document(_badges().achievement(name), _JSON_LD)


@blueprint.at("/v1/open-badges/keys/<thumbprint>")
class Key(MethodView):
    @blueprint.public
    @blueprint.answers(200, _OBJECT, _JWK)
    def get(self, thumbprint: str) -> Response:
        """Show a public key; badges give this address as their kid"""
        response = _document(_badges().key(thumbprint), _JWK)
        response.headers["Cache-Control"] = _KEPT_AN_HOUR
        return response


@blueprint.at("/v1/open-badges/revocations")
class Revocations(MethodView):
    @blueprint.public
    @blueprint.answers(200, _OBJECT, _JSON)
    def get(self) -> Response:
        """List the badges that were taken out and then revoked (1EdTech Revocation List)"""
        return _document(_badges().revocations(), _JSON)


@blueprint.at("/.well-known/jwks.json")
class KeySet(MethodView):
    @blueprint.public
    @blueprint.answers(200, _OBJECT, _JWK_SET)
    def get(self) -> Response:
        """List every public key that badges were ever signed with"""
        return _document(_badges().key_set(), _JWK_SET)


@blueprint.at("/v1/members/<member_id>/achievements/<grant>/credential")
class MemberCredential(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(CredentialQuery(), "query")
    @blueprint.answers(200, _TEXT, _CREDENTIAL)
    def get(self, query: dict[str, Any], member_id: str, grant: str) -> Response:
        """Take out a member's grant as a signed badge; of grants that they may not date, partners get none"""
        partner = principal().partner
        if query["identity"] == "email" and partner is not None:
            # Whoever guesses an address could try it against the hash.
            raise Forbidden(role="operator or member")
        return _credential(member_id, grant, query, partner)


@blueprint.at("/v1/me/achievements/<grant>/credential")
class OwnCredential(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(CredentialQuery(), "query")
    @blueprint.answers(200, _TEXT, _CREDENTIAL)
    def get(self, query: dict[str, Any], grant: str) -> Response:
        """Take out a grant of yours as a signed badge, in the language that Accept-Language prefers"""
        return _credential(own_member_id(), grant, query)


def _credential(member_id: str, grant: str, query: dict[str, Any], partner: int | None = None) -> Response:
    language, with_email = locale(), query["identity"] == "email"
    signed = _badges().credential(member_id, grant, language, with_email=with_email, now=now(), partner=partner)
    response = Response(signed, content_type=_CREDENTIAL)
    response.headers["Content-Disposition"] = f'attachment; filename="{grant}.jwt"'
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response


def _badges() -> OpenBadges:
    found = current_app.extensions.get(ISSUER)
    if found is None:
        found = current_app.extensions[ISSUER] = OpenBadges(BadgeKeys.of(Settings.from_environment()))
    return cast(OpenBadges, found)


def _document(content: dict[str, Any], content_type: str) -> Response:
    return Response(orjson.dumps(content), content_type=content_type)
