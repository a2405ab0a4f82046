"""One module for each subject: `prepare(candidate, settings)` gives the call that is timed.

A candidate that needs a package which is not there ends in the ModuleNotFoundError of its import: it is left out by
name.
"""
