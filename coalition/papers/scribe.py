"""The hand that writes one statement in one language: how it names parties, and which column an amount belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from coalition.domain.rate_cards import POOL
from coalition.domain.statements import Statement
from coalition.papers.content import Column
from coalition.papers.formats import Formats
from coalition.papers.messages import Language, Words


@dataclass(frozen=True, slots=True)
class Context:
    """What a paper says that the statement does not.

    ``names`` and ``bank_hints`` (a bank, the end of an account) are by partner number. ``lines_file`` is where all
    lines are. ``opening_liability_minor`` is what the statement before had for its closing. ``first_lines`` is how many
    lines are shown, besides corrections and late ones, which always are.
    """

    names: Mapping[int, str]
    dispute_until: datetime
    lines_file: str
    opening_liability_minor: int | None = None
    bank_hints: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    first_lines: int = 100


class Scribe:
    """Has what every section of a paper needs."""

    def __init__(self, statement: Statement, context: Context, language: Language) -> None:
        self.statement = statement
        self.context = context
        self.words = Words(language)
        self.formats = Formats(language, statement.currency, statement.time_zone)

    def name(self, number: int) -> str:
        if number == POOL:
            return self.words("pool")
        if number == self.statement.partner:
            return self.statement.partner_name
        return self.context.names.get(number) or self.words("party", number=str(number))

    def party(self, number: int) -> str:
        """The name and the number."""
        if number == POOL:
            return self.words("pool")
        return self.words("named_party", name=self.name(number), number=str(number))

    def title(self, key: str) -> Column:
        """A column of numbers whose title names the currency."""
        return Column(self.words(key, currency=self.statement.currency), number=True)

    def sides(self, minor: int) -> tuple[str, str]:
        """What is to be received, and what is to be paid: the amount in its column, a dash in the other."""
        none, amount = self.words("none"), self.formats.amount(abs(minor))
        return (amount if minor > 0 else none, amount if minor < 0 else none)
