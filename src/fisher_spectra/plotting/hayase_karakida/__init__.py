"""Figures of Hayase, Karakida 2020 and 2021, one module each."""
