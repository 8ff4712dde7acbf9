"""Operators' commands, each a module with a click command; ``scripts.main`` names them all."""
