"""What the rules of accrual may ask about a purchase besides its lines: who buys, where, when, and at which tier."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from coalition.domain.conditions import Circumstances
from coalition.services.partners import Partner
from coalition.services.programmes import Rulebook
from coalition.services.tiers import TierBook
from coalition.store import choices as choice_store
from coalition.store import history as history_store


class CircumstanceBook:
    """The circumstances of these members' purchases. Only what some rule asks for is looked up."""

    def __init__(self, members: Iterable[int], rules: Rulebook, tiers: TierBook) -> None:
        terms = [programme.accrual for programme in rules.versions]
        wanted = sorted(set(members))
        self._rules = rules
        self._tiers = tiers
        self._birth_dates: Mapping[int, date] = {}
        self._choices: Mapping[tuple[int, str, str], choice_store.Choice] = {}
        if any(each.asks_for_birthday for each in terms):
            self._birth_dates = history_store.birth_dates(wanted)
        if any(each.choices for each in terms):
            self._choices = choice_store.choices_of(wanted)

    def of(self, member: int, partner: Partner, store: str | None, occurred_at: datetime) -> Circumstances:
        """Those of a purchase by the member at the partner's store at that moment."""
        programme = self._rules.at(occurred_at)
        terms = programme.accrual
        standing = self._tiers.standing(member, occurred_at) if terms.asks_for_tier else None
        return Circumstances(
            partner=partner.name,
            partner_number=partner.number,
            rate_bps=partner.rate_bps,
            store=store,
            occurred_at=occurred_at,
            member=member,
            tier=standing.tier if standing else None,
            birth_date=self._birth_dates.get(member),
            chosen=self._chosen(member, occurred_at) if terms.choices else {},
        )

    def _chosen(self, member: int, occurred_at: datetime) -> dict[str, frozenset[str]]:
        programme = self._rules.at(occurred_at)
        month = f"{programme.local(occurred_at):%Y-%m}"
        found = {}
        for rule in programme.accrual.choices:
            choice = self._choices.get((member, rule.id, month))
            # What was bought before the choice was made did not count on it.
            if choice and choice.chosen_at <= occurred_at:
                found[rule.id] = choice.categories
        return found
