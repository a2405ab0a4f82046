"""Figures, each drawn from its table alone; nothing here computes a result."""
