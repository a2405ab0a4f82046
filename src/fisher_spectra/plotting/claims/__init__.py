"""Figures of the claims of all papers and of their misprinted formulas."""
