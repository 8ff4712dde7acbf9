"""Who may make a call: the key, or the token of a session, says who asks, the decorator who may."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request

from coalition.errors import Forbidden, Unauthenticated
from coalition.services.keys import Principal, Role, authenticate
from coalition.services.sessions import authenticate_session
from partner_api.context import now

View = TypeVar("View", bound=Callable[..., Any])


def requires(*roles: Role) -> Callable[[View], View]:
    """The call needs a key or a session of one of these roles; it is looked at before anything else of the request.

    From then on ``context.principal()`` is its owner.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.principal = _authenticated()
            if g.principal.role not in roles:
                raise Forbidden(role=" or ".join(roles))
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


def _authenticated() -> Principal:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated()
    key = key.strip()
    return authenticate_session(key, now=now()) if key.startswith("cs_") else authenticate(key)
