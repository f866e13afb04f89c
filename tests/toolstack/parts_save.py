"""A guest with a disk and a network is saved into a file and restored, and
saved while it goes on."""
from __future__ import annotations

from step import Step, attach, config, detach, gone, typed, until

DISK, FILE = "/tmp/kept", "/tmp/v.save"
GUEST = ('kernel="/guests/vmlinuz"', 'ramdisk="/guests/domu.img"', "memory=112",
         "vcpus=2", 'extra="console=hvc0 job=shell"', 'vif=["bridge=br3"]',
         'disk=["phy:/dev/loop3,xvda,w"]')
# By the devices, past the cache.
WORK = ("ping -c 2 -W 20 10.9.6.1 && dd if=/dev/xvda of=/dev/null bs=4k "
        "count=64 iflag=direct && echo work{0}=$?")

SAVE = [
    Step("bridge, disk", "ip link add br3 type bridge forward_delay 0; "
         "ip addr add 10.9.6.1/24 dev br3; ip link set br3 up; "
         f"truncate -s 1M {DISK}; losetup /dev/loop3 {DISK}"),
    Step("create", f"{config('v', *GUEST)}; xl create /tmp/v.cfg"),
    Step("it has something to keep", attach("v") + "; " + typed(
        "x=$((41+1)); ip addr add 10.9.6.2/24 dev eth0; ip link set eth0 up; "
        + WORK.format(1), "work1=0")),
    Step("save", f"{detach()}; xl save v {FILE}; {gone('v')}; test -s {FILE}"),
    Step("restore", f"xl restore {FILE}; rm {FILE}; xl list v",
         ("^v +[0-9]+ +112 +2 +[-r]",)),
    Step("it kept it", attach("v") + "; " + typed("echo kept=$x", "kept=42")),
    Step("its devices work", typed(WORK.format(2), "work2=0")),
    Step("its vCPUs work", typed(
        "for c in 0 1; do taskset $((c+1)) true || echo no$c; done; "
        "echo cpus=$(nproc)", "cpus=2"), (), ("^no",)),
    Step("save, and go on", f"xl save -c v {FILE}; rm {FILE}; xl list v",
         ("^v +[0-9]+ +112 +2 +[-r]",)),
    Step("it went on", typed("echo still=$x", "still=42")),
    Step("with its devices", typed(WORK.format(3), "work3=0")),
    # By hand: after `save -c` no xl waits for its end any more.
    Step("it ends", f"xl destroy v; {gone('v')}; exec 3>&-; "
         + until("! ls /sys/class/net | grep -q vif")
         + "; losetup -d /dev/loop3; ip link del br3"),
]
