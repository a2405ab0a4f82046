"""Print what each rule of the workflow declares, as JSON: run as a script inside a copy of the repository.

The configuration may be given, as JSON; without it is that of smoke scale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings


def describe(rule):
    """The declarations of a rule as plain data."""
    flags = [getattr(output, "flags", {}).get("report") for output in rule.output]
    code = [file for name, file in rule.input.items() if name == "code"]
    records = [str(file) for file in code if not callable(file)]
    return {
        "name": rule.name,
        "is_target": rule.norun,
        "is_local": rule.name in rule.workflow._localrules,
        "message": rule.message,
        "logs": [str(file) for file in rule.log],
        "benchmark": str(rule.benchmark) if rule.benchmark else None,
        "resources": sorted(str(name) for name in rule.resources),
        "code": records,
        "code_follows_from_wildcards": any(map(callable, code)),
        "script": dict(rule.params.items()).get("script"),
        "module": dict(rule.params.items()).get("plot"),
        "parameters": {name: type(value).__name__ for name, value in rule.params.items()},
        "threads": rule.resources["_cores"].value,
        "outputs": [str(file) for file in rule.output],
        "shell": rule.shellcmd,
        "reports": [
            {
                "file": str(output),
                "caption": str(flag.caption) if flag.caption else None,
                "category": flag.category,
                "labels": flag.labels,
            }
            for output, flag in zip(rule.output, flags, strict=True)
            if flag
        ],
    }


def main():
    with SnakemakeApi(OutputSettings(dryrun=True)) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(config=json.loads(sys.argv[1]) if sys.argv[1:] else {"scale": "smoke"}),
            snakefile=Path("Snakefile"),
        )._workflow
        rules = list(workflow.rules)
        print(json.dumps([describe(rule) for rule in rules]))


if __name__ == "__main__":
    sys.exit(main())
