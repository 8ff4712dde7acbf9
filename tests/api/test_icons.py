"""GET /v1/icons/{name}.svg"""

import pytest

from gamification.icons import icon_svg
from tests.api.callers import refused


def test_get_icon__is_a_picture_that_caches_keep(stranger, coalition):
    response = stranger.get("/v1/icons/trophy.svg")
    assert response.content_type.partition(";")[0] == "image/svg+xml"
    assert response.text == icon_svg("trophy")
    assert response.headers["Cache-Control"] == "public, max-age=604800"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["no-such-icon", "Trophy", "..%2Flucide", "trophy.svg"])
def test_get_icon__none__refused(stranger, coalition, name):
    refused(stranger.get(f"/v1/icons/{name}.svg"), 404, "unknown_icon" if "%2F" not in name else "not_found")
