"""Measures the coalition beside the obvious way, in one run, so that ratios hold on any machine."""
