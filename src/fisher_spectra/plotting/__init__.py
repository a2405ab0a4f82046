"""Figures, each drawn from its table alone; nothing here computes a result.

A module that draws a figure has `COLUMNS`, the columns of the table that it needs, and ``plot(frame)``, which gives the
figure. What several figures have in common is in modules of its own.
"""
