"""``python -m fisher_spectra``: the command ``fisher-spectra``."""

from fisher_spectra.cli.main import main

if __name__ == "__main__":
    main()
