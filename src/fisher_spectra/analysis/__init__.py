"""The reader's own network in one call: measured curvature, theory, critical learning rate, and a picture of it.

A facade: what is measured is in `measurement`, what theory says in `finite_size`, the picture in `plotting.analysis`.
"""
