"""One content, one form, one hash: anyone who has the document can compute it."""

from hashlib import sha256

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.documents import canonical_json, document_hash

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_canonical_json__any_document__is_what_rfc_8785_says(document):
    assert canonical_json(document) == rfc8785.dumps(document)


def test_canonical_json__control_characters__are_escaped_as_rfc_8785_says():
    text = "".join(map(chr, range(0x20))) + '"\\/\x7f\u2028é€'
    assert canonical_json({"text": text}) == rfc8785.dumps({"text": text})


def test_document_hash__of_one_content_in_two_orders__is_the_same():
    assert (
        document_hash({"a": 1, "b": [2]}) == document_hash({"b": [2], "a": 1}) == sha256(b'{"a":1,"b":[2]}').hexdigest()
    )


def test_document_hash__of_another_order_in_a_list__is_another():
    assert document_hash({"a": [1, 2]}) != document_hash({"a": [2, 1]})
