"""Figures of the reader's own networks, each drawn from its table."""
