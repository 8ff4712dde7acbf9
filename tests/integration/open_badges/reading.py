"""What a badge says."""

import json
from typing import Any

from joserfc import jws
from joserfc.jwk import KeySet

from gamification.open_badges import OpenBadges

BASE = "https://coalition.example"


def read(token: str, badges: OpenBadges) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the payload of what one of the issuer's keys has signed."""
    found = jws.deserialize_compact(token, KeySet.import_key_set(badges.key_set()), algorithms=["RS256"])
    return found.headers(), json.loads(found.payload)
