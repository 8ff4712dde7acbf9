"""Whatever the cards and however time is cut: nothing vanishes, parts equal the whole, and nobody pays too much."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.domain.entries import EntryKind
from coalition.domain.monthly_fees import Month, months_due
from coalition.domain.netting import Transfer, plan_transfers
from coalition.domain.periods import Cut, belongs
from coalition.domain.rate_cards import (
    OPERATOR,
    POOL,
    Breakage,
    Cause,
    Deal,
    ExchangeRates,
    Fees,
    Flow,
    Funding,
    Price,
    RateCard,
    flows,
    issued_points,
    redeemed_points,
)
from coalition.domain.settlement import Account, Books, Total, claims, positions
from coalition.services.period_books import PointTotals

THOUSAND = settings(max_examples=max(settings.default.max_examples // 2, 50))
"""Under the fuzz profile a thousand programmes."""

START = datetime(2026, 1, 1, tzinfo=UTC)
CURRENCIES = ("EUR", "RUB", "USD")
PARTNERS = st.integers(OPERATOR, 5)
MICROS = st.sampled_from([0, 1, 333_333, 999_999, 1_000_000]) | st.integers(0, 3_000_000)
PRICES = st.builds(Price, MICROS, MICROS, st.sampled_from(CURRENCIES))
FEES = st.builds(Fees, st.integers(0, 500), MICROS, MICROS, st.integers(0, 10_000))
PAIRS = st.tuples(st.none() | PARTNERS, st.none() | PARTNERS).filter(any)
RATES = st.builds(
    lambda micros: ExchangeRates(
        {
            (base, quote): ((START.date(), micros), (START.date() + timedelta(days=40), micros + 7))
            for base in CURRENCIES
            for quote in CURRENCIES
            if base != quote
        }
    ),
    st.integers(1, 200_000_000),
)


class Entry(NamedTuple):
    """``undoes`` is the index of the entry that this one takes back a part of."""

    kind: EntryKind
    issuer: int
    partner: int
    points: int
    occurred_at: datetime
    sequence: int
    undoes: int | None = None


class World(NamedTuple):
    """Cards by the day from which each is in force; the cuts of periods in which all entries are; since when partners
    are prepaid."""

    entries: tuple[Entry, ...]
    cards: tuple[tuple[datetime, RateCard], ...]
    rates: ExchangeRates
    cuts: tuple[Cut, ...]
    prepaid: Mapping[int, datetime]


@st.composite
def cards_of(draw: st.DrawFn, funding: Funding) -> RateCard:
    kept = list(Breakage) if funding is Funding.AT_ISSUANCE else [Breakage.ISSUER, Breakage.OPERATOR]
    return RateCard(
        draw(PRICES),
        funding,
        draw(st.sampled_from(kept)),
        draw(st.dictionaries(PAIRS, PRICES, max_size=3)),
        draw(st.dictionaries(st.none() | PARTNERS, FEES, max_size=2)),
        settle_in=draw(st.sampled_from([None, None, *CURRENCIES])),
    )


UNDOING = {EntryKind.ACCRUAL: EntryKind.ACCRUAL_REVERSAL, EntryKind.REDEMPTION: EntryKind.REDEMPTION_REVERSAL}


@st.composite
def entries_of(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Some are recorded later than others that happened after them, and some undo a part of an earlier one."""
    found: list[Entry] = []
    for number in range(draw(st.integers(0, 14))):
        hours = st.integers(0, 100 * 24)
        occurred_at, sequence = START + timedelta(hours=draw(hours)), number // 2 + 1
        origin = draw(st.none() | st.integers(0, number - 1)) if number else None
        if origin is not None and found[origin].kind in UNDOING:
            undone = found[origin]
            points = draw(st.integers(1, undone.points))
            kind, when = UNDOING[undone.kind], max(occurred_at, undone.occurred_at)
            found.append(Entry(kind, undone.issuer, undone.partner, points, when, sequence, origin))
            continue
        kind = draw(st.sampled_from([kind for kind in EntryKind if kind not in UNDOING.values()]))
        issuer = draw(PARTNERS)
        partner = draw(PARTNERS) if kind is EntryKind.REDEMPTION else issuer
        found.append(Entry(kind, issuer, partner, draw(st.integers(1, 10_000)), occurred_at, sequence))
    return tuple(found)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    entries, funding = draw(entries_of()), draw(st.sampled_from(Funding))
    days = sorted(draw(st.sets(st.integers(1, 90), max_size=3)))
    since = [datetime.min.replace(tzinfo=UTC), *(START + timedelta(days=day) for day in days)]
    cards = tuple((moment, draw(cards_of(funding))) for moment in since)
    ends = sorted(draw(st.sets(st.integers(1, 100 * 24), max_size=4)))
    sequences = sorted(draw(st.lists(st.integers(0, 8), min_size=len(ends), max_size=len(ends))))
    cuts = [Cut(START + timedelta(hours=end), sequence) for end, sequence in zip(ends, sequences, strict=True)]
    prepaid = draw(st.dictionaries(PARTNERS, st.integers(0, 100).map(lambda day: START + timedelta(days=day))))
    return World(entries, cards, draw(RATES), (*cuts, Cut(START + timedelta(days=365), 99)), prepaid)


def flows_of(entry: Entry, world: World) -> list[Flow]:
    moment = world.entries[entry.undoes].occurred_at if entry.undoes is not None else entry.occurred_at
    card = [card for since, card in world.cards if since <= moment][-1]
    prepaid = entry.issuer in world.prepaid and world.prepaid[entry.issuer] <= moment
    deal = Deal(entry.kind, entry.issuer, entry.partner, entry.points, moment.date(), prepaid)
    return flows(deal, card, world.rates)


def closed(world: World, cuts: tuple[Cut, ...]) -> list[dict[Account, Total]]:
    """What each of the periods that end with these cuts comes to."""
    before: Counter[Account] = Counter()
    found = []
    for earlier, cut in pairwise([None, *cuts]):
        books = Books()
        for entry in world.entries:
            if belongs(entry.occurred_at, entry.sequence, cut, earlier):
                for flow in flows_of(entry, world):
                    books.add(flow, signed(entry))
        found.append(books.totals(before))
        for account, total in found[-1].items():
            before[account] += total.micros
    return found


def signed(entry: Entry) -> int:
    return issued_points(entry.kind, entry.points) or redeemed_points(entry.kind, entry.points) or entry.points


def summed(parts: list[dict[Account, Total]]) -> dict[Account, tuple[int, int, int]]:
    """By account the points, micros and minor units of all periods."""
    sums: dict[Account, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for totals in parts:
        for account, total in totals.items():
            points, micros, amount = sums[account]
            sums[account] = (points + total.points, micros + total.micros, amount + total.amount_minor)
    return dict(sums)


@THOUSAND
@given(worlds())
def test_positions__of_every_period_and_currency__sum_to_zero(world):
    for totals in closed(world, world.cuts):
        assert all(sum(nets.values()) == 0 for nets in positions(totals).values())


@THOUSAND
@given(worlds())
def test_periods__however_time_is_cut__come_to_what_one_period_does(world):
    [whole] = closed(world, world.cuts[-1:])
    parts = closed(world, world.cuts)
    assert summed(parts) == summed([whole])
    latest = {account: total.carried_micros for totals in parts for account, total in totals.items()}
    assert latest == {account: total.carried_micros for account, total in whole.items()}


MOMENTS = st.integers(0, 100).map(lambda day: f"{START + timedelta(days=day):%Y-%m-%d}")
MONTHS = [Month(date(2026, month, 1), f"2026-{month:02}-01", f"2026-{month + 1:02}-01") for month in range(1, 5)]


@THOUSAND
@given(
    st.dictionaries(PARTNERS, st.lists(MOMENTS, min_size=4, max_size=4)), st.dictionaries(PARTNERS, MOMENTS), st.data()
)
def test_monthly_fees__however_time_is_cut__are_due_once_and_those_of_one_period(entries, left, data):
    """``entries`` happened at a partner's tills and are recorded one by one: with each a period ends, some time."""
    ends = [*sorted(data.draw(st.lists(MOMENTS, min_size=3, max_size=3))), "2026-05-01"]
    known = []
    for number, end in enumerate(ends):
        joined = {partner: min(moments[: number + 1]) for partner, moments in entries.items()}
        begun = [month for month in MONTHS if month.begins_at < end]
        known.append(months_due(begun, joined, left, end))
    assert all(earlier <= later for earlier, later in pairwise(known))
    oldest = {partner: min(moments) for partner, moments in entries.items()}
    assert known[-1] == {
        (month.first, partner)
        for month in MONTHS
        for partner, since in oldest.items()
        if since < month.ends_at and left.get(partner, "9") >= month.begins_at
    }


@THOUSAND
@given(worlds())
def test_flows__that_somebody_pays__are_what_others_get_and_never_to_oneself(world):
    for entry in world.entries:
        for flow in flows_of(entry, world):
            assert flow.payer != flow.payee
            assert (-flow.micros if takes_back(entry) else flow.micros) >= 0
            assert {flow.payer, flow.payee} <= {POOL, OPERATOR, entry.issuer, entry.partner}
            assert (flow.issuer is not None) == (flow.cause is Cause.REDEMPTION)


def takes_back(entry: Entry) -> bool:
    return entry.undoes is not None or entry.kind is EntryKind.ADJUSTMENT_DECREASE


@THOUSAND
@given(worlds())
def test_plan__of_every_period__clears_it_without_anybody_paying_more_than_it_owes(world):
    for totals in closed(world, world.cuts):
        for nets in positions(totals).values():
            plan = plan_transfers(nets)
            paid, got = Counter[int](), Counter[int]()
            for transfer in plan:
                assert transfer.amount_minor > 0
                paid[transfer.payer] += transfer.amount_minor
                got[transfer.payee] += transfer.amount_minor
            assert paid == Counter({party: -net for party, net in nets.items() if net < 0})
            assert got == Counter({party: net for party, net in nets.items() if net > 0})
            assert len(plan) == fewest(nets)


@THOUSAND
@given(st.lists(st.integers(-6, 6), max_size=5).map(lambda nets: dict(enumerate([*nets, -sum(nets)]))))
def test_plan__up_to_six_parties__is_as_short_as_any_way_of_paying(nets):
    plan = plan_transfers(nets)
    assert len(plan) == fewest(nets)
    assert after(nets, plan) == dict.fromkeys(nets, 0)


def fewest(nets: Mapping[int, int]) -> int:
    """By trying to pay off the first debtor or creditor with each of the others, and all that follows from that."""
    left = tuple(sorted(net for net in nets.values() if net))
    if not left:
        return 0
    first, rest = left[0], left[1:]
    ways = ((*rest[:i], rest[i] + first, *rest[i + 1 :]) for i in range(len(rest)) if rest[i] > 0)
    return 1 + min(fewest(dict(enumerate(way))) for way in ways)


def after(nets: Mapping[int, int], plan: list[Transfer]) -> dict[int, int]:
    left = dict(nets)
    for transfer in plan:
        left[transfer.payer] += transfer.amount_minor
        left[transfer.payee] -= transfer.amount_minor
    return left


@THOUSAND
@given(worlds())
def test_statements__of_every_party__lines_and_what_was_carried_in_come_to_amounts_and_what_is_carried_out(world):
    carried: Counter[Account] = Counter()
    for (earlier, cut), totals in zip(pairwise([None, *world.cuts]), closed(world, world.cuts), strict=True):
        lines: Counter[tuple[int, Account]] = Counter()
        for party, account, micros in lines_between(world, earlier, cut):
            lines[party, account] += micros
        for account, total in totals.items():
            grown = total.amount_minor * 1_000_000 + total.carried_micros - carried[account]
            assert 0 <= total.carried_micros < 1_000_000
            assert (lines[account.payee, account], lines[account.payer, account]) == (grown, -grown)
            carried[account] = total.carried_micros


def lines_between(world: World, earlier: Cut | None, cut: Cut) -> Iterator[tuple[int, Account, int]]:
    for entry in world.entries:
        if belongs(entry.occurred_at, entry.sequence, cut, earlier):
            for flow in flows_of(entry, world):
                account = Account(flow.payer, flow.payee, flow.cause, flow.currency, flow.issuer)
                yield flow.payer, account, -flow.micros
                yield flow.payee, account, flow.micros


@THOUSAND
@given(worlds())
def test_claims__of_all_periods__count_the_points_that_redeemers_honoured(world):
    honoured: Counter[tuple[int, int]] = Counter()
    for entry in world.entries:
        if any(flow.cause is Cause.REDEMPTION for flow in flows_of(entry, world)):
            honoured[entry.issuer, entry.partner] += redeemed_points(entry.kind, entry.points)
    claimed: Counter[tuple[int, int]] = Counter()
    for totals in closed(world, world.cuts):
        for claim in claims(totals):
            claimed[claim.issuer, claim.redeemer] += claim.points
    assert {pair: points for pair, points in claimed.items() if points} == {
        pair: points for pair, points in honoured.items() if points
    }


BRINGS = {
    EntryKind.ACCRUAL: 1,
    EntryKind.REWARD: 1,
    EntryKind.ADJUSTMENT_INCREASE: 1,
    EntryKind.REDEMPTION_REVERSAL: 1,
    EntryKind.ACCRUAL_REVERSAL: -1,
    EntryKind.ADJUSTMENT_DECREASE: -1,
    EntryKind.REDEMPTION: -1,
    EntryKind.EXPIRY: -1,
}
"""What an entry does to the points that members hold."""


@THOUSAND
@given(worlds())
def test_liability__what_all_periods_added__is_what_members_hold_at_the_end_of_each(world):
    outstanding: Counter[int] = Counter()
    for earlier, cut in pairwise([None, *world.cuts]):
        points = defaultdict[int, PointTotals](PointTotals)
        for entry in world.entries:
            if belongs(entry.occurred_at, entry.sequence, cut, earlier):
                points[entry.issuer] = points[entry.issuer].plus(entry.kind, entry.points)
        for issuer, totals in points.items():
            outstanding[issuer] += totals.outstanding
        held: Counter[int] = Counter()
        for entry in world.entries:
            if belongs(entry.occurred_at, entry.sequence, cut, None):
                held[entry.issuer] += BRINGS[entry.kind] * entry.points
        assert outstanding == held
