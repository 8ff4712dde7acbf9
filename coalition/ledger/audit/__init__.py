"""Checking the ledger from outside: reads the chain, and nothing that could read a database of ours."""
