"""Validate a crate with the public validator (roc-validator), in the environment of `make validate-crate`.

What is REQUIRED has to pass in every profile. Of what is RECOMMENDED each kind of finding is printed with its number.
The context of RO-Crates is fetched from its address, or, without internet, taken from the package `rocrate`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

PROFILES = ("ro-crate-1.1", "workflow-ro-crate-1.0", "workflow-run-crate-0.5")
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
FEWEST = 10  # so many RECOMMENDED findings, of all profiles, are too many


@contextmanager
def packaged_context() -> Iterator[None]:
    """Let the validator take the context of RO-Crates from the package `rocrate` where no host can be reached."""
    found = importlib.util.find_spec("rocrate")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("rocrate: not installed; `make validate-crate` makes the environment")
    packaged = (Path(found.origin).parent / "data" / "ro-crate.jsonld").read_bytes()
    if json.loads(packaged)["@id"] != CONTEXT:
        raise ValueError(f"rocrate: brings another context than {CONTEXT}")
    send = HTTPAdapter.send

    def sent_or_packaged(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        try:
            return send(self, request, *args, **options)
        except requests.ConnectionError:
            if request.url != CONTEXT:
                raise
            headers = {"Content-Type": "application/ld+json"}
            answer = HTTPResponse(BytesIO(packaged), headers, status=200, preload_content=False)
            return self.build_response(request, answer)

    with patch.object(HTTPAdapter, "send", sent_or_packaged):
        yield


def findings(crate: Path, profile: str) -> list[str]:
    """What a profile finds in a crate, REQUIRED and RECOMMENDED: ``SEVERITY check: message``."""
    from rocrate_validator import models, services  # of an environment of its own, while --help is for all

    severity = models.Severity.RECOMMENDED
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=str(crate),
            profile_identifier=profile,
            requirement_severity=severity,
            skip_availability_check=True,
        )
    )
    return [f"{one.severity.name} {one.check.identifier}: {one.message}" for one in result.get_issues(severity)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crate", type=Path)
    crate = parser.parse_args(argv).crate
    if not crate.is_file():
        print(f"error: {crate}: there is none; `make crate` packs one", file=sys.stderr)
        return 1
    found: Counter[str] = Counter()
    with packaged_context():
        for profile in PROFILES:
            of_profile = findings(crate, profile)
            required = sum(one.startswith("REQUIRED") for one in of_profile)
            print(f"{profile}: {required} REQUIRED, {len(of_profile) - required} RECOMMENDED findings")
            found.update(of_profile)
    for text, number in found.most_common():
        print(f"{number:5}  {' '.join(text.split())}")
    return int(any(one.startswith("REQUIRED") for one in found) or found.total() >= FEWEST)


if __name__ == "__main__":
    sys.exit(main())
