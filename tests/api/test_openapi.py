"""GET /openapi.json, GET /docs"""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator


def test_get_openapi__is_valid_3_1(stranger):
    document = stranger.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_get_openapi__has_every_call_of_the_application(app, stranger):
    document = stranger.get("/openapi.json").get_json()
    declared = {
        (path, method.upper()) for path, item in document["paths"].items() for method in item.keys() - {"parameters"}
    }
    served = {
        (re.sub(r"<(?:number:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/v1/", "/.well-known/"))
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert declared == served


POSTS_WITHOUT_IDEMPOTENCY_KEY = {"/v1/auth/codes", "/v1/auth/sessions", "/v1/quotes"}
ALL_WHO_ARE_KNOWN = {"/v1/leaderboards", "/v1/leaderboards/{leaderboard_id}"}
PUBLIC = re.compile(
    "post /v1/auth/(codes|sessions)|get (/v1/(badges|event-schemas|icons|open-badges|draws)(/.*)?|/[.]well-known/.*)"
)


def ways_in(path, method):
    """As what one may call it: nobody in particular, with a key, in a member's session."""
    if PUBLIC.fullmatch(f"{method} {path}"):
        return []
    if path in ALL_WHO_ARE_KNOWN:
        return [{"key": []}, {"session": []}]
    return [{"session": []}] if re.match("/v1/(me|auth/sessions/current)(/|$)", path) else [{"key": []}]


def test_get_openapi__each_call__needs_a_key_unless_public_and_each_that_changes_something_an_idempotency_key(stranger):
    for path, item in stranger.get("/openapi.json").get_json()["paths"].items():
        for method in item.keys() - {"parameters"}:
            call = item[method]
            assert call["security"] == ways_in(path, method), path
            assert call["summary"]
            assert call["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
            headers = [each["name"] for each in call.get("parameters", []) if each["in"] == "header"]
            assert headers == (
                ["Idempotency-Key"] if method == "post" and path not in POSTS_WITHOUT_IDEMPOTENCY_KEY else []
            )


def test_get_docs__and_all_they_load__come_from_us(stranger):
    page = stranger.get("/docs", follow_redirects=True)
    assert page.status_code == 200
    assert not re.search(r"https?:|//\w", page.text.replace("// User config", ""))
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 4
    for address in [*loaded, "/openapi.json"]:
        with stranger.get(address) as loading:
            assert loading.status_code == 200, address
