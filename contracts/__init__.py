"""The shared token ledger: Solidity sources, and what they compile to, so that running needs no compiler."""
