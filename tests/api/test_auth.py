"""Every call needs a key, of the right role, before anything else of it is looked at."""

import re

import pytest

from tests.api.callers import Caller, refused

OPERATORS_ONLY = {
    ("POST", "/v1/partners"),
    ("GET", "/v1/partners"),
    ("GET", "/v1/partners/<partner_id>"),
    ("PATCH", "/v1/partners/<partner_id>"),
    ("POST", "/v1/partners/<partner_id>/keys"),
    ("DELETE", "/v1/partners/<partner_id>/keys/<key_id>"),
    ("POST", "/v1/programme"),
    ("POST", "/v1/achievements"),
    ("POST", "/v1/adjustments"),
    ("GET", "/v1/adjustments"),
    ("GET", "/v1/adjustments/<adjustment_id>"),
    ("POST", "/v1/adjustments/<adjustment_id>/approval"),
    ("POST", "/v1/adjustments/<adjustment_id>/rejection"),
    ("POST", "/v1/gifts"),
    ("GET", "/v1/gifts"),
    ("GET", "/v1/gifts/<gift_id>"),
    ("POST", "/v1/gifts/<gift_id>/approval"),
    ("POST", "/v1/gifts/<gift_id>/rejection"),
    ("POST", "/v1/ledger/entries/<entry_id>/extension"),
    ("GET", "/v1/audit"),
    ("GET", "/v1/grant-reviews"),
    ("GET", "/v1/grant-reviews/<grant_id>"),
    ("POST", "/v1/grant-reviews/<grant_id>/release"),
    ("POST", "/v1/grant-reviews/<grant_id>/revocation"),
    ("GET", "/v1/partners/<partner_id>/bank-details"),
    ("PUT", "/v1/partners/<partner_id>/bank-details"),
    ("GET", "/v1/partners/<partner_id>/funding"),
    ("GET", "/v1/partners/<partner_id>/packs"),
    ("POST", "/v1/partners/<partner_id>/packs"),
    ("POST", "/v1/partners/<partner_id>/prepayment"),
    ("GET", "/v1/partners/<partner_id>/offboarding"),
    ("POST", "/v1/partners/<partner_id>/offboarding"),
    ("PUT", "/v1/partners/<partner_id>/signer"),
    ("POST", "/v1/rate-cards"),
    ("PUT", "/v1/exchange-rates"),
    ("GET", "/v1/settlements"),
    ("POST", "/v1/settlements"),
    ("GET", "/v1/settlements/<period>"),
    ("GET", "/v1/disputes"),
    ("POST", "/v1/disputes/<dispute_id>/answer"),
    ("POST", "/v1/corrections"),
}
PUBLIC = {
    ("GET", "/v1/badges/<badge_id>"),
    ("POST", "/v1/auth/codes"),
    ("POST", "/v1/auth/sessions"),
    ("GET", "/v1/event-schemas/<event_type>"),
    ("GET", "/v1/icons/<name>.svg"),
    ("GET", "/v1/open-badges/issuer"),
    ("GET", "/v1/open-badges/achievements/<name>"),
    ("GET", "/v1/open-badges/keys/<thumbprint>"),
    ("GET", "/v1/open-badges/revocations"),
    ("GET", "/v1/draws"),
    ("GET", "/v1/draws/<draw_id>"),
    ("GET", "/v1/draws/<draw_id>/tickets.json"),
}
FOR_ALL_WHO_ARE_KNOWN = {("GET", "/v1/leaderboards"), ("GET", "/v1/leaderboards/<leaderboard_id>")}
PARTNERS_ONLY = {
    ("POST", "/v1/members"),
    ("POST", "/v1/members/<member_id>/tier"),
    ("POST", "/v1/members/<member_id>/choices"),
    ("POST", "/v1/quotes"),
    ("POST", "/v1/purchases"),
    ("POST", "/v1/purchases/<purchase_id>/returns"),
    ("POST", "/v1/holds"),
    ("POST", "/v1/holds/<hold_id>/capture"),
    ("POST", "/v1/holds/<hold_id>/void"),
    ("POST", "/v1/redemptions"),
    ("POST", "/v1/donations"),
    ("POST", "/v1/transfers"),
    ("GET", "/v1/funding"),
    ("GET", "/v1/statements/<statement_id>/dispute"),
    ("POST", "/v1/statements/<statement_id>/dispute"),
    ("POST", "/v1/events"),
    ("POST", "/v1/rewards/<code>/claim"),
    ("PUT", "/v1/stores/<store_id>/position"),
}


def calls(app):
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def members_calls(app):
    """Those under /v1/me, and the one that signs out."""
    return {call for call in calls(app) if re.match("/v1/(me|auth/sessions/current)(/|$)", call[1])}


def documented(rule):
    return rule.replace("number:", "").replace("<", "{").replace(">", "}")


def made(caller, call):
    method, rule = call
    path = re.sub(r"<number:\w+>", "1", rule)
    return caller.call(method, path.replace("<", "").replace(">", ""))


def test_roles__of_every_call__are_those_that_the_contract_says(app, stranger):
    said = {}
    for path, operations in stranger.get("/openapi.json").get_json()["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/") and method != "parameters":
                said.setdefault(operation["description"], set()).add((method.upper(), path))
    elsewhere = PUBLIC | FOR_ALL_WHO_ARE_KNOWN | members_calls(app) | OPERATORS_ONLY | PARTNERS_ONLY
    expected = {
        "For: partner, operator.": calls(app) - elsewhere,
        "For anybody, without a key.": PUBLIC,
        "For: partner, operator, member.": FOR_ALL_WHO_ARE_KNOWN,
        "For: member.": members_calls(app),
        "For: operator.": OPERATORS_ONLY,
        "For: partner.": PARTNERS_ONLY,
    }
    assert said == {who: {(method, documented(rule)) for method, rule in rules} for who, rules in expected.items()}


def test_any_call__without_a_key__refused(app, stranger):
    assert len(calls(app)) >= 40
    for call in calls(app) - PUBLIC:
        assert refused(made(stranger, call), 401, "unauthenticated")


def test_operators_calls__with_a_partners_key__refused(app, cinema):
    assert calls(app) >= OPERATORS_ONLY
    for call in OPERATORS_ONLY:
        refused(made(cinema, call), 403, "forbidden")


def test_partners_calls__with_an_operators_key__refused(app, operator):
    for call in PARTNERS_ONLY:
        refused(made(operator, call), 403, "forbidden")


def test_members_calls__with_the_key_of_a_partner_or_an_operator__refused(app, cinema, operator, nothing_changes):
    assert len(members_calls(app)) >= 7
    with nothing_changes():
        for call in members_calls(app):
            refused(made(cinema, call), 403, "forbidden")
            refused(made(operator, call), 403, "forbidden")


def test_calls_of_partners_and_operators__in_a_members_session__refused(app, annas_session, nothing_changes):
    others = calls(app) - PUBLIC - FOR_ALL_WHO_ARE_KNOWN - members_calls(app)
    assert others >= OPERATORS_ONLY | PARTNERS_ONLY
    with nothing_changes():
        for call in others:
            refused(made(annas_session, call), 403, "forbidden")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {key}",
        "{key}",
        "Bearer {key}0",
        "Bearer ck_partner_x_y",
        "Bearer cs_x_y",
        "Bearer ключ",
    ],
)
def test_any_call__with_another_authorization__refused(app, cinema, authorization):
    header = authorization.format(key=cinema.key).encode().decode("latin-1")
    response = Caller(app, None).get("/v1/purchases", headers={"Authorization": header})
    refused(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="coalition"'


def test_any_call__with_a_partners_key_that_says_operator__refused(app, cinema):
    forged = cinema.key.replace("ck_partner_", "ck_operator_")
    refused(Caller(app, forged).get("/v1/partners"), 401, "unauthenticated")
