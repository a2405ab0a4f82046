"""The ledger of claims: what the papers state, how it is measured from the tables, and whether it holds.

`expressions` computes with the columns of a table, `ledger` reads and checks `claims/*.yaml`, `frames` gives the rows
that a claim reads, `measures` turns them into measured values with standard errors, `comparison` sets these against
what is claimed, `power` says how little of a change turns a verdict, `evaluation` gives all verdicts, and
`errata_document` is the text of `docs/errata.md`, sorted by `consequences`; `coverage` knows which claims judge each
item of the papers, and `coverage_document` is the text of `docs/coverage.md`.
"""
