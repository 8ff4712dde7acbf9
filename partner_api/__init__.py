"""The HTTP API for partners, members and operators, version 1."""
