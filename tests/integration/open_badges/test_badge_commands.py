"""``coalition verify-badge`` and ``coalition rotate-badge-key``: what they say, and how they exit"""

import json
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import pytest
from click.testing import CliRunner

import scripts.verify_badge
from coalition.clock import SystemClock
from coalition.services.members import member_number
from coalition.services.profiles import change_profile
from coalition.store.database import connect, disconnect
from gamification.badge_keys import BadgeKeys
from gamification.grants import GrantState
from gamification.open_badges import OpenBadges
from scripts.main import main
from tests.integration.gamification.grants_made import DOORS, grant, publish_version, set_state

BASE = "http://127.0.0.1:9"
"""Where nobody answers."""


@pytest.fixture
def badges(tmp_path):
    return OpenBadges(BadgeKeys(BASE, tmp_path / "keys" / "open-badges"))


@pytest.fixture
def files(badges, coalition, clock, tmp_path):
    """Anna's badge, the issuer's keys and the list of revocations, as they were downloaded."""
    change_profile(member_number(coalition.anna.id), {"email": "anna@example.com"}, now=clock.now())
    won = grant(coalition, publish_version(DOORS, now=clock.now()), DOORS, now=clock.now())
    badge = badges.credential(coalition.anna.id, won.id, "en", with_email=True, now=clock.now())

    def download():
        (tmp_path / "badge.jwt").write_text(badge + "\n")
        (tmp_path / "jwks.json").write_text(json.dumps(badges.key_set()))
        (tmp_path / "revocations.json").write_text(json.dumps(badges.revocations()))
        return [str(tmp_path / name) for name in ("badge.jwt", "jwks.json", "revocations.json")]

    download.won = won
    return download


@pytest.fixture(autouse=True)
def today(clock, monkeypatch):
    class Today:
        now = staticmethod(lambda zone: clock.now())
        fromisoformat = staticmethod(scripts.verify_badge.datetime.fromisoformat)

    monkeypatch.setattr(scripts.verify_badge, "datetime", Today)


def run(*words, **options):
    result = CliRunner().invoke(main, list(words), **options)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_verify_badge__that_stands__says_who_awarded_what_and_exits_0(files):
    badge, jwks, revocations = files()
    result = run("verify-badge", badge, "--jwks", jwks, "--revocations", revocations, "--email", "anna@example.com")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        f"Coalition ({BASE}/v1/open-badges/issuer) awarded “Three doors” on 2026-03-02T09:00:00Z."
        " It is not revoked. It is of anna@example.com.\n"
    )


def test_verify_badge__as_json__has_the_credential(files):
    badge, jwks, revocations = files()
    result = run("verify-badge", badge, "--jwks", jwks, "--revocations", revocations, "--json")
    document = json.loads(result.stdout)
    assert document["valid"] is True
    assert document["credential"]["name"] == "Three doors"


def test_verify_badge__revoked__exits_1(files):
    set_state(files.won.id, GrantState.REVOKED)
    badge, jwks, revocations = files()
    result = run("verify-badge", badge, "--jwks", jwks, "--revocations", revocations)
    assert (result.exit_code, result.stdout) == (1, "It was revoked.\n")


def test_verify_badge__of_somebody_else__exits_1(files):
    badge, jwks, _ = files()
    result = run("verify-badge", badge, "--jwks", jwks, "--offline", "--email", "bob@example.com")
    assert (result.exit_code, result.stdout) == (1, "It does not say that it is of bob@example.com.\n")


def test_verify_badge__signed_by_others__exits_1(files, tmp_path, clock, store):
    badge, _, _ = files()
    stranger = BadgeKeys(BASE, tmp_path / "stranger")
    thumbprint = stranger.rotate(now=clock.now())
    jwks = tmp_path / "other.json"
    jwks.write_text(json.dumps({"keys": [stranger.public_key(thumbprint)]}))
    result = run("verify-badge", badge, "--jwks", str(jwks), "--offline")
    assert result.exit_code == 1
    assert result.stdout.startswith("None of these keys has signed it: it names another one. No key for kid: ")


def test_verify_badge__that_is_none__says_why_and_exits_1(files, tmp_path):
    badge, jwks, _ = files()
    head, body, signature = Path(badge).read_text().strip().split(".")
    other = encoded(decoded(body) | {"name": "Nine doors"})
    forged = "Its signature is wrong: it was changed, or the key is not the one it names.\n"
    for token, reason in (
        (f"{head}.{other}.{signature}", forged),
        ("hello", "It is no compact JWS, which a badge is: Invalid JSON Web Signature.\n"),
        (
            f"{encoded(decoded(head) | {'alg': 'none'})}.{body}.",
            "It is signed in another way than badges are: Algorithm of 'none' is not allowed.\n",
        ),
    ):
        result = run("verify-badge", "-", "--jwks", jwks, "--offline", input=token)
        assert (result.exit_code, result.stdout) == (1, reason)


@pytest.mark.parametrize("content", ["{}", "[]", '"key"', '{"keys": 5}'])
def test_verify_badge__by_keys_that_are_none__says_so_and_exits_1(files, tmp_path, content):
    badge, *_ = files()
    jwks = tmp_path / "none.json"
    jwks.write_text(content)
    result = run("verify-badge", badge, "--jwks", str(jwks), "--offline")
    reason = "None of these keys has signed it: they are no list of public keys (JWKS).\n"
    assert (result.exit_code, result.stdout) == (1, reason)


def decoded(part):
    return json.loads(urlsafe_b64decode(part + "=="))


def encoded(document):
    return urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def test_verify_badge__list_out_of_reach__exits_2_unless_offline(files, tmp_path):
    badge, jwks, _ = files()
    assert run("verify-badge", badge, "--jwks", jwks).exit_code == 2
    assert run("verify-badge", badge, "--jwks", jwks, "--revocations", str(tmp_path / "none")).exit_code == 2
    assert run("verify-badge", badge, "--jwks", str(tmp_path / "none")).exit_code == 2
    result = run("verify-badge", badge, "--jwks", jwks, "--offline")
    assert result.exit_code == 0
    assert "Whether it was revoked was not asked." in result.stdout


def test_verify_badge__list_of_another_issuer__exits_2(files, tmp_path):
    badge, jwks, _ = files()
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"issuer": "https://other.example", "revokedCredential": []}))
    assert run("verify-badge", badge, "--jwks", jwks, "--revocations", str(other)).exit_code == 2


def test_verify_badge__by_itself__needs_neither_database_nor_the_rest_of_us(tmp_path):
    path = Path(scripts.verify_badge.__file__)
    (tmp_path / "badge.jwt").write_text("a.b.c")
    (tmp_path / "jwks.json").write_text('{"keys": []}')
    done = subprocess.run(
        [sys.executable, "-c", _ALONE.format(path=path), "badge.jwt", "--jwks", "jwks.json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("None of these keys has signed it")


_ALONE = """
import runpy, sys
sys.modules["coalition"] = sys.modules["gamification"] = None
runpy.run_path("{path}", run_name="__main__")
"""


def test_rotate_badge_key__what_was_signed_before__stays_valid(
    files, badges, database_url, tmp_path, clock, monkeypatch
):
    badge, *_ = files()
    later = clock.now().replace(day=3)
    monkeypatch.setattr(SystemClock, "now", lambda self: later)
    disconnect()
    environment = {
        "COALITION_DATA_DIR": str(tmp_path),
        "COALITION_DATABASE_URL": database_url,
        "COALITION_PUBLIC_URL": BASE,
    }
    result = run("rotate-badge-key", "--json", env=environment)
    assert result.exit_code == 0, result.output

    # The command has opened the database itself, as in a process of its own.
    disconnect()
    connect(database_url)
    first, second = (key["kid"] for key in badges.key_set()["keys"])
    assert json.loads(result.stdout) == {"key": second} != {"key": first}
    _, jwks, revocations = files()
    assert run("verify-badge", badge, "--jwks", jwks, "--revocations", revocations).exit_code == 0
