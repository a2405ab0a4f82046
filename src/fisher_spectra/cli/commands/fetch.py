"""``fisher-spectra fetch``: `datasets.fetching.fetch_dataset` of the library."""

from __future__ import annotations

from importlib.util import find_spec

import click

from fisher_spectra.cli.options import DataSet


@click.command(short_help="Download a data set and verify it.")
@click.argument("name", type=DataSet())
@click.option("--output", type=click.Path(dir_okay=False), help="results/data/NAME.npz, where --data finds it.")
@click.option("--mirror", help="Folder with its files, in place of a download; the variable DATA_MIRROR names it, too.")
def command(name: str, output: str | None, mirror: str | None) -> None:
    """Download a data set to where --data NAME finds it, and verify it by its published checksums.

    \b
    fisher-spectra fetch mnist
    """
    # what downloads is imported even where a mirror makes it unnecessary
    if find_spec("requests") is None:
        raise ImportError("fisher-spectra fetch needs requests: pip install 'fisher-spectra[data]'", name="requests")
    from fisher_spectra.datasets.fetching import fetch_dataset
    from fisher_spectra.datasets.finding import Origins
    from fisher_spectra.datasets.named import FOLDER

    found = fetch_dataset(name, output or FOLDER / f"{name}.npz", Origins(mirror or ""))
    click.echo(f"wrote {found.path}: {name}, {found.variant}")
