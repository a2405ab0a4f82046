"""`make test-storage`: the smoke scale in an object store instead of a folder, with a local server that speaks S3."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from workflow_copies import ROOT, copy_repository, run

from fisher_spectra.checks.regeneration import compare_folders, read_tolerances

if any(importlib.util.find_spec(name) is None for name in ("moto", "snakemake_storage_plugin_s3")):
    pytest.skip("needs moto and Snakemake's plugin for S3: `make test-storage`", allow_module_level=True)

REFERENCES = {file.stem: file for file in (ROOT / "references" / "smoke").glob("*.csv") if file.stem != "claims"}
BUCKET, PREFIX = "fisher", "run"


@pytest.fixture(scope="module")
def store():
    """Address of a server, and a client of its bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
    client.create_bucket(Bucket=BUCKET)
    yield address, client
    server.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("store") / "repository"
    copy_repository(place)
    return place


def snakemake(folder, address, *options):
    provider = ["--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}/{PREFIX}"]
    endpoint = ["--storage-s3-endpoint-url", address, "--storage-s3-access-key", "x", "--storage-s3-secret-key", "y"]
    command = [sys.executable, "-m", "snakemake", "--cores", "all", *provider, *endpoint, *options]
    answer = run([*command, "--config", "scale=smoke"], folder, warm=False)
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    return answer.stdout + answer.stderr


def test_results_lie_in_the_store_are_those_of_a_folder_and_are_not_made_twice(store, folder, tmp_path):
    address, client = store
    snakemake(folder, address)
    stored = {entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
    results = f"{PREFIX}/results/smoke"
    for name in REFERENCES:
        suffixes = ("png", "pdf", "json")
        assert {f"{results}/figures/{name}.{suffix}" for suffix in suffixes} <= stored
        assert {f"{results}/tables/{name}.csv", f"{results}/tables/{name}.json"} <= stored
    assert f"{PREFIX}/results/data/digits.npz" in stored
    assert not [key for key in stored if "/code/" in key]  # written where the workflow is read
    assert not (folder / "results" / "smoke").exists()
    found = {name: tmp_path / f"{name}.csv" for name in REFERENCES}
    for name, file in found.items():
        client.download_file(BUCKET, f"{results}/tables/{name}.csv", str(file))
    assert compare_folders(found, REFERENCES, read_tolerances(ROOT / "references")) == []
    assert "Nothing to be done" in snakemake(folder, address, "--dry-run")
