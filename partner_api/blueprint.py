"""How a resource is declared: its addresses, who may call it, what goes in and what comes out."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema

from coalition.services.keys import Role
from partner_api import idempotency
from partner_api.auth import requires
from partner_api.parsing import Parser

View = TypeVar("View", bound=Callable[..., Any])


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A group of resources that the OpenAPI document shows under its name."""

    ARGUMENTS_PARSER = Parser()

    def guarded(self, *roles: Role, idempotent: bool = False) -> Callable[[View], View]:
        """The outermost decorator of a call: it needs a key of one of these roles, or a session where members may.

        ``idempotent`` says that the call ends in ``answer_once``, and thus wants an Idempotency-Key.
        """
        documented = self.doc(
            security=_security(roles),
            description=f"For: {', '.join(roles)}.",
            **({"parameters": [idempotency.PARAMETER]} if idempotent else {}),
        )
        guard = requires(*roles)

        def decorate(view: View) -> View:
            return cast(View, documented(guard(view)))

        return decorate

    def public(self, view: View) -> View:
        """The outermost decorator of a call that needs no key, and that pages of others may make from a browser."""

        @wraps(view)
        def shared(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs), {"Access-Control-Allow-Origin": "*"}

        return cast(View, self.doc(security=[], description="For anybody, without a key.")(shared))

    def anonymous(self, view: View) -> View:
        """The outermost decorator of a call for which nobody can have a key yet, such as one to sign in."""
        return cast(View, self.doc(security=[], description="For anybody, without a key.")(view))

    def takes(self, schema: Schema, location: Literal["json", "query"] = "json") -> Callable[[View], View]:
        """The call gets what the schema makes of the body, or of the query, as its first argument."""
        return cast(Callable[[View], View], self.arguments(schema, location=location))

    def answers(
        self, status: int, schema: Schema | dict[str, str] | None = None, content_type: str | None = None
    ) -> Callable[[View], View]:
        """What the call returns is given out in the form of the schema; a whole response as it is.

        One that is not JSON has a ``content_type``, and for a schema what OpenAPI calls it.
        """
        return cast(Callable[[View], View], self.response(status, schema, content_type=content_type))

    def at(self, rule: str) -> Callable[[View], View]:
        """The view answers at this address."""
        return cast(Callable[[View], View], self.route(rule))


def _security(roles: tuple[Role, ...]) -> list[dict[str, list[str]]]:
    """By which of the two ways of saying who asks the call can be made."""
    ways = sorted({"session" if role == "member" else "key" for role in roles})
    return [{way: []} for way in ways]
