"""Operators' commands, each a module with a click command; ``main`` names them all."""
