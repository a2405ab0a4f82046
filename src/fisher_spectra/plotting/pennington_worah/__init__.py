"""Figures of Pennington and Worah 2018, one module each."""
