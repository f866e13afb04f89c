"""Debian 12 as a guest, from its own disk by blkback: GRUB's binary for Xen
reads its menu, its kernel boots its systemd, dpkg and debsums work, and two of
them and dom0 reach each other by iperf3 and ssh. The disk: make domu-disk."""
from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from dom0 import BUILD, Dom0, bad_words, hypervisors  # noqa: E402
from step import LOG, config, gone, until  # noqa: E402

DISK = BUILD / "domu/debian.img"

pytestmark = [pytest.mark.soak, pytest.mark.skipif(
    not DISK.exists(), reason="no disk: make domu-disk")]

BRIDGE = ("ip link add br0 type bridge forward_delay 0; "
          "ip addr add 10.9.9.1/24 dev br0; ip link set br0 up; iperf3 -s -D")
PROMPT = "root@domu"
LONG = 6000  # half seconds: a whole Debian in an emulated machine


def guest(name: str, disk: str) -> str:
    """Its configuration, and `xl create`."""
    return (config(name, 'kernel="/guests/grub"', "memory=384", "vcpus=2",
                   f'disk=["phy:/dev/{disk},xvda,w"]', 'vif=["bridge=br0"]')
            + f"; xl create /tmp/{name}.cfg")


def booted(name: str) -> str:
    """GRUB's menu has been read, and systemd has come to a login."""
    return (until(f"grep -aq '{PROMPT}' {LOG.format(name)}", LONG)
            + f"; grep -a 'Linux version' {LOG.format(name)}; "
            f"grep -a 'Reached target' {LOG.format(name)} | wc -l")


def attach(name: str) -> str:
    """A console, as typed() of step.py uses it."""
    return ("rm -f /tmp/in /tmp/out; mkfifo /tmp/in; "
            f"(script -qfec 'xl console {name}' /dev/null < /tmp/in > /tmp/out "
            "2>&1) & "
            "exec 3> /tmp/in; true")


def typed(line: str, word: str) -> str:
    """Typed; its status is to be 0, said behind the word. (Readline ends a line
    by a sequence of its own and a return.)"""
    return (f"printf '%s\\r' '{line}; echo {word}=$?' >&3; "
            + until(f"tr '\\r' '\\n' < /tmp/out | grep -aq '^{word}=[0-9]'",
                    LONG)
            + f"; tr '\\r' '\\n' < /tmp/out | grep -aq '^{word}=0$' || "
            "{ tail -n 20 /tmp/out; false; }")


ADDRESS = ("ip addr add {0}/24 dev $(ls /sys/class/net | grep -v lo) && "
           "ip link set $(ls /sys/class/net | grep -v lo) up && "
           "ping -c 3 10.9.9.1")
ALONE = [
    attach("d"), typed("stty -echo -onlcr; PS1=; bind \"set "
                       "enable-bracketed-paste off\"", "quiet"),
    typed(ADDRESS.format("10.9.9.2"), "address"),
    typed("dpkg --purge debsums && ! command -v debsums", "purge"),
    typed("dpkg -i /root/packages/debsums_*.deb && command -v debsums",
          "install"),
    typed("debsums -s coreutils bash dpkg libc6 debsums", "sums"),
    typed("dd if=/dev/urandom of=/root/a bs=1M count=32 conv=fsync && "
          "cp /root/a /root/b && sync && echo 3 > /proc/sys/vm/drop_caches && "
          "cmp /root/a /root/b", "copy"),
    typed("iperf3 -c 10.9.9.1 -n 20M && iperf3 -c 10.9.9.1 -n 20M -R",
          "iperf"),
]
TOGETHER = [
    "exec 3>&-; " + attach("e"),
    typed("stty -echo -onlcr; PS1=; bind \"set enable-bracketed-paste off\"",
          "quiet"),
    typed(ADDRESS.format("10.9.9.3"), "address"),
    typed("ssh 10.9.9.2 sha256sum /root/a > /root/sum && "
          "ssh 10.9.9.2 cat /root/a > /root/a && (cd / && sha256sum -c "
          "/root/sum)", "ssh"),
    typed("ssh 10.9.9.2 iperf3 -s -D && iperf3 -c 10.9.9.2 -n 20M", "iperf"),
    "exec 3>&-; xl shutdown -w d; " + gone("d"),
    "xl reboot e; " + until(f"[ $(grep -ac 'Linux version' {LOG.format('e')}) "
                            "= 2 ]", LONG),
    until(f"[ $(grep -ac '{PROMPT}' {LOG.format('e')}) -ge 2 ]", LONG),
    "xl destroy e; " + gone("e"),
]


@pytest.mark.parametrize("hypervisor", ["metronome", "xen"])
def test_debian(hypervisor: str, tmp_path: pathlib.Path) -> None:
    """Two of them, from GRUB to their shutdown."""
    kernels = hypervisors(tmp_path)
    if hypervisor not in kernels:
        pytest.skip("xen-hypervisor-4.17-amd64 is not installed")
    commands = [BRIDGE, guest("d", "vda"), booted("d"), *ALONE,
                guest("e", "vdb"), booted("e"), *TOGETHER]
    drives = [word for name in ("a", "b") for word in (
        "-drive", f"file={DISK},format=raw,if=none,id={name},snapshot=on",
        "-device", f"virtio-blk-pci,drive={name}")]
    with Dom0(kernels[hypervisor], tmp_path, commands, options="sched=credit",
              memory="2G", extra=tuple(drives)) as dom0:
        for command in commands:
            dom0.ok(command, 3600)
        log = dom0.machine.log
    assert not bad_words(log), log[-6000:]
