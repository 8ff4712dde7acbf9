"""Documents that are hashed: one form for one content, so that anyone who has the content can compute the hash."""

from hashlib import sha256
from typing import Any

import orjson


def canonical_json(document: Any) -> bytes:
    """The JSON Canonicalization Scheme (RFC 8785) of text, booleans, integers within ±2⁵³, lists and objects.

    Keys lie in Unicode's Basic Multilingual Plane, as all field names do: beyond it, the order of keys would differ.
    """
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def document_hash(document: Any) -> str:
    """SHA-256 over the canonical form, in hexadecimal."""
    return sha256(canonical_json(document)).hexdigest()
