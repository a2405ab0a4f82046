"""A real Slurm on this machine for tests: `python tests/cluster/one_machine.py install|start|status|stop`.

Debian's packages, as root and without systemd: munge, one controller, three node daemons. `cpu1` and `cpu2` make the
partition `main`; `gpu1`, with four pretended GPUs, the partition `gpu`. No accounting, as on many small clusters. A job
over its memory is killed within seconds. All files lie in one folder, but for links in /etc/slurm: Snakemake's job step
removes SLURM_CONF from its environment, so the configuration must be where Slurm looks without being told.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "squeue", "sbatch", "munged")
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
NODES = {"cpu1": 27101, "cpu2": 27102, "gpu1": 27103}  # with the port of each daemon
GPUS = 4
CONTROLLER_PORT = 27100
FOLDER = Path(tempfile.gettempdir()) / "fisher-spectra-slurm"  # short: the path of a socket may have 108 bytes
LINKED = ("slurm.conf", "gres.conf", "cgroup.conf")
ETC = Path("/etc/slurm")
NULL_DEVICE = os.makedev(1, 3)


def obstacle() -> str | None:
    """Why Slurm cannot be installed here, in one line, if so."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Slurm of one's own needs Linux and root"
    if missing() and shutil.which("apt-get") is None:
        return f"{', '.join(missing())} not found, and no apt-get to install it with"
    foreign = ETC / "slurm.conf"
    if foreign.exists() and not (foreign.is_symlink() and foreign.readlink().is_relative_to(FOLDER)):
        return f"{foreign} belongs to another Slurm"
    return None


def missing() -> list[str]:
    """Programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]


def install() -> None:
    """Install Debian's packages where a program is missing; RuntimeError if that fails."""
    if not missing():
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    get = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    # no daemon of the packages' own: `start` runs them with another configuration
    for command in ([*get, "update"], [*get, "install", "--no-install-recommends", *PACKAGES]):
        answer = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise RuntimeError(f"{' '.join(command)}: {answer.stderr.strip().splitlines()[-1:]}")


def configuration(host: str, cpus: int, memory: int) -> dict[str, str]:
    """Content of each configuration file."""
    settings = {
        "ClusterName": "tests",
        "SlurmctldHost": f"{host}(127.0.0.1)",
        "SlurmctldPort": CONTROLLER_PORT,
        "SlurmUser": "root",
        "SlurmdUser": "root",
        "AuthType": "auth/munge",
        "CredType": "cred/munge",
        "AuthInfo": f"socket={FOLDER}/munge.socket",
        "StateSaveLocation": f"{FOLDER}/state",
        "SlurmdSpoolDir": f"{FOLDER}/spool/%n",
        "SlurmctldPidFile": f"{FOLDER}/slurmctld.pid",
        "SlurmdPidFile": f"{FOLDER}/slurmd.%n.pid",
        "SlurmctldLogFile": f"{FOLDER}/slurmctld.log",
        "SlurmdLogFile": f"{FOLDER}/slurmd.%n.log",
        # plain processes instead of control groups, which need systemd
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "MpiDefault": "none",
        # memory is watched every two seconds, and a job above its limit is killed
        "JobAcctGatherType": "jobacct_gather/linux",
        "JobAcctGatherFrequency": "task=2",
        "JobAcctGatherParams": "OverMemoryKill",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_CPU_Memory",
        "SlurmdParameters": "config_overrides",  # nodes have the sizes written here, not the machine's
        "EnforcePartLimits": "ALL",  # what no node can run is refused when it is submitted
        "DefMemPerCPU": 500,
        "AccountingStorageType": "accounting_storage/none",
        "GresTypes": "gpu",
        # a lost node is noticed in seconds, and comes back when its daemon does
        "SlurmdTimeout": 15,
        "ReturnToService": 2,
        "KillWait": 5,
        "MinJobAge": 300,
    }
    size = f"CPUs={cpus} RealMemory={memory} State=UNKNOWN"
    lines = [f"{name}={value}" for name, value in settings.items()]
    for node, port in NODES.items():
        gpus = f"Gres=gpu:pretended:{GPUS} " if node.startswith("gpu") else ""
        lines.append(f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} {gpus}{size}")
    lines.append("PartitionName=main Nodes=cpu1,cpu2 Default=YES MaxTime=1440 State=UP")
    lines.append("PartitionName=gpu Nodes=gpu1 MaxTime=1440 State=UP")
    return {
        "slurm.conf": "\n".join(lines) + "\n",
        "gres.conf": f"AutoDetect=off\nNodeName=gpu1 Name=gpu Type=pretended File={FOLDER}/gpu[0-{GPUS - 1}]\n",
        "cgroup.conf": "ConstrainCores=no\nConstrainDevices=no\nConstrainRAMSpace=no\n",
    }


def prepare(cpus: int = 4, memory: int = 16000) -> None:
    """Folders, key, pretended GPUs and configuration; links from where Slurm looks."""
    for name in ("state", "spool", "munge"):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    (FOLDER / "munge").chmod(0o700)
    key = FOLDER / "munge" / "key"
    if not key.exists():
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
    for number in range(GPUS):
        device = FOLDER / f"gpu{number}"
        if not device.exists():
            os.mknod(device, 0o20666, NULL_DEVICE)  # a device that does nothing
    ETC.mkdir(exist_ok=True)
    for name, text in configuration(socket.gethostname().split(".")[0], cpus, memory).items():
        (FOLDER / name).write_text(text)
        (ETC / name).unlink(missing_ok=True)
        (ETC / name).symlink_to(FOLDER / name)


def daemon(*command: str) -> None:
    """Start a daemon, which puts itself into the background; RuntimeError with its words if it does not."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    program = shutil.which(command[0], path=path) or command[0]
    with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open as long as the daemon lives
        status = subprocess.run([program, *command[1:]], stdout=said, stderr=said, check=False).returncode
        said.seek(0)
        if status:
            raise RuntimeError(f"{command[0]}: {said.read().strip()}")


def start_node(node: str) -> None:
    daemon("slurmd", "-N", node)


def start_controller() -> None:
    daemon("slurmctld")


def end(name: str, kind: int = signal.SIGTERM, patience: float = 10.0) -> None:
    """End the daemon whose process number is in the file `name`, and wait until it is gone."""
    file = FOLDER / name
    if not file.exists():
        return
    try:
        pid = int(file.read_text())
        os.kill(pid, kind)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, ValueError):
        pass
    file.unlink(missing_ok=True)


def states() -> dict[str, str]:
    """State of each node; empty while the controller does not answer."""
    answer = subprocess.run(["sinfo", "-h", "-N", "-o", "%N %T"], capture_output=True, text=True, check=False)
    return dict(line.split() for line in answer.stdout.splitlines()) if answer.returncode == 0 else {}


def wait_for(nodes: dict[str, str], patience: float = 60.0) -> None:
    """Wait until the nodes have these states; RuntimeError otherwise."""
    deadline = time.monotonic() + patience
    while not nodes.items() <= states().items():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the nodes did not become {nodes}, they are {states()}; see {FOLDER}/*.log")
        time.sleep(0.3)


def partitions() -> dict[str, str]:
    """Partition of each job that was given a node since the controller's log begins, by number."""
    return partitions_of((FOLDER / "slurmctld.log").read_text())


def partitions_of(log: str) -> dict[str, str]:
    """The same from the text of the log: Slurm has two schedulers, which say it in different words."""
    found = re.findall(r"Allocate JobId=(\d+) .*Partition=(\w+)", log)
    return dict(found + re.findall(r"backfill: .*Started JobId=(\d+) in (\w+) on", log))


def start() -> None:
    """Start everything and wait until every node is idle."""
    prepare()
    munge = FOLDER / "munge"
    daemon(
        "munged",
        f"--key-file={munge / 'key'}",
        f"--socket={FOLDER / 'munge.socket'}",
        f"--pid-file={FOLDER / 'munged.pid'}",
        f"--log-file={munge / 'log'}",
        f"--seed-file={munge / 'seed'}",
    )
    start_controller()
    for node in NODES:
        start_node(node)
    wait_for(dict.fromkeys(NODES, "idle"))


def _cancel_all(patience: float = 20.0) -> None:
    """Cancel all jobs and wait until their processes are gone: without its daemon nobody would end them."""
    subprocess.run(["scancel", "--partition=main"], capture_output=True, timeout=20, check=True)
    subprocess.run(["scancel", "--partition=gpu"], capture_output=True, timeout=20, check=True)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not subprocess.run(["squeue", "-h"], capture_output=True, timeout=20, check=True).stdout:
            return
        time.sleep(0.3)


def stop() -> None:
    """Cancel all jobs, end the daemons, remove everything."""
    if (FOLDER / "slurmctld.pid").exists():
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            _cancel_all()
    for name in (*(f"slurmd.{node}.pid" for node in NODES), "slurmctld.pid", "munged.pid"):
        end(name)
    for name in LINKED:
        link = ETC / name
        if link.is_symlink() and link.readlink() == FOLDER / name:
            link.unlink()
    shutil.rmtree(FOLDER, ignore_errors=True)


def main(argv: list[str]) -> int:
    actions = {"install": install, "start": start, "stop": stop, "status": lambda: print(states())}
    if len(argv) != 1 or argv[0] not in actions:
        print(__doc__, file=sys.stderr)
        return 2
    if reason := obstacle():
        print(f"error: {reason}", file=sys.stderr)
        return 1
    try:
        actions[argv[0]]()
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
