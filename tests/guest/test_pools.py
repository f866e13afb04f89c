"""CPU pools: domains and CPUs move and schedulers change while guests run."""
from __future__ import annotations

import pathlib
import re
import subprocess

import pytest

from qemu import BUILD, ONE_THREAD, Machine

DOM0 = str(BUILD / "guests/abi/pools")
HOG = BUILD / "guests/hog"
PERIODIC = BUILD / "guests/periodic"
LINUX = BUILD / "guests/linux"
BAD = ("Panic on CPU", "broke a rule", "refuses d")


def modules(*more: str, pace: str = "") -> tuple[str, ...]:
    """The test guest as dom0, and two domains that it moves."""
    return (f"{DOM0} {pace}".strip(), f"{HOG} domain name=one mem=16M vcpus=2",
            f"{PERIODIC} domain name=two mem=16M -- duration=0", *more)


def judge(m: Machine, timeout: float) -> str:
    """Wait for the outcome; the console's text of a success."""
    found = m.wait(r"ABI pools: (success|skip|error|failure).*", timeout)
    said = [line for line in m.log.splitlines() if "ABI pools" in line]
    assert found[1] == "success", "\n".join(said)
    for words in BAD:
        assert words not in m.log, m.log[-6000:]
    return m.log


@pytest.mark.parametrize("smp", [2, 4])
@pytest.mark.parametrize("sched", ["credit", "sedf"])
def test_pools(sched: str, smp: int) -> None:
    """The interface of libxc, and 400 random steps."""
    with Machine(f"console=com1 sched={sched} dom0_mem=32M dom0_max_vcpus=1",
                 modules(), smp=smp, memory="256M") as m:
        judge(m, 300)


def test_linux_goes_on() -> None:
    """Debian's kernel computes through the storm, and powers off cleanly;
    the operator's key exchanges all pools' schedulers besides."""
    linux = (f"{LINUX}/vmlinuz domain name=linux mem=256M vcpus=2 "
             "ramdisk=initrd -- console=hvc0 job=none",
             f"{LINUX}/initrd.img file=initrd")
    with Machine("console=com1 sched=credit dom0_mem=32M dom0_max_vcpus=1",
                 modules(*linux, pace="burst=1 pause=60ms"), smp=4, memory="1G",
                 extra=ONE_THREAD) as m:
        m.wait(r"Linux version", 300)
        m.send("\x01" * 3 + "S")
        m.wait(r"Pool-1: scheduler \w+, with its defaults", 60)
        m.send("r")
        m.wait(r"pool 1 \(Pool-1\): scheduler \w+, \d+ domains, CPUs", 60)
        m.send("\x01" * 3)
        log = judge(m, 600)
    for words in ("BUG:", "Oops", "Call Trace", "self-detected"):
        assert words not in log, log[-6000:]


def text(tmp_path: pathlib.Path, *lines: str) -> tuple[str, ...]:
    """Modules: a text of descriptions, and the file that they name."""
    domains = tmp_path / "domains"
    domains.write_text("\n".join(lines) + "\n")
    return (f"{domains} domains", f"{HOG} file=hog")


POOL = "cpupool name=rt sched=bvt cpus=2-3 bvt.ctx_allow=1ms"


def test_at_boot(tmp_path: pathlib.Path) -> None:
    """A pool of a description, and a domain in it."""
    lines = (POOL, "domain name=a kernel=hog mem=16M pool=rt vcpus=2",
             "domain name=b kernel=hog mem=16M")
    with Machine("console=com1 sched=rr", text(tmp_path, *lines),
                 smp=4, memory="256M") as m:
        m.wait("Started in")
        m.send("\x01" * 3 + "r")
        log = m.wait(r"pool 0 \(Pool-0\): scheduler rr, 1 domains, CPUs 0 1;"
                     r"[^$]*pool 1 \(rt\): scheduler bvt, 1 domains, CPUs 2 3;"
                     r"[^$]*d1v1 \w+ cpu[23]")[0]
    assert "d1v0 runs cpu2" in log or "d1v0 runs cpu3" in log


@pytest.mark.parametrize("lines, message", [
    (("cpupool name=rt sched=xyz cpus=1",),
     "line 1: sched=xyz: no such scheduler; there are: bvt"),
    (("cpupool name=rt sched=rr",), "line 1: cpus= is missing"),
    (("cpupool name=rt sched=rr cpus=0-3",), "no CPU would be left for Pool-0"),
    (("cpupool name=rt sched=rr cpus=9",), "CPU 9 is not there"),
    (("cpupool name=rt sched=rr cpus=1 mem=16M",), "rr.mem: rr has slice"),
    (("cpupool name=rt sched=rr cpus=1 bvt.ctx_allow=1ms",),
     "bvt.ctx_allow=: this pool's scheduler is rr"),
    ((POOL, POOL), "line 2: name=: another pool has this name"),
    (("domain name=a kernel=hog mem=16M pool=rt", POOL),
     "line 1: pool=rt: no cpupool line of that name stands before it"),
])
def test_bad_pool(tmp_path: pathlib.Path, lines: tuple[str, ...],
                  message: str) -> None:
    """One line that names the thing; nothing is started."""
    with Machine("console=com1", text(tmp_path, *lines), smp=4,
                 memory="256M") as m:
        log = m.wait_end(120)
    bad = [line for line in log.splitlines() if message in line]
    assert len(bad) == 1 and "Started in" not in log, log[-3000:]


def test_trace_tells_whose(tmp_path: pathlib.Path) -> None:
    """Each plug-in's events under its own name, before and after a change;
    Debian's xenalyze reads the same file."""
    ram, out = tmp_path / "ram", tmp_path / "out"
    lines = ("cpupool name=rt sched=credit cpus=1",
             "domain name=a kernel=periodic mem=16M pool=rt cmdline=duration=0",
             "domain name=b kernel=periodic mem=16M cmdline=duration=0",
             "domain name=c kernel=hog mem=16M vcpus=2")
    with Machine("console=com1 sched=sedf tevt_mask=0x2f000 trace_overwrite "
                 "tbuf_size=512",
                 text(tmp_path, *lines) + (f"{PERIODIC} file=periodic",),
                 smp=2, memory="256M", machine="q35,memory-backend=ram",
                 extra=("-object", "memory-backend-file,id=ram,size=256M,"
                        f"share=on,mem-path={ram}")) as m:
        m.wait("Started in")
        m.send("\x01" * 3 + "r")
        m.wait("pool 1 ")
        m.send("S")
        m.wait(r"rt: scheduler credit2, with its defaults")
        m.send("r")
        m.wait(r"pool 1 \(rt\): scheduler credit2, 1 domains")
        m.qmp("stop")
        subprocess.run([BUILD / "xentrace", "record", "--ram", ram, out],
                       check=True)
    dump = subprocess.run([BUILD / "xentrace", "dump", out], check=True,
                          text=True, capture_output=True).stdout
    info = (tmp_path / "out.info").read_text()
    assert re.search(r"^plugin 0x22[0-9a-f]+ rr$", info, re.M), info
    first = {name: int(number, 16) for number, name in
             re.findall(r"^plugin (\S+) (\S+)", info, re.M)}
    assert len(set(first.values())) == len(first), info
    change = re.search(rf"plugin cpu=1 pool=1 first_event=0x"
                       rf"{first['credit2']:x}\n", dump)
    assert change, dump[-3000:]
    before, after = dump[:change.start()], dump[change.end():]
    assert re.search(r"cpu1 credit\.\w+ vcpu=d1v0", before)
    assert not re.search(r"credit2\.\w+ ", before)
    assert not re.search(r"cpu1 credit\.\w+ ", after)
    assert not re.search(r"scheduler\d\.\d", dump)
    subprocess.run(["xenalyze", "--summary", "--cpu-hz=1G", out], check=True,
                   capture_output=True)
