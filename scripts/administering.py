"""How commands get at the contracts by hand, whatever has become of the recorder."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from coalition.config import IN_PROCESS_URL, Settings
from coalition.errors import CoalitionError
from coalition.ledger.administration import Administrator
from coalition.ledger.chains import Chain, open_chain
from coalition.ledger.keys import Keyring
from scripts.composition import CLOCK, recording
from scripts.output import people


@contextmanager
def administering(settings: Settings, keyring: Keyring) -> Iterator[Administrator]:
    """On the chain as it is, whatever has become of the recorder; a chain of our own first gets back what it lost."""
    with ExitStack() as stack:
        if settings.chain_is_ours:
            chain = _restored_chain(settings, stack)
        else:
            chain = stack.enter_context(open_chain(settings))
        yield Administrator(chain, keyring, CLOCK, lambda words: people.print(words, style="dim"))


def _restored_chain(settings: Settings, stack: ExitStack) -> Chain:
    try:
        return stack.enter_context(recording(settings)).chain
    except CoalitionError:
        chain = stack.enter_context(open_chain(settings))
        # One inside this process has nothing but what a recorder gives it.
        if chain.node.url == IN_PROCESS_URL:
            raise
        return chain
