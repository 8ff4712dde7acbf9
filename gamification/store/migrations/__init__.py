"""Migrations, applied in order of their numbers; each keeps the tables as they were then."""
