"""Gradient descent with momentum over grids of learning rates and trials: Karakida, Akaho, Amari 2019, Section 4.2."""
