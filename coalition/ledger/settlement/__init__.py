"""What partners settle by, on the chain: ``Settlement.sol``, what partners sign for it, and bringing periods there."""
