"""What the toolstack does, step by step: the same on both hypervisors."""
from __future__ import annotations

from parts_boot import BVT, CREDIT2, RTDS, SEDF
from parts_faults import FAULTS
from parts_live import LIVE
from parts_migrate import MIGRATION
from parts_save import SAVE
from parts_sched import HOG, POOLS, SCHED
from parts_tools import TOOLS
from step import LOG, Step, config, gone, until

LINUX = ('kernel="/guests/vmlinuz"', 'ramdisk="/guests/domu.img"', "memory=160",
         "vcpus=2")

INFO = [
    Step("info", "xl info",
         ("^xen_version +: 4[.]17", "^xen_caps +: xen-3.0-x86_64",
          "^xen_scheduler +: credit$", "^nr_cpus +: 2$")),
    Step("list", "xl list", ("^Domain-0 +0 +384 +2 +r",)),
    Step("dmesg", "xl dmesg", ("(?i)dom0",)),
    Step("uptime", "xl uptime", ("Domain-0 +0 ",)),
    Step("domid", "xl domid Domain-0", ("^0$",)),
    Step("domname", "xl domname 0", ("^Domain-0$",)),
    Step("vcpu-list", "xl vcpu-list",
         ("^Domain-0 +0 +0 +[01-] .* all / all$",)),
    Step("cpupool-list", "xl cpupool-list", ("Pool-0 +2 +credit +y +1",)),
    Step("cpupool-list -c", "xl cpupool-list -c", ("Pool-0 +0,1",)),
    Step("sched-credit -s", "xl sched-credit -s",
         ("Cpupool Pool-0: tslice=30ms ratelimit=1000us",)),
    Step("debug-keys", "xl debug-keys q"),
    Step("claims", "xl claims", ("Domain-0",)),
    # Linux asks for version 2 only where a frame's number needs 33 bits.
    Step("dom0's grants", "dmesg", ("Grant tables using version 1 layout",)),
    Step("info -n", "xl info -n", ("numa_info", "cpu_topology")),
    Step("top -b", "xentop -b -i 1", ("Domain-0 ",)),
]

GUEST = [
    Step("create -p", f"{config('a', *HOG)}; xl create -p /tmp/a.cfg; "
         "xl list a", ("^a +[0-9]+ +16 +[12] +[-b-]*p",)),
    Step("console log waits", "xenstore-read /local/domain/$(xl domid a)/"
         "console/tty", ("/dev/pts",)),
    Step("unpause", f"xl unpause a; {until('xl list a | grep -q r-----')}",
         ),
    Step("guest's console",
         until(f"grep -q hog {LOG.format('a')}")),
    Step("pause", "xl pause a; xl list a", ("^a .*p",)),
    Step("unpause again", "xl unpause a; xl list a",
         ("^a +[0-9]+ +16 +[12] +[^p]+ ",)),
    Step("vcpu-pin", "xl vcpu-pin a 0 1; xl vcpu-pin a 1 0; xl vcpu-list a",
         ("^a +[0-9]+ +0 .* 1 / all$", "^a +[0-9]+ +1 .* 0 / all$")),
    Step("vcpu-pin all", "xl vcpu-pin a all all; xl vcpu-list a",
         ("^a +[0-9]+ +0 .* all / all$",)),
    Step("vcpu-pin soft", "xl vcpu-pin a 0 - 1; xl vcpu-list a",
         ("^a +[0-9]+ +0 .* all / 1$",)),
    Step("sched-credit", "xl sched-credit -d a -w 512 -c 50; "
         "xl sched-credit -d a", ("^a +[0-9]+ +512 +50",)),
    Step("mem-max", "xl mem-max a 20; xl list a", ("^a ",)),
    Step("rename", "xl rename a b; xl domid b", ("^[0-9]+$",)),
    Step("trigger nmi", "xl trigger b nmi 0; xl list b", ("^b ",)),
    Step("cpupool", "xl cpupool-cpu-remove Pool-0 1; "
         "printf 'name=\"p\"\\nsched=\"credit\"\\n' > /tmp/p.cfg; "
         "xl cpupool-create /tmp/p.cfg; xl cpupool-cpu-add p 1; "
         "xl cpupool-migrate b p; xl cpupool-list",
         ("^p +1 +credit +y +1$",)),
    Step("cpupool back", "xl cpupool-migrate b Pool-0; xl cpupool-destroy p; "
         "xl cpupool-cpu-add Pool-0 1; xl cpupool-list",
         ("Pool-0 +2 +credit +y +2",)),
    Step("destroy", f"xl destroy b; {gone('b')}"),
    Step("gone", "xl list; xenstore-ls /local/domain",
         ("Domain-0",), ("^b ", "hog")),
]

# A stock Linux guest: to user space, and its end on request.
STOCK = [
    Step("create Linux", f"""{config('l', *LINUX,
         'extra="console=hvc0 job=serve"')}; xl create /tmp/l.cfg"""),
    Step("Linux is up", until(f"grep -q SERVING {LOG.format('l')}")),
    Step("its grants", f"cat {LOG.format('l')}",
         ("Grant tables using version 1 layout",)),
    Step("vcpu-set", "xl vcpu-set l 1; "
         + until("xl vcpu-list l | grep -q '^l .* 1 *- *--'")),
    Step("mem-set", "xl mem-set l 144; "
         + until("xl list l | grep -q '^l  *[0-9]*  *144 '")),
    Step("reboot", "xl reboot l; "
         + until(f"test $(grep -c SERVING {LOG.format('l')}) = 2")),
    Step("list after reboot", "xl list l", ("^l +[0-9]+ +144 +1 ",)),
    Step("shutdown", f"xl shutdown l; {gone('l')}"),
]

# Its front-ends to dom0's back-ends.
DISK = "/tmp/disk"
DEVICES = [
    Step("bridge", "ip link add br0 type bridge forward_delay 0; "
         "ip addr add 10.9.9.1/24 dev br0; ip link set br0 up"),
    Step("disk", f"dd if=/dev/urandom of={DISK} bs=4k count=256 2> /dev/null"
         f" && truncate -s 2M {DISK} && losetup /dev/loop0 {DISK}"),
    Step("create with devices", f"""{config('n', *LINUX,
         'extra="console=hvc0 job=disk:xvda job=ping:10.9.9.2:10.9.9.1 '
         'job=serve"', 'vif=["bridge=br0"]',
         'disk=["phy:/dev/loop0,xvda,w"]')}; xl create /tmp/n.cfg"""),
    Step("devices work", until(f"grep -q SERVING {LOG.format('n')}")),
    Step("disk read and written",
         f"blockdev --flushbufs /dev/loop0; head -c 1048576 {DISK} > /tmp/h1; "
         f"tail -c 1048576 {DISK} > /tmp/h2; cmp /tmp/h1 /tmp/h2 && "
         f"grep -q $(sha256sum < /tmp/h1 | cut -d' ' -f1) {LOG.format('n')}"),
    Step("network", f"grep 'JOB END ping' {LOG.format('n')}", ("status=0",)),
    Step("ping the guest", "ping -c 3 -W 20 10.9.9.2"),
    Step("block-list", "xl block-list n", ("51712",)),
    Step("network-list", "xl network-list n", (" 4 ",)),
    Step("block-detach", "xl block-detach n xvda; xl block-list n", (),
         ("51712",)),
    Step("block-attach", "xl block-attach n phy:/dev/loop0 xvdb w; "
         + until("xl block-list n | grep -q ' 4 '")),
    Step("destroy with devices",
         f"xl destroy n; {gone('n')}; "
         + until("! ls /sys/class/net | grep -q vif")),
]

# Nobody takes records, and none are made.
QUIET = "! pidof xentrace && [ $(metronomectl trace) = 0x00000000 ]"
FRAMES = (r"(?s)(, the last 0[.]300 s.*){2}", r"CPU 1 +[0-9.]+ %  runs ",
          r"Domain-0 +[0-9.]+ ", r"\bt +[1-9][0-9]*[.][0-9] ")


def watched(key: str, status: int) -> str:
    """metronome-top at a terminal, for two frames; this key ends it so."""
    return ("rm -f /tmp/top; (" + until("[ $(grep -ac 'the last 0.300' "
            "/tmp/top) -ge 2 ]") + f"; printf '{key}') | "
            "script -qfec 'TERM=vt100 metronome-top --until 300ms' /tmp/top "
            f"> /dev/null; [ $? = {status} ] && cat /tmp/top")


TRACE = [
    Step("a guest to look at", f"{config('t', *HOG)}; xl create /tmp/t.cfg"),
    # At a terminal, as somebody looks at it; `q` ends it.
    Step("top", "rm -f /tmp/top; (" + until("grep -aq Domain-0 /tmp/top")
         + "; printf q) | script -qfec 'TERM=vt100 xl top' /tmp/top "
         "> /dev/null && cat /tmp/top", ("xentop - ", "Domain-0")),
    Step("xentrace", "xentrace -D -e 0x0002f000 -T 1 /tmp/trace > /dev/null; "
         "test -s /tmp/trace"),
    Step("xenalyze", "xenalyze --summary /tmp/trace 2>&1 | tail -n 40",
         ("(?i)domain",)),
    Step("xentrace into xenalyze", "xentrace -D -e 0x0002f000 -T 1 "
         "/proc/self/fd/1 | "
         "cat > /tmp/trace; xenalyze --dump-all /tmp/trace 2>&1 | "
         "grep -c runstate", ("^[1-9][0-9]+$",)),
    # Three frames, each of half a second of the trace's own time; into a file,
    # for what is typed here at the console would be keys to it.
    Step("metronome-top", "metronome-top --until 500ms --frames 3 > /tmp/top "
         f"&& cat /tmp/top && {QUIET}",
         (r"(?s)(, the last 0[.]500 s.*){3}",
          r"CPU 0 +[0-9.]+ %  runs .*  waits ",
          r"Domain-0 +[0-9.]+ +[0-9.]+ +[1-9][0-9]* +[0-9.]+ +[0-9.]+$",
          r"t +[1-9][0-9]*[.][0-9] +[0-9.]+ +[0-9]+"), only="metronome"),
    Step("metronome-top, q", watched("q", 0) + f" && {QUIET}", FRAMES,
         only="metronome"),
    Step("metronome-top, Ctrl-C", watched(r"\003", 130) + f" && {QUIET}",
         FRAMES, only="metronome"),
    Step("metronome-top, killed", "rm -f /tmp/top; "
         "metronome-top --until 300ms > /tmp/top & "
         "p=$!; " + until("[ $(grep -ac 'the last' /tmp/top) -ge 2 ]")
         + f"; kill $p; wait $p; [ $? = 143 ] && {QUIET} && cat /tmp/top",
         FRAMES, only="metronome"),
    # What was recorded before is, after it; the rings are nobody's meanwhile.
    Step("metronome-top, tracing on", "metronomectl trace 0x00021000; "
         "metronome-top --until 300ms --frames 2 > /tmp/top; cat /tmp/top; "
         "! pidof xentrace && metronomectl trace; metronomectl trace 0; "
         + QUIET, (*FRAMES, "^0x00021000$"), only="metronome"),
    Step("metronome-top beside xentrace", "xentrace -D -e 0x0002f000 -T 30 "
         "/tmp/trace > /dev/null & p=$!; " + until("pidof xentrace")
         + "; metronome-top --frames 1 2>&1; [ $? = 1 ] && kill $p; wait $p; "
         + QUIET, ("^metronome-top: xentrace already runs",),
         only="metronome"),
    Step("its end", f"xl destroy t; {gone('t')}"),
]

PARTS = {"info": INFO, "guest": GUEST, "sched": SCHED, "pools": POOLS,
         "live": LIVE, "stock": STOCK, "devices": DEVICES, "tools": TOOLS,
         "trace": TRACE,
         "save": SAVE, "migrate": MIGRATION, "faults": FAULTS,
         "credit2": CREDIT2, "rtds": RTDS, "bvt": BVT, "sedf": SEDF}
# What a part wants to be booted with, besides `sched=credit`.
BOOTS = {name: name for name in ("credit2", "rtds", "bvt", "sedf")}


def scheduler(part: str) -> str:
    """The one that a part is booted with."""
    return BOOTS.get(part, "credit")


def steps(part: str, hypervisor: str) -> list[Step]:
    """Those of a part that are for this hypervisor."""
    return [step for step in PARTS[part] if step.only in ("", hypervisor)]


def scripts(parts: list[str]) -> list[str]:
    """All commands of some parts."""
    return [step.command for part in parts for step in PARTS[part]]
