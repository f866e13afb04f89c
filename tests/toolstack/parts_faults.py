"""What goes wrong in the middle of something: dom0 and the others go on, and
nothing is left behind (on Metronome its debug key counts)."""
from __future__ import annotations

from step import Step, attach, config, gone, typed, until

DISK = "/tmp/churn"
GUEST = ('kernel="/guests/vmlinuz"', 'ramdisk="/guests/domu.img"', "memory=160",
         "vcpus=2", 'extra="console=hvc0 job=churn:xvda:10.9.7.2:10.9.7.1 '
         'job=shell"', 'vif=["bridge=br2"]',
         'disk=["phy:/dev/loop2,xvda,w"]')
BACK = "/sys/bus/xen-backend/drivers"
# What domains hold.
COUNT = ("xl dmesg -c > /dev/null; xl debug-keys c; xl dmesg > /tmp/count")
CREATE = ("xl create /tmp/f.cfg; "
          + until("grep -q CHURNING /var/log/xen/console/guest-f.log"))
LOST = until("! ls /sys/class/net | grep -q vif")
# Blocks that have come and gone since: it still works.
BUSY = ("a=$(awk '{print $1}' /sys/block/loop2/stat); "
        + until("[ $(awk '{print $1}' /sys/block/loop2/stat) -gt $((a+20)) ]"))


def again() -> str:
    """A guest at work anew, its log too."""
    return "rm -f /var/log/xen/console/guest-f.log; " + CREATE


FAULTS = [
    Step("bridge, disk", "ip link add br2 type bridge forward_delay 0; "
         "ip addr add 10.9.7.1/24 dev br2; ip link set br2 up; "
         f"truncate -s 4M {DISK}; losetup /dev/loop2 {DISK}"),
    Step("once, for dom0's own", f"{config('f', *GUEST)}; {CREATE}; {BUSY}; "
         f"xl destroy f; {gone('f')}; {LOST}"),
    Step("count before", until(f"{{ {COUNT}; grep -q 'not yet freed: 1' "
                               "/tmp/count; }") + "; cp /tmp/count /tmp/before",
         only="metronome"),
    Step("destroyed under load", f"{again()}; {BUSY}; xl destroy f; "
         f"{gone('f')}; {LOST}"),
    Step("disk's back-end killed", f"{again()}; {BUSY}; "
         f"echo vbd-$(xl domid f)-51712 > {BACK}/vbd/unbind; xl list f; "
         "ping -c 3 -W 20 10.9.7.2"),
    Step("destroyed after that", f"xl destroy f; {gone('f')}; {LOST}"),
    Step("network's back-end killed", f"{again()}; {BUSY}; "
         f"echo vif-$(xl domid f)-0 > {BACK}/vif/unbind; {LOST}; xl list f; "
         + BUSY),
    Step("destroyed after it", f"xl destroy f; {gone('f')}; {LOST}"),
    Step("front-ends killed", f"{again()}; {BUSY}; {attach('f')}; " + typed(
        "echo vif-0 > /sys/bus/xen/drivers/vif/unbind; "
        "(echo vbd-51712 > /sys/bus/xen/drivers/vbd/unbind &); echo front=$?",
        "front=0") + "; exec 3>&-; xl list f"),
    Step("destroyed then", f"xl destroy f; {gone('f')}; {LOST}"),
    Step("forced block-detach", f"{again()}; {BUSY}; "
         "xl block-detach f xvda force; xl list f; "
         f"xl destroy f; {gone('f')}; {LOST}"),
    Step("killed xl create", "for t in 0.1 0.3 0.6; do "
         "xl create /tmp/f.cfg > /dev/null 2>&1 & p=$!; sleep $t; "
         "kill -9 $p; wait $p; for i in $(xl list | sed 1,2d | "
         "grep -o ' [0-9][0-9]* ' | sed -n 1p); do xl destroy $i; done; done; "
         "true"),
    Step("its domains are gone", until("[ $(xl list | wc -l) = 2 ]") + "; "
         + LOST),
    Step("killed client of the store", "for i in 1 2 3 4; do "
         "xenstore-watch /local > /dev/null & p=$!; "
         "xenstore-write /local/domain/0/t $i; kill -9 $p; wait $p; "
         "xenstore-read /local/domain/0/t; done; "
         "xenstore-rm /local/domain/0/t", ("^4$",)),
    Step("killed xenconsoled", f"{again()}; kill -9 $(cat "
         "/run/xenconsoled.pid); sleep 1; "
         "xenconsoled --pid-file /run/xenconsoled.pid --log=all; "
         + attach("f") + "; " + typed("echo $((5*7))=", "35=")
         + f"; exec 3>&-; xl destroy f; {gone('f')}; {LOST}"),
    Step("corrupted rings", config(
        "f", 'kernel="/guests/vandal"', "memory=16", *GUEST[5:])
        + "; rm -f /var/log/xen/console/guest-f.log; xl create /tmp/f.cfg; "
        + until("grep -q 'vandal: done' /var/log/xen/console/guest-f.log")
        + "; cat /var/log/xen/console/guest-f.log; xl list f",
        ("vandal: disk works", "vandal: network connected",
         "vandal: disk: [0-9]+ of 201 answered")),
    Step("gone, and others work", f"xl destroy f; {gone('f')}; {LOST}; "
         f"{config('f', *GUEST)}; {again()}; {BUSY}; ping -c 3 -W 20 10.9.7.2; "
         f"xl destroy f; {gone('f')}; {LOST}"),
    Step("disk is free", "losetup -d /dev/loop2; ip link del br2"),
    Step("count after", until(f"{{ {COUNT}; cmp /tmp/before /tmp/count; }}")
         + " || diff /tmp/before /tmp/count", only="metronome"),
]
