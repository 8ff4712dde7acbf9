"""A till that sends everything twice: each POST is carried out once and answered twice, with the same bytes."""

from types import SimpleNamespace

import pytest

from tests.api.retried import GAMIFICATION_CALLS
from tests.api.settling import acknowledge, lines_of, raise_dispute, statement_of
from tests.integration.gamification.helpers import rule

PROGRAMME = {
    "accrual": {"rules": [{"id": "favourites", "rate_bps": 2000, "when": {"choice": {"pick": 1, "of": ["film"]}}}]},
    "tiers": {"levels": [{"name": "guest"}, {"name": "club", "price_minor": 500, "term_months": 12}]},
    "adjustments": {"four_eyes_above_points": 100},
    "transfers": {"allowed": True},
}

PACK = {"points": 500, "amount_minor": 450, "currency": "USD", "reference": "invoice"}

CALLS = {
    "/v1/members": lambda w: (w.cafe, {}, {"phone": "+79161234599", "consents": {"marketing": False}}),
    "/v1/members/<member_id>/tier": lambda w: (
        w.cafe,
        {"member_id": w.anna},
        {"tier": "club", "pay_with": "money", "reference": "t"},
    ),
    "/v1/members/<member_id>/choices": lambda w: (
        w.cafe,
        {"member_id": w.anna},
        {"rule": "favourites", "categories": ["film"]},
    ),
    "/v1/purchases": lambda w: (w.cafe, {}, w.receipt),
    "/v1/purchases/<purchase_id>/returns": lambda w: (
        w.cinema,
        {"purchase_id": w.purchase},
        {"return_id": "b", "lines": [{"line_id": "2", "quantity": 1}]},
    ),
    "/v1/holds": lambda w: (w.cafe, {}, {"member": w.anna, "points": 1}),
    "/v1/holds/<hold_id>/capture": lambda w: (w.cafe, {"hold_id": w.hold()}, {"receipt_id": "c"}),
    "/v1/holds/<hold_id>/void": lambda w: (w.cafe, {"hold_id": w.hold()}, None),
    "/v1/redemptions": lambda w: (w.cafe, {}, {"member": w.anna, "points": 1, "reference": "r"}),
    "/v1/redemptions/<redemption_id>/reversal": lambda w: (w.cafe, {"redemption_id": w.redemption()}, None),
    "/v1/donations": lambda w: (
        w.cafe,
        {},
        {"charity": w.charity(), "member": w.anna, "points": 1, "reference": "d"},
    ),
    "/v1/transfers": lambda w: (
        w.cafe,
        {},
        {"sender": w.anna, "recipient": w.bob, "points": 1, "reference": "t"},
    ),
    "/v1/ledger/entries/<entry_id>/extension": lambda w: (
        w.operator,
        {"entry_id": w.entry()},
        {"expires_at": "2029-01-01T00:00:00Z", "reason": "kind"},
    ),
    "/v1/programme": lambda w: (w.operator, {}, {"effective_from": "2026-04-01T00:00:00Z", "programme": {}}),
    "/v1/achievements": lambda w: (w.operator, {}, {"rules": {"achievements": [rule("first")]}}),
    "/v1/adjustments": lambda w: (w.operator, {}, w.adjustment),
    "/v1/adjustments/<adjustment_id>/approval": lambda w: (w.second, {"adjustment_id": w.proposed_adjustment()}, None),
    "/v1/adjustments/<adjustment_id>/rejection": lambda w: (w.second, {"adjustment_id": w.proposed_adjustment()}, None),
    "/v1/gifts": lambda w: (w.operator, {}, w.gift),
    "/v1/gifts/<gift_id>/approval": lambda w: (w.second, {"gift_id": w.proposed_gift()}, None),
    "/v1/gifts/<gift_id>/rejection": lambda w: (w.second, {"gift_id": w.proposed_gift()}, None),
    "/v1/partners": lambda w: (w.operator, {}, {"name": "baker", "rate_bps": 300}),
    "/v1/partners/<partner_id>/packs": lambda w: (w.operator, {"partner_id": w.issuer}, PACK),
    "/v1/partners/<partner_id>/prepayment": lambda w: (
        w.operator,
        {"partner_id": w.made(w.operator, f"/v1/partners/{w.issuer}/packs", PACK) and w.issuer},
        None,
    ),
    "/v1/partners/<partner_id>/offboarding": lambda w: (
        w.operator,
        {"partner_id": w.issuer},
        {"spendable_until": "2026-06-30"},
    ),
    "/v1/rate-cards": lambda w: (
        w.operator,
        {},
        {
            "effective_from": "2026-04-01T00:00:00Z",
            "document": {"currency": "USD", "issued_micros": 9, "redeemed_micros": 8},
        },
    ),
    "/v1/settlements": lambda w: (w.operator, {}, w.march() and {"period": "2026-03"}),
    "/v1/statements/<statement_id>/acknowledgement": lambda w: (
        w.cinema,
        {"statement_id": w.statement()["id"]},
        {"root": w.statement()["root"]},
    ),
    "/v1/statements/<statement_id>/dispute": lambda w: (
        w.cinema,
        {"statement_id": w.statement()["id"]},
        {"line": lines_of(w.cinema, w.statement())[0]["id"], "reason": "no"},
    ),
    "/v1/disputes/<dispute_id>/answer": lambda w: (
        w.operator,
        {"dispute_id": w.dispute()},
        {"answer": "correction", "words": "yes", "amount_minor": 7, "counterparty": 3},
    ),
    "/v1/corrections": lambda w: (
        w.operator,
        {},
        {"payer": 2, "payee": 3, "currency": "USD", "amount_minor": 7, "reason": "sorry"},
    ),
    "/v1/payments/<payment_id>/confirmation": lambda w: (w.cafe, {"payment_id": w.payment()}, {}),
    **GAMIFICATION_CALLS,
}
ELSEWHERE = {"/v1/quotes", "/v1/partners/<partner_id>/keys", "/v1/auth/codes", "/v1/auth/sessions"}
"""The first changes nothing; the others deal with secrets that are shown once, and have tests of their own."""


@pytest.fixture
def world(
    request,
    cinema,
    cafe,
    operator,
    second_operator,
    annas_session,
    coalition,
    clock,
    bob,
    receipt,
    annas_purchase,
    publish,
):
    publish(PROGRAMME)
    anna, issuer = coalition.anna.id, coalition.cinema.id
    adjustment = {"member": anna, "issuer": issuer, "points": 7, "reason": "sorry"}
    gift = {"issuer": issuer, "points": 7, "reason": "New Year", "segment": {}}

    def statement():
        request.getfixturevalue("closed")
        return statement_of(cinema)

    def dispute():
        request.getfixturevalue("closed")
        return raise_dispute(cinema)["id"]

    def payment():
        request.getfixturevalue("closed")
        acknowledge(cinema)
        acknowledge(cafe)
        return cafe.get("/v1/payments").get_json()["data"][0]["id"]

    def made(caller, path, body):
        return caller.post(path, body).get_json()["id"]

    return SimpleNamespace(
        cinema=cinema,
        cafe=cafe,
        operator=operator,
        session=annas_session,
        clock=clock,
        second=second_operator,
        anna=anna,
        issuer=issuer,
        made=made,
        bob=bob.id,
        receipt=receipt,
        purchase=annas_purchase["id"],
        adjustment=adjustment,
        gift=gift,
        hold=lambda: made(cafe, "/v1/holds", {"member": anna, "points": 5}),
        redemption=lambda: made(cafe, "/v1/redemptions", {"member": anna, "points": 5, "reference": "old"}),
        charity=lambda: made(operator, "/v1/partners", {"name": "shelter", "rate_bps": 0, "kind": "charity"}),
        entry=lambda: cinema.get(f"/v1/members/{anna}/entries").get_json()["data"][0]["id"],
        proposed_adjustment=lambda: made(operator, "/v1/adjustments", adjustment | {"points": 101}),
        march=lambda: request.getfixturevalue("march"),
        statement=statement,
        dispute=dispute,
        payment=payment,
        proposed_gift=lambda: made(operator, "/v1/gifts", gift | {"points": 101}),
    )


def prepared(world, rule):
    caller, names, body = CALLS[rule](world)
    path = rule
    for name, value in names.items():
        path = path.replace(f"<{name}>", value)
    return caller, path, body


def test_calls__every_post_there_is__is_retried_here(app):
    posts = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/v1/") and "POST" in rule.methods}
    assert posts == CALLS.keys() | ELSEWHERE


@pytest.mark.parametrize("rule", CALLS)
def test_post__sent_twice__answered_twice_with_the_same_bytes_and_carried_out_once(world, nothing_changes, rule):
    caller, path, body = prepared(world, rule)
    first = caller.post(path, body, "again and again")
    assert first.status_code in (200, 201), first.text
    assert "Idempotency-Replayed" not in first.headers
    with nothing_changes():
        again = caller.post(path, body, "again and again")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("rule", CALLS)
def test_post__without_an_idempotency_key__refused_and_nothing_changes(world, nothing_changes, rule):
    caller, path, body = prepared(world, rule)
    with nothing_changes():
        assert caller.post(path, body, None).get_json()["code"] == "idempotency_key_required"
