"""Whatever the rules: no point is lost or invented, none is below zero, and no cap is exceeded."""

from datetime import UTC, datetime, time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.accrual import accrue
from coalition.domain.caps import CapKey, cap_keys, cap_uses
from coalition.domain.conditions import Circumstances
from coalition.domain.programme import (
    BASE_RULE,
    BPS,
    AccrualRule,
    AccrualTerms,
    Cap,
    CapPeriod,
    CapSubject,
    Conditions,
    Programme,
    Stacking,
)
from coalition.domain.purchase import Line
from coalition.domain.rounding import allot

CATEGORIES = ("COFFEE", "BOOKS", "TOBACCO")
CAMPAIGNS = ("spring", "autumn")

lines = st.builds(
    Line,
    line_id=st.just("1"),
    sku=st.sampled_from(["a", "b"]),
    category=st.sampled_from(CATEGORIES),
    quantity=st.just(1),
    amount_minor=st.integers(-500, 50_000),
    discounted=st.booleans(),
)
conditions = st.builds(
    Conditions,
    partners=st.sampled_from([frozenset(), frozenset({"cafe"}), frozenset({"cinema"})]),
    categories=st.frozensets(st.sampled_from(CATEGORIES), max_size=2),
    discounted=st.sampled_from([None, None, True, False]),
    hours=st.sampled_from([None, None, (time(9), time(0)), (time(0), time(9))]),
    minimum_receipt_minor=st.integers(0, 20_000),
)
effects: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(dict, rate_bps=st.integers(0, BPS)),
    st.builds(dict, multiplier_bps=st.integers(BPS + 1, 5 * BPS)),
    st.builds(dict, bonus_points=st.integers(1, 500)),
    st.just({"excludes": True}),
)
funders = st.dictionaries(st.sampled_from(["partner", "cafe", "operator", "bank"]), st.integers(1, 5), min_size=1)


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    rules = tuple(
        AccrualRule(
            f"rule-{number}",
            when=draw(conditions),
            funded_by=draw(funders),
            priority=draw(st.integers(0, 2)),
            campaign=draw(st.sampled_from([None, *CAMPAIGNS])),
            **draw(effects),
        )
        for number in range(draw(st.integers(0, 6)))
    )
    ids = [BASE_RULE, *(rule.id for rule in rules)]
    caps = []
    for number in range(draw(st.integers(0, 3))):
        of_campaign = draw(st.booleans())
        caps.append(
            Cap(
                f"cap-{number}",
                draw(st.integers(0, 2000)),
                draw(st.sampled_from(CapPeriod)),
                draw(st.sampled_from(CapSubject)),
                rules=frozenset() if of_campaign else draw(st.frozensets(st.sampled_from(ids), max_size=3)),
                campaign=draw(st.sampled_from(CAMPAIGNS)) if of_campaign else None,
            )
        )
    terms = AccrualTerms(stacking=draw(st.sampled_from(Stacking)), rules=rules, caps=tuple(caps))
    return Programme(point_price_minor=draw(st.sampled_from([1, 7, 100])), accrual=terms)


circumstances_ = st.builds(
    Circumstances,
    partner=st.just("cafe"),
    partner_number=st.just(7),
    rate_bps=st.integers(0, BPS),
    store=st.none(),
    occurred_at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    member=st.just(42),
)


@st.composite
def reckonings(draw: st.DrawFn) -> tuple[list[Line], list[int], Programme, Circumstances, dict[CapKey, int]]:
    receipt = draw(st.lists(lines, max_size=8))
    discounts = [draw(st.integers(0, max(line.amount_minor, 0))) for line in receipt]
    programme, circumstances = draw(programmes()), draw(circumstances_)
    used = {key: draw(st.integers(0, 2500)) for key in cap_keys(programme, circumstances)}
    return receipt, discounts, programme, circumstances, used


@given(reckonings())
def test_awards__sum_up_to_the_points_and_none_is_of_nothing(given_):
    receipt, discounts, *_ = given_
    accrual = accrue(*given_)
    assert sum(award.points for award in accrual.awards) == accrual.points
    assert all(award.points > 0 for award in accrual.awards)
    assert accrual.discounts == tuple(discounts)
    for award in accrual.awards:
        assert award.position not in accrual.excluded
        assert receipt[award.position].amount_minor > discounts[award.position]


@given(reckonings())
def test_caps__whatever_was_used__are_never_exceeded(given_):
    _, _, programme, circumstances, used = given_
    accrual = accrue(*given_)
    earned = [(award.rule, award.points) for award in accrual.awards]
    limits = {cap.id: cap for cap in programme.accrual.caps}
    campaigns = {rule.id: rule.campaign for rule in programme.accrual.rules}

    assert accrual.cap_uses == cap_uses(programme, circumstances, earned)
    assert set(accrual.cap_uses) <= set(used)
    for key, points in accrual.cap_uses.items():
        assert 0 < points <= limits[key.cap].points - used[key]
    for cap in programme.accrual.caps:
        covered = sum(
            points
            for rule, points in earned
            if (campaigns.get(rule) == cap.campaign if cap.campaign else not cap.rules or rule in cap.rules)
        )
        assert covered <= cap.points


@given(reckonings())
def test_funders__of_each_rule__pay_exactly_their_shares(given_):
    _, _, programme, circumstances, _ = given_
    accrual = accrue(*given_)
    for rule in programme.accrual.rules:
        paid: dict[str, int] = {}
        for award in accrual.awards:
            if award.rule == rule.id:
                paid[award.funder] = paid.get(award.funder, 0) + award.points
        shares: dict[str, int] = {}
        for name, share in rule.funded_by.items():
            funder = circumstances.partner if name == "partner" else name
            shares[funder] = shares.get(funder, 0) + share
        names = sorted(shares)
        exact = allot(sum(paid.values()), [shares[name] for name in names])
        assert [paid.get(name, 0) for name in names] == exact


@given(reckonings())
def test_caps__that_are_lifted__never_lower_what_is_earned(given_):
    receipt, discounts, programme, circumstances, used = given_
    rules = programme.accrual
    lifted = Programme(
        point_price_minor=programme.point_price_minor,
        accrual=AccrualTerms(stacking=rules.stacking, rules=rules.rules),
    )
    accrual = accrue(receipt, discounts, lifted, circumstances, used)
    assert accrual.points >= accrue(*given_).points
    assert not accrual.cap_uses


@given(reckonings())
def test_points__without_rules__are_the_partners_rate_of_what_is_left(given_):
    receipt, discounts, programme, circumstances, used = given_
    plain = Programme(point_price_minor=programme.point_price_minor)
    rebates = -sum(min(line.amount_minor, 0) for line in receipt)
    paid_for = sum(max(line.amount_minor, 0) - paid for line, paid in zip(receipt, discounts, strict=True))
    left = max(paid_for - rebates, 0)
    accrual = accrue(receipt, discounts, plain, circumstances, used)
    assert accrual.points == left * circumstances.rate_bps // (BPS * plain.point_price_minor)
    assert {award.rule for award in accrual.awards} <= {BASE_RULE}


@given(reckonings())
def test_points__of_a_receipt_with_a_cap_too_large_to_matter__are_those_of_the_fast_path(given_):
    receipt, discounts, programme, circumstances, used = given_
    plain = Programme(point_price_minor=programme.point_price_minor)
    capped = Programme(
        point_price_minor=programme.point_price_minor,
        accrual=AccrualTerms(caps=(Cap("huge", 10**12, CapPeriod.RECEIPT),)),
    )
    assert accrue(receipt, discounts, capped, circumstances, used) == accrue(
        receipt, discounts, plain, circumstances, used
    )
