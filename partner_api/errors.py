"""What HTTP itself can refuse, before any use case is asked. Same family as ``coalition.errors``, same problem form."""

from dataclasses import dataclass
from typing import NamedTuple

from coalition.errors import CoalitionError


class FieldError(NamedTuple):
    """``pointer`` is a JSON pointer (RFC 6901) into the body, or into the query read as an object."""

    pointer: str
    message: str


@dataclass
class ValidationFailed(CoalitionError):
    code = "validation_failed"
    template = "The request is not of the form that this call takes; see errors."
    errors: list[FieldError]


@dataclass
class MalformedJson(CoalitionError):
    code = "malformed_json"
    template = "The body is not JSON in UTF-8: {problem}."
    problem: str


@dataclass
class UnsupportedMediaType(CoalitionError):
    code = "unsupported_media_type"
    template = "Send the body as application/json."


@dataclass
class BadRequest(CoalitionError):
    code = "bad_request"
    template = "The request could not be understood."


@dataclass
class NotFound(CoalitionError):
    code = "not_found"
    template = "There is nothing at this address; /docs lists what there is."


@dataclass
class MethodNotAllowed(CoalitionError):
    code = "method_not_allowed"
    template = "This address does not take this method; see Allow."


@dataclass
class BodyTooLarge(CoalitionError):
    code = "body_too_large"
    template = "The body has more than {allowed_bytes} bytes."
    allowed_bytes: int


@dataclass
class InternalError(CoalitionError):
    code = "internal_error"
    template = "Something failed on our side; it is logged under request {request}."
    request: str


@dataclass
class TemporarilyUnavailable(CoalitionError):
    code = "temporarily_unavailable"
    template = "The database does not answer; send the same request again in a moment."
