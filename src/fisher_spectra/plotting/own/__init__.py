"""Figures of the reader's own networks."""
