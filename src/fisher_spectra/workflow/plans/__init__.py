"""The parts of each table, and what their jobs take: how the experiments of a paper are cut into jobs.

One module for each paper, over the sizes that `estimates` works out. Which rule makes a part is said in `rules/`.
"""
