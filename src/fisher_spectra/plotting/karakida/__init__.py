"""Figures of Karakida, Akaho, Amari 2019, one module each."""
