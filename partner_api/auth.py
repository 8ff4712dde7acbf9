"""Who may make a call: the key says who asks, the decorator who may."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request

from coalition.errors import Forbidden, Unauthenticated
from coalition.services.keys import Principal, Role, authenticate

View = TypeVar("View", bound=Callable[..., Any])


def requires(*roles: Role) -> Callable[[View], View]:
    """The call needs a key of one of these roles; it is looked at before anything else of the request is.

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
    return authenticate(key.strip())
