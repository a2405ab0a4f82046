"""The command ``fisher-spectra``: options and words on top of what the library offers under the same names.

`main` has the command and its errors, `commands` what each subcommand does. Nothing is computed here. What takes long
to import is imported when a subcommand runs, so that ``--help`` answers at once.
"""
