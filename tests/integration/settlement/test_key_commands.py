"""``coalition settle replace-key``: another key signs for a partner, on the contract and here."""

import pytest
from eth_account import Account

from coalition.ledger.settlement.typed_data import Domain, KeyReplacement, sign
from coalition.services.parties import parties
from coalition.services.signatures import domain
from tests.integration.ledger.conftest import needs_anvil
from tests.integration.settlement import test_settle_commands as months_end

pytestmark = needs_anvil

database_url, run, march, closed = (
    months_end.database_url,
    months_end.run,
    months_end.march,
    months_end.closed,
)
OLD, NEW, NEWEST = (Account.from_key("0x" + digit * 64) for digit in "567")


@pytest.fixture
def anchored(run, closed):
    """March is on the contract, which knows the café's key."""
    assert run("party", "signer", "cafe", OLD.address).status == 0
    assert run("settle", "anchor").status == 0


def signer(coalition) -> str | None:
    return parties()[coalition.cafe.number].signer


def test_signer__given_anew__refused_and_replaced_by_the_admin(run, anchored, coalition):
    said = run("party", "signer", "cafe", NEW.address)
    assert (said.status, "replace-key" in said.err, signer(coalition)) == (2, True, OLD.address)
    assert run("settle", "replace-key", "cafe", NEW.address).status == 0
    assert signer(coalition) == NEW.address
    assert run("settle", "anchor", "--json").document == []
    # Again it stays so.
    assert run("settle", "replace-key", "cafe", NEW.address).status == 0


def test_replace_key__signed_by_the_one_until_now__is_taken_and_another_refused(run, anchored, coalition):
    shown = run("settle", "replace-key", "cafe", NEW.address, "--to-sign").document
    where = domain()
    assert where
    assert (shown["primaryType"], shown["message"]["number"]) == ("KeyReplacement", 1)
    words = KeyReplacement(coalition.cafe.number, NEW.address, 1)
    for made in (sign(where, words, NEW), sign(Domain(1, where.contract), words, OLD), b""):
        said = run("settle", "replace-key", "cafe", NEW.address, "--signature", "0x" + made.hex())
        assert (said.status, "transaction_refused" in said.err, signer(coalition)) == (2, True, OLD.address)
    signature = bytes(OLD.sign_typed_data(full_message=shown).signature).hex()
    assert run("settle", "replace-key", "cafe", NEW.address, "--signature", signature).status == 0
    assert (signer(coalition), run("settle", "anchor", "--json").document) == (NEW.address, [])


def test_replace_key__that_is_none__refused(run, anchored, coalition):
    for address in ("0x" + "0" * 40, "0x12", NEW.address.swapcase().replace("X", "x")):
        said = run("settle", "replace-key", "cafe", address)
        assert (said.status, "invalid_partner" in said.err) == (2, True)
    assert run("settle", "replace-key", "cafe", NEW.address, "--signature", "no").status == 2
    assert "no_signing_key" in run("settle", "replace-key", "cinema", NEW.address, "--to-sign").err
    assert signer(coalition) == OLD.address


def test_replace_key__before_the_contract_knows_one__is_the_first(run, closed, coalition):
    assert run("settle", "replace-key", "cafe", NEW.address, "--json").document["signer"] == NEW.address
    assert run("settle", "anchor", "--json").document == []
    shown = run("settle", "replace-key", "cafe", NEWEST.address, "--to-sign").document
    assert shown["message"]["number"] == 1
