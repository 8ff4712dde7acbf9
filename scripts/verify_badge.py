"""``coalition verify-badge``: check a badge that somebody shows, without a database and without trust in whoever does.

It also runs by itself: ``python scripts/verify_badge.py FILE --jwks URL``.
"""

import json
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from joserfc import jws
from joserfc.errors import BadSignatureError, DecodeError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

_ALGORITHM = "RS256"
_LONGEST = 10 * 1024 * 1024
_TIMEOUT_S = 10
_HTTP = ("http://", "https://")
_CONTEXTS = ("https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context")


class InvalidBadge(Exception):
    """The badge does not hold; the text says why."""


class Unreachable(Exception):
    """What the check needs could not be had."""


@click.command(name="verify-badge")
@click.argument("badge", type=click.File("rb"))
@click.option("--jwks", required=True, help="URL or file of the issuer's public keys: …/.well-known/jwks.json.")
@click.option("--revocations", help="URL or file of the list of revoked badges; without it, the one that BADGE names.")
@click.option("--offline", is_flag=True, help="Do not ask whether BADGE was revoked.")
@click.option("--email", help="Check, too, that BADGE is of whoever has this address.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify_badge(
    badge: BinaryIO, jwks: str, revocations: str | None, offline: bool, email: str | None, as_json: bool
) -> None:
    """Check the signature, the form and the state of BADGE (a file that holds a compact JWS, or - for standard input).

    The keys decide who the issuer is: take them from the issuer, not from whoever shows the badge.

    Exit status 0: it holds. 1: it does not. 2: the keys or the list of revocations could not be had.
    """
    try:
        credential = verify(badge.read().decode("ascii", "replace").strip(), _fetch(jwks), datetime.now(UTC))
        if email is not None:
            _check_identity(credential, email)
        if not offline:
            _check_revocation(credential, revocations)
    except InvalidBadge as error:
        _end(1, as_json, str(error))
    except Unreachable as error:
        _end(2, as_json, str(error))
    issuer, achievement = credential["issuer"], credential["credentialSubject"]["achievement"]
    whose = f" It is of {email}." if email else ""
    state = " Whether it was revoked was not asked." if offline else " It is not revoked."
    words = f"{issuer['name']} ({issuer['id']}) awarded “{achievement['name']}” on {credential['validFrom']}."
    _end(0, as_json, words + state + whose, credential)


def verify(token: str, keys: Any, now: datetime) -> dict[str, Any]:
    """The credential in the JWS, as Open Badges 3.0 has it checked in sections 8.2.6 and 8.2.6.1.

    :raises InvalidBadge: one of these checks fails.
    """
    payload = _signed(token, keys)
    types = payload.get("type", [])
    if not {"VerifiableCredential", "OpenBadgeCredential"} <= set(types if isinstance(types, list) else [types]):
        raise InvalidBadge(f"It is no OpenBadgeCredential: {types}")
    context = payload.get("@context", [])
    if not (isinstance(context, list) and len(context) >= 2 and all(map(_begins, context, _CONTEXTS))):
        raise InvalidBadge("It has not the contexts of Open Badges 3.0.")
    for claim, path in (("iss", ("issuer", "id")), ("sub", ("credentialSubject", "id")), ("jti", ("id",))):
        if payload.get(claim) is None or payload[claim] != _at(payload, path):
            raise InvalidBadge(f"Its {claim} is not its {'.'.join(path)}.")
    begins = _instant(payload.get("validFrom"), "validFrom")
    if payload.get("nbf") != int(begins.timestamp()):
        raise InvalidBadge("Its nbf is not its validFrom.")
    if begins > now:
        raise InvalidBadge(f"It holds from {payload['validFrom']} on, not yet.")
    if "validUntil" in payload and _instant(payload["validUntil"], "validUntil") <= now:
        raise InvalidBadge(f"It held until {payload['validUntil']}.")
    if _at(payload, ("credentialSubject", "achievement", "name")) is None or _at(payload, ("issuer", "name")) is None:
        raise InvalidBadge("It says neither what was achieved nor who says so.")
    return payload


def _signed(token: str, keys: Any) -> dict[str, Any]:
    known = _key_set(keys)
    try:
        found = jws.deserialize_compact(token, known, algorithms=[_ALGORITHM])
        payload = json.loads(found.payload)
    except BadSignatureError as error:
        raise InvalidBadge("Its signature is wrong: it was changed, or the key is not the one it names.") from error
    except InvalidKeyIdError as error:
        raise InvalidBadge(f"None of these keys has signed it: it names another one. {error.description}.") from error
    except DecodeError as error:
        raise InvalidBadge(f"It is no compact JWS, which a badge is: {error.description}.") from error
    except JoseError as error:
        raise InvalidBadge(f"It is signed in another way than badges are: {error.description}.") from error
    except ValueError as error:
        raise InvalidBadge("What was signed is no JSON.") from error
    if not isinstance(payload, dict):
        raise InvalidBadge("What was signed is no credential.")
    return payload


def _key_set(keys: Any) -> KeySet:
    try:
        return KeySet.import_key_set(keys)
    except JoseError as error:
        raise InvalidBadge("None of these keys has signed it: none of them can be used.") from error
    # What is not in the form of a list of keys has no error of the library.
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidBadge("None of these keys has signed it: they are no list of public keys (JWKS).") from error


def _check_identity(credential: dict[str, Any], email: str) -> None:
    for identity in credential["credentialSubject"].get("identifier", []):
        salted = f"{email.strip().lower()}{identity.get('salt', '')}"
        if identity.get("identityHash") == f"sha256${sha256(salted.encode()).hexdigest()}":
            return
    raise InvalidBadge(f"It does not say that it is of {email}.")


def _check_revocation(credential: dict[str, Any], given: str | None) -> None:
    named = _at(credential, ("credentialStatus", "id"))
    if given is None and named is None:
        return
    if given is None and not str(named).startswith(_HTTP):
        raise Unreachable(f"The badge names no address of a list of revocations: {named}")
    where = given or str(named)
    listed = _fetch(where)
    if not isinstance(listed, dict):
        raise Unreachable(f"{where} is no list of revocations.")
    if listed.get("issuer") != credential["issuer"]["id"]:
        raise Unreachable(f"{where} is the list of another issuer.")
    for each in listed.get("revokedCredential", []):
        if each.get("id") == credential["id"] and each.get("revoked", True):
            raise InvalidBadge("It was revoked.")


def _fetch(where: str) -> Any:
    try:
        if where.startswith(_HTTP):
            with urllib.request.urlopen(where, timeout=_TIMEOUT_S) as response:
                return json.loads(response.read(_LONGEST))
        return json.loads(Path(where).read_bytes())
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise Unreachable(f"{where} cannot be read: {error}") from error


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _begins(text: Any, beginning: str) -> bool:
    return isinstance(text, str) and text.startswith(beginning)


def _instant(text: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError) as error:
        raise InvalidBadge(f"Its {name} is no time: {text}") from error


def _end(status: int, as_json: bool, message: str, credential: dict[str, Any] | None = None) -> NoReturn:
    document = {"valid": status == 0, "message": message} | ({"credential": credential} if credential else {})
    print(json.dumps(document, ensure_ascii=False) if as_json else message)
    sys.exit(status)


if __name__ == "__main__":
    verify_badge()
