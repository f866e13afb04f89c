"""A Linux guest at whose console somebody sits: `xl console`, and what is
plugged in and pulled out while it runs."""
from __future__ import annotations

from step import LOG, Step, attach, config, detach, gone, typed, until

SHELL = ('kernel="/guests/vmlinuz"', 'ramdisk="/guests/domu.img"', "memory=160",
         "vcpus=1", "maxvcpus=2")
DISK = "/tmp/live"
THERE = "until [ -e {0} ]; do sleep 0.1; done; "
AWAY = "while [ -e {0} ]; do sleep 0.1; done; "
NIC = "/sys/class/net/eth0"
CPU = "/sys/devices/system/cpu/cpu1/online"

LIVE = [
    Step("bridge and disk", "ip link add br1 type bridge forward_delay 0; "
         "ip addr add 10.9.8.1/24 dev br1; ip link set br1 up; "
         f"dd if=/dev/urandom of={DISK} bs=4k count=64 2> /dev/null; "
         f"losetup /dev/loop1 {DISK}"),
    Step("create with a shell",
         f"""{config('k', *SHELL, 'extra="console=hvc0 job=shell"')}; """
         "xl create /tmp/k.cfg"),
    Step("console", attach("k") + "; " + typed("echo $((6*7))=", "42=")),
    Step("network-attach", "xl network-attach k bridge=br1; "
         + until("xl network-list k | grep -q ' 4 '")),
    Step("it pings dom0", typed(
        THERE.format(NIC) + "ip addr add 10.9.8.2/24 dev eth0; "
        "ip link set eth0 up; ping -c 3 -W 20 10.9.8.1; echo ping=$?",
        "ping=0")),
    Step("dom0 pings it", "ping -c 3 -W 20 10.9.8.2"),
    Step("second network", "xl network-attach k bridge=br1 "
         "mac=00:16:3e:01:02:03; "
         + until("[ $(xl network-list k | grep -c ' 4 ') = 2 ]")),
    Step("network-detach", "xl network-detach k 0; "
         + until("[ $(xl network-list k | grep -c ' 4 ') = 1 ]")),
    Step("it is gone there", typed(AWAY.format(NIC) + "echo nic=gone",
                                   "nic=gone")),
    Step("network-detach by address",
         "xl network-detach k 00:16:3e:01:02:03; "
         + until("! ls /sys/class/net | grep -q vif")),
    Step("block-attach", "xl block-attach k phy:/dev/loop1 xvdc w; "
         + until("xl block-list k | grep -q ' 4 '")),
    Step("it reads the disk", typed(
        THERE.format("/dev/xvdc") + "sha256sum /dev/xvdc; echo sum=$?", "sum=0")
        + f"; grep $(sha256sum {DISK} | cut -d' ' -f1) /tmp/out"),
    Step("it writes the disk", typed(
        "dd if=/dev/zero of=/dev/xvdc bs=4k count=64 conv=fsync; echo dd=$?",
        "dd=0") + "; blockdev --flushbufs /dev/loop1; "
        f"[ $(tr -d '\\0' < {DISK} | wc -c) = 0 ]"),
    Step("block-detach", "xl block-detach k xvdc; "
         + until("! xl block-list k | grep -q '^51'") + "; "
         + typed(AWAY.format("/dev/xvdc") + "echo disk=gone", "disk=gone")
         + "; losetup -d /dev/loop1"),
    Step("vcpu-set up", "xl vcpu-set k 2; " + typed(  # what udev would do
        THERE.format(CPU) + "until echo 1 > " + CPU + "; do sleep 0.1; done; "
        "echo cpus=$(nproc)", "cpus=2") + "; xl vcpu-list k",
         ("^k +[0-9]+ +1 +[01] ",)),
    Step("mem-set", "xl mem-set k 128; "
         + until("xl list k | grep -q '^k  *[0-9]*  *128 '")),
    Step("mem-max", "xl mem-max k 150; xl list -l k | grep -q '\"k\"'"),
    Step("sysrq", "xl sysrq k h; "
         + until(f"grep -q 'sysrq: HELP' {LOG.format('k')}")),
    Step("console is left", detach()),
    Step("and taken again", attach("k") + "; " + typed("echo $((8*9))=",
                                                       "72=")),
    Step("it powers off", "printf 'exit\\r' >&3; " + gone("k")
         + "; exec 3>&-; ip link del br1"),
]
