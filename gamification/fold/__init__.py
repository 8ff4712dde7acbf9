"""Folding: what a member's events come to. Pure: the same events and the same rules always give the same."""
