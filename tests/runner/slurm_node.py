"""A Slurm of one node, started for a test: munged, slurmctld, slurmd, all in a
folder of their own and on ports that are free."""
from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60
CONF = """\
ClusterName=metronome
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={ctld}
SlurmdPort={slurmd}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
# No cgroups: they may belong to someone else, as in a container.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count: int) -> list[int]:
    """Ports that nobody has."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _configure(folder: Path) -> dict[str, str]:
    """Files of the folder; the environment that leads to them."""
    for name in "state", "spool":
        (folder / name).mkdir()
    ctld, slurmd = free_ports(2)
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(
        host=socket.gethostname().split(".")[0], user=getpass.getuser(),
        folder=folder, ctld=ctld, slurmd=slurmd))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    folder.chmod(0o755)
    return {**os.environ, "SLURM_CONF": str(conf)}


def _daemons(folder: Path) -> list[list[str | Path]]:
    return [
        ["/usr/sbin/munged", "--foreground", "--force",
         f"--socket={folder}/munge.socket", f"--key-file={folder}/munge.key",
         f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/seed",
         f"--log-file={folder}/munged.log"],
        ["/usr/sbin/slurmctld", "-D", "-i"],
        ["/usr/sbin/slurmd", "-D"],
    ]


def _logs(folder: Path) -> str:
    return "\n".join(f"{log.name}: {log.read_text()[-1500:]}"
                     for log in sorted(folder.glob("*.log")))


def _wait(folder: Path, env: dict[str, str],
          running: list[subprocess.Popen[bytes]]) -> None:
    """Until the node takes jobs."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        done = subprocess.run(["sinfo", "-h", "-o", "%T"], env=env, text=True,
                              capture_output=True)
        if done.stdout.strip() == "idle":
            return
        for daemon in running:
            if daemon.poll() is not None:
                raise RuntimeError(f"{daemon.args[0]} ended: {_logs(folder)}")
        time.sleep(0.3)
    raise RuntimeError(f"no node came up: {_logs(folder)}")


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which sbatch reaches the node."""
    env = _configure(folder)
    running: list[subprocess.Popen[bytes]] = []
    try:
        for command in _daemons(folder):
            with open(folder / f"{Path(command[0]).name}.out", "wb") as out:
                running.append(subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", *command], env=env,
                    stdin=subprocess.DEVNULL, stdout=out, stderr=out))
            if len(running) == 1:
                while not (folder / "munge.socket").exists():
                    if running[0].poll() is not None:
                        raise RuntimeError(_logs(folder))
                    time.sleep(0.1)
        _wait(folder, env, running)
        yield env
    finally:
        if shutil.which("scancel"):
            subprocess.run(["scancel", "--user", getpass.getuser()], env=env,
                           capture_output=True, timeout=20)
        for daemon in reversed(running):
            daemon.terminate()
        for daemon in reversed(running):
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
