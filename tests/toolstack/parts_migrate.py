"""A guest with a disk and a network migrates while it runs, to the host that it
is on: `xl migrate`. It writes its memory all the time, and looks whether what
it wrote is there."""
from __future__ import annotations

import dataclasses

from step import LOG as CONSOLE
from step import Step, attach, config, detach, gone, typed, until

DISK = "/tmp/moved"
GUEST = ('kernel="/guests/vmlinuz"', 'ramdisk="/guests/domu.img"', "memory=128",
         "vcpus=2", 'extra="console=hvc0 job=shell"', 'vif=["bridge=br4"]',
         'disk=["phy:/dev/loop4,xvda,w"]')
# By the devices, past the cache.
DEVICES = ("ping -c 2 -W 20 10.9.5.1 && dd if=/dev/xvda of=/dev/null bs=4k "
           "count=64 iflag=direct && echo devices{0}=$?")
WORK = ("mkdir /tmp/m; (i=0; while [ ! -e /tmp/stop ]; do f=/tmp/m/$((i%16)); "
        "if [ -e $f ]; then sha256sum $f | cmp -s - $f.sum || echo BAD$i; fi; "
        "dd if=/dev/urandom of=$f bs=64k count=4 2> /dev/null; "
        "sha256sum $f > $f.sum; i=$((i+1)); echo $i > /tmp/rounds; done; "
        "echo worked=$i) & echo begun")
# It still does, and more than at the last look.
WORKS = ("n=$(cat /tmp/rounds); until [ $(cat /tmp/rounds) -gt $((n+2)) ]; do "
         "sleep 0.1; done; echo works{0}=$?")
LOG = "/tmp/migrate.log"
BY = f'xl -t -v migrate -s "" v "{{0}}" > {LOG} 2>&1'
MIGRATE = (BY.format("xl migrate-receive")
           + f" || {{ tail -n 30 {LOG}; false; }}")
# For how many pings in a row nobody was there to answer.
PING = "ping -i 0.5 10.9.5.2 > /tmp/ping & p=$!; "
DOWN = ("kill $p; sed -n 's/.*seq=\\([0-9]*\\).*/\\1/p' /tmp/ping | awk "
        "'NR > 1 && $1 - l > m { m = $1 - l } { l = $1 } "
        "END { print \"down for\", (m - 1) / 2, \"s\" }'")
# What the debug key says: of shadow tables, nothing, once a log is off.
COUNTS = "xl dmesg -c > /dev/null; xl debug-keys c; xl dmesg"
SETTLED = until(f"{{ {COUNTS}; }} | grep -q 'not yet freed: 1'")
AGAIN = ("xl create -q /tmp/v.cfg && "
         + until(f"[ $(grep -c 'JOB BEGIN shell' {CONSOLE.format('v')}) = 2 ]")
         + f" && {{ {MIGRATE}; }} && xl destroy v && {gone('v')} && {SETTLED} "
         f"&& {{ {COUNTS}; }} | grep frames")

STEPS = [
    Step("bridge, disk", "ip link add br4 type bridge forward_delay 0; "
         "ip addr add 10.9.5.1/24 dev br4; ip link set br4 up; "
         f"truncate -s 1M {DISK}; losetup /dev/loop4 {DISK}"),
    Step("create", f"{config('v', *GUEST)}; xl create /tmp/v.cfg"),
    Step("it works", attach("v") + "; " + typed(
        "x=$((41+1)); ip addr add 10.9.5.2/24 dev eth0; ip link set eth0 up; "
        + DEVICES.format(1), "devices1=0")),
    Step("it writes its memory", typed(WORK, "begun") + "; " + detach()),
    Step("migrate", PING + MIGRATE + " && "
         "ping -c 3 -W 30 10.9.5.2 && xl list && " + DOWN,
         ("^v +[0-9]+ +128 +2 +[-r]", "^down for [0-9]"),
         ("--incoming", "--migratedaway")),
    Step("it goes on", attach("v") + "; " + typed(
        "echo kept=$x", "kept=42") + "; " + typed(WORKS.format(1), "works1=0")),
    Step("its devices work", typed(DEVICES.format(2), "devices2=0") + "; "
         + detach()),
    # The stream ends early: the receiver gives up, and the guest stays. What
    # saves it dies of a broken pipe, so its log goes on until the next time.
    Step("the receiver ends in the middle", "! " + BY.format(
        "head -c 30000000 | xl migrate-receive") + " && " + gone("v--incoming")
         + f" && xl list && tail -n 5 {LOG} && {COUNTS}",
         ("^v +[0-9]+ +128 +2 +[-r]", "not yet freed: 2", "shadow tables")),
    Step("it stays where it is", attach("v") + "; " + typed(
        WORKS.format(2), "works2=0") + "; " + typed(
        DEVICES.format(3), "devices3=0") + "; " + detach()),
    Step("migrate again", f"{MIGRATE} && xl list && {COUNTS}",
         ("^v +[0-9]+ +128 +2 +[-r]",), ("shadow tables",)),
    Step("its devices work still", attach("v") + "; " + typed(
        DEVICES.format(4), "devices4=0")),
    Step("its memory is right", typed("touch /tmp/stop; wait; echo ended",
                                      "ended")
         + "; cat /tmp/out", ("worked=[0-9]",), ("BAD[0-9]",)),
    Step("it ends", f"xl destroy v; {gone('v')}; exec 3>&-; "
         + until("! ls /sys/class/net | grep -q vif")
         + f"; {SETTLED} && {{ {COUNTS}; }} | grep frames > /tmp/left1"),
    Step("nothing is left", f"{AGAIN} > /tmp/left2 && "
         "cat /tmp/left1 && diff /tmp/left1 /tmp/left2",
         ("frames: [0-9]+ free",)),
    Step("bridge, disk away", "losetup -d /dev/loop4; ip link del br4"),
]

# Debian's Xen refuses to log what a domain writes.
MIGRATION = [dataclasses.replace(step, only="metronome") for step in STEPS]
