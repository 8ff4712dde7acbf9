"""Signing in and out, for members.

These two POSTs take no Idempotency-Key, for there is nobody yet whose key it could be. A code may be asked for again
whenever none came, as often as the limits let: the newest counts. A code opens one session: whoever has not heard the
answer asks for another code, for a token is written down nowhere and cannot be told twice.
"""

from datetime import datetime
from typing import Any

from flask.views import MethodView

from coalition.services import sessions
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal, sms
from partner_api.schemas.sessions import CodeRequest, SentCode, Session, SignIn

blueprint = Blueprint("sessions", __name__, description="How members sign in")


@blueprint.at("/v1/auth/codes")
class Codes(MethodView):
    @blueprint.anonymous
    @blueprint.takes(CodeRequest())
    @blueprint.answers(202, SentCode())
    def post(self, body: dict[str, Any]) -> dict[str, datetime]:
        """Send a member a code to sign in with; the answer does not tell whether the number is a member's"""
        return {"expires_at": sessions.request_code(**body, sms=sms(), now=now())}


@blueprint.at("/v1/auth/sessions")
class Sessions(MethodView):
    @blueprint.anonymous
    @blueprint.takes(SignIn())
    @blueprint.answers(201, Session())
    def post(self, body: dict[str, Any]) -> sessions.Session:
        """Sign in with the code; the token is shown this once"""
        return sessions.open_session(**body, now=now())


@blueprint.at("/v1/auth/sessions/current")
class CurrentSession(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(204)
    def delete(self) -> None:
        """Sign out: this session's token opens nothing any more"""
        sessions.close_session(principal().key_id, now=now())
