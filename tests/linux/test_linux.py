"""Debian's stock kernel as a boot-time domain, to user space and to its end.

The kernel and the programs are Debian's own (guests/linux); not deterministic
mode, so that every run is another interleaving.
"""
import pathlib
import re
import subprocess
import sys
import warnings

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator")]
from qemu import ONE_THREAD, Machine  # noqa: E402
from stuck import STALE, free  # noqa: E402

SCHEDULERS = ["rr", "credit", "sedf", "bvt"]
# These boot once each in check: it is their callbacks that may fail, and the
# interleavings are in the other tests.
MORE = ["credit2", "fbvt", "null", "rtds"]
LIMIT = 300.0
DONE = "JOBS DONE failed=0"
# What must never be said: the hypervisor's own faults, and a kernel's.
BAD = ("Panic on CPU", "broke a rule", "BUG:", "Oops", "Call Trace",
       "rcu_sched self-detected", "Kernel panic")


def boot(sched: str, jobs: str, *, smp: int = 1, vcpus: int = 1,
         ramdisk: str = "initrd.img", memory: int = 256,
         threads: str = "single") -> str:
    """Run one Linux domain until it powers off; the console's text.

    threads: QEMU's. With "multi" a boot may stay at an instruction that Linux
    has just patched, through QEMU's fault (tests/emulator).
    """
    modules = (f"build/guests/linux/vmlinuz domain name=linux mem={memory}M "
               f"vcpus={vcpus} ramdisk=initrd -- console=hvc0 {jobs}",
               f"build/guests/linux/{ramdisk} file=initrd")
    with Machine(f"console=com1 sched={sched}", modules, smp=smp,
                 memory="1G",
                 extra=("-accel", f"tcg,thread={threads}")) as m:
        try:
            m.wait(DONE, LIMIT)
        except AssertionError:
            seen = free(m, DONE)
            assert seen.startswith(STALE), seen
            warnings.warn(f"QEMU: {seen}; the boot went on")
        log = m.wait_end(LIMIT)
    for words in BAD:
        assert words not in log, log[-6000:]
    return log


@pytest.mark.parametrize("smp, vcpus", [(1, 1), (2, 2), (4, 4), (1, 4)])
@pytest.mark.parametrize("sched", SCHEDULERS)
def test_boot(sched: str, smp: int, vcpus: int) -> None:
    """To user space with so many vCPUs on so many CPUs, and power-off."""
    log = boot(sched, "job=none", smp=smp, vcpus=vcpus)
    assert f"{vcpus} cpus" in log


@pytest.mark.parametrize("sched", MORE)
def test_boot_more(sched: str) -> None:
    """Two vCPUs on two CPUs, which null needs for them."""
    assert "2 cpus" in boot(sched, "job=none", smp=2, vcpus=2)


def test_rt_tests() -> None:
    """cyclictest and hackbench run to their end."""
    log = boot("credit", "job=cyclictest job=hackbench", smp=2, vcpus=2)
    assert "JOB END cyclictest status=0" in log
    assert "JOB END hackbench status=0" in log


def test_stress_and_memory() -> None:
    """stress-ng's verified stressors and memtester find no error."""
    log = boot("bvt", "job=stress job=memtest", smp=2, vcpus=2,
               ramdisk="stress.img", memory=384)
    assert "JOB END stress status=0" in log
    assert "JOB END memtest status=0" in log


# What an experiment's `kind = "linux"` runs, and what shows that it did.
PROGRAMS = {
    "hackbench+cyclictest": ("job=run:hackbench:--groups:1:--loops:20 "
                             "job=run:cyclictest:-q:-m:-p:90:-i:1000:-l:300",
                             r"Time: \d"),
    "redis-load+redis-server": (
        "job=bg:redis-server:--port:0:--unixsocket:/tmp/s:--save "
        "job=run:redis-load:/tmp/s:seeds=2:window_ms=200",
        r"redis-load: seed=2 .* p99=\d+"),
    "redis-benchmark+redis-server": (
        "job=bg:redis-server:--save job=sleep:1 "
        "job=run:redis-benchmark:-n:500:-c:2:-t:get:-q",
        r"GET: .* requests per second"),
    "nginx+wrk": ("job=bg:nginx job=sleep:1 "
                  "job=run:wrk:-t:1:-c:2:-d:1:http%3a//127.0.0.1/",
                  r"Requests/sec: +[1-9]"),
    "iperf3": ("job=bg:iperf3:-s:-1 job=sleep:1 "
               "job=run:iperf3:-c:127.0.0.1:-t:1", r"iperf Done"),
    "fio": ("job=run:fio:--name=read:--filename=/tmp/file:--size=2M:"
            "--rw=randread:--ioengine=psync:--runtime=1:--time_based",
            r"READ: bw="),
    "sysbench": ("job=run:sysbench:cpu:--time=1:run", r"events per second"),
}


@pytest.mark.soak
@pytest.mark.parametrize("programs", PROGRAMS)
def test_programs(programs: str) -> None:
    """Each of Debian's packages that experiments name, packed and run."""
    jobs, words = PROGRAMS[programs]
    image = f"with-{programs}.img"
    subprocess.run(["make", "-s", f"build/guests/linux/{image}"], check=True,
                   cwd=TESTS.parent)
    log = boot("bvt", jobs, ramdisk=image, memory=384)
    assert re.search(words, log), log[-3000:]
    assert "JOB END run status=0" in log


@pytest.mark.soak
@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("sched", SCHEDULERS + MORE)
def test_boot_again(sched: str, smp: int, number: int) -> None:
    """Twenty boots in a row under each scheduler, none fails."""
    boot(sched, "job=none", smp=smp, vcpus=smp, threads="multi")


@pytest.mark.soak
def test_watched() -> None:
    """Its writes logged, on and off, from its first instruction to its end:
    it minds nothing, and no frame changes that the log does not name."""
    modules = ("build/guests/watcher domains=1 check=1 pause=300ms fetches=20",
               "build/guests/linux/vmlinuz domain name=linux mem=128M vcpus=2 "
               "ramdisk=initrd -- console=hvc0 job=memtest "
               "job=hackbench:--groups:1:--loops:10",
               "build/guests/linux/initrd.img file=initrd")
    with Machine("console=com1 dom0_mem=32M dom0_max_vcpus=1", modules, smp=2,
                 memory="1G", extra=ONE_THREAD) as m:
        said = m.wait(r"watcher: rounds=(\d+) dirty=(\d+) missed=(\d+)", LIMIT)
        log = m.log
    assert "JOBS DONE failed=0" in log, log[-6000:]
    assert int(said[1]) > 1 and int(said[2]) > 0 and said[3] == "0", said[0]
    for words in BAD:
        assert words not in log, log[-6000:]
