"""Whether the database answers, and with the schema that this version works with."""

from peewee import InterfaceError, OperationalError

from coalition.errors import OlderSchema
from coalition.store.schema import missing_migrations

UNREACHABLE = (OperationalError, InterfaceError)
"""What any service raises while the database does not answer; trying again later may help."""


def check_ready() -> None:
    """Returns if use cases can be served now; one of ``UNREACHABLE`` comes if the database does not answer.

    :raises OlderSchema: the database lacks migrations of this version.
    :raises NewerSchema: a newer version has been at it.
    """
    if missing := missing_migrations():
        raise OlderSchema(missing=", ".join(missing))
