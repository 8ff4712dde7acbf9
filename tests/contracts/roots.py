"""A deployed `RootLedger` as a test sees it."""

from eth_utils.crypto import keccak
from web3.types import TxReceipt

from coalition.ledger.artifacts import artifact
from tests.contracts.chain import Chain, Deployed
from tests.contracts.ledger import ROOT


class Roots(Deployed):
    def record(self, *entries: bytes, sequence: int | None = None, root: bytes = ROOT) -> TxReceipt:
        """Record a batch by its hash: the next one, if no sequence is given.

        :raises Refused: it is not taken.
        """
        sequence = self.read("nextSequence") if sequence is None else sequence
        packed = b"".join(entries)
        return self.call("record", sequence, root, keccak(packed), len(packed) // 32)


def opened(chain: Chain) -> Roots:
    """The ledger of roots as the coalition opens: one account for each role."""
    roles = [chain.address(role) for role in ("admin", "recorder", "pauser")]
    return Roots(chain, chain.deploy(artifact("RootLedger"), *roles))
