"""Schedulers and CPU pools, by `xl` and, on Metronome, by metronomectl."""
from __future__ import annotations

from step import Step, config, gone

HOG = ('kernel="/guests/hog"', 'extra="report=1s"', "memory=16", "vcpus=2")


def pool(name: str, scheduler: str, cpus: str) -> str:
    """Made with that scheduler, and the CPUs that Pool-0 gives up."""
    return (f"xl cpupool-cpu-remove Pool-0 {cpus}; "
            f"printf '%s\\n' 'name=\"{name}\"' 'sched=\"{scheduler}\"' "
            f"'cpus=[\"{cpus}\"]' > /tmp/{name}.cfg; "
            f"xl cpupool-create /tmp/{name}.cfg")


# What xl knows of other schedulers than the one at boot: in pools of theirs.
POOLS = [
    Step("pool of credit2", pool("c2", "credit2", "1") + "; xl cpupool-list",
         ("^c2 +1 +credit2 +y +0$", "^Pool-0 +1 +credit ")),
    Step("create in the pool", config("e", *HOG, 'pool="c2"') + "; "
         "xl create /tmp/e.cfg; xl cpupool-list; xl vcpu-list e",
         ("^c2 +1 +credit2 +y +1$", "^e +[0-9]+ +[01] +[1-] ")),
    Step("sched-credit2", "xl sched-credit2 -d e -w 300 -c 40; "
         "xl sched-credit2 -d e", ("^e +[0-9]+ +300 +40",)),
    Step("sched-credit2 -s", "xl sched-credit2 -s -p c2 -r 500; "
         "xl sched-credit2 -s -p c2", ("^Cpupool c2: ratelimit=500us",)),
    Step("sched-credit is another's", "! xl sched-credit -d e -w 10 2>&1"),
    Step("sched-credit -s", "xl sched-credit -s -p Pool-0 -t 20 -r 2000; "
         "xl sched-credit -s -p Pool-0; xl sched-credit -s -t 30 -r 1000",
         ("^Cpupool Pool-0: tslice=20ms ratelimit=2000us",)),
    Step("cpupool-rename", "xl cpupool-rename c2 d2; xl cpupool-list",
         ("^d2 +1 +credit2",), ("^c2 ",)),
    Step("cpupool-destroy refused", "! xl cpupool-destroy d2 2>&1; "
         "xl cpupool-list", ("^d2 +1 ",)),
    Step("cpupool-migrate", "xl cpupool-migrate e Pool-0; xl cpupool-list",
         ("^d2 +1 +credit2 +y +0$",)),
    Step("cpupool-destroy", "xl cpupool-cpu-remove d2 1; "
         "xl cpupool-destroy d2; xl cpupool-cpu-add Pool-0 1; "
         "xl cpupool-list", ("^Pool-0 +2 ",), ("^d2 ",)),
    Step("pool of rtds", pool("rt", "rtds", "1")
         + "; xl cpupool-migrate e rt; xl cpupool-list",
         ("^rt +1 +rtds +y +1$",), only="metronome"),
    Step("sched-rtds -v", "xl sched-rtds -d e -v 0 -p 20000 -b 5000 -e 0; "
         "xl sched-rtds -d e -v all",
         ("^e +[0-9]+ +0 +20000 +5000 +no", "^e +[0-9]+ +1 +10000 +4000 +yes"),
         only="metronome"),
    Step("sched-rtds", "xl sched-rtds -d e -v all -p 30000 -b 6000 -e 1; "
         "xl sched-rtds -d e -v all",
         ("^e +[0-9]+ +0 +30000 +6000 +yes",
          "^e +[0-9]+ +1 +30000 +6000 +yes"), only="metronome"),
    Step("sched-rtds refused", "! xl sched-rtds -d e -v all -p 100 -b 200 -e 0 "
         "2>&1; xl sched-rtds -d e -v all", ("^e +[0-9]+ +0 +30000 +6000 ",),
         only="metronome"),
    Step("rtds back", "xl cpupool-migrate e Pool-0; "
         "xl cpupool-cpu-remove rt 1; xl cpupool-destroy rt; "
         "xl cpupool-cpu-add Pool-0 1; xl cpupool-list -c",
         ("^Pool-0 +0,1$",), ("^rt ",), only="metronome"),
    Step("cpupool-numa-split", "xl cpupool-numa-split; xl cpupool-list",
         ("^Pool-node0 +2 +credit ",), ("^Pool-0 ",)),
    Step("cpupool-rename back", "xl cpupool-rename Pool-node0 Pool-0; "
         "xl cpupool-list", ("^Pool-0 +2 +credit ",)),
    Step("destroy of e", f"xl destroy e; {gone('e')}"),
]

CTL = "metronomectl sched"


def refused(command: str, status: int) -> str:
    """It must end with this status; what it says is looked at."""
    return f"{CTL} {command} 2>&1; [ $? = {status} ]"


SCHED = [
    Step("ctl on Xen", refused("list", 3), ("is not a Metronome",),
         only="xen"),
    Step("ctl list", f"{CTL} list", ("^bvt +Borrowed", "^credit ", "^sedf "),
         only="metronome"),
    Step("ctl show", f"{CTL} show bvt sedf",
         ("^warp_limit +domain +ns +2s +0 to 1000s +L: CPU time",
          "^ctx_allow +pool +ns +500us", "^period +domain +ns +100ms"),
         only="metronome"),
    Step("ctl pools", f"{CTL} pools", ("^0 +Pool-0 +credit +1 +0-1$",),
         only="metronome"),
    Step("ctl create", f"{config('s', *HOG)}; xl create /tmp/s.cfg",
         only="metronome"),
    Step("ctl get", f"{CTL} get",
         ("^pool 0 .Pool-0.: credit$", "^  tslice +30ms +ns ",
          "^domain 0 .Domain-0. in Pool-0: credit$",
          "^domain [1-9][0-9]* .s. in Pool-0: credit$",
          "^  weight +256 +count "), only="metronome"),
    Step("ctl set, xl sees it", f"{CTL} set -d s weight=400 cap=30; "
         "xl sched-credit -d s", ("^s +[0-9]+ +400 +30",), only="metronome"),
    Step("ctl change to bvt", f"{CTL} change -p Pool-0 bvt ctx_allow=1ms; "
         f"{CTL} get -p 0", ("^pool 0 .Pool-0.: bvt$",
                             "^  ctx_allow +1ms +ns "), only="metronome"),
    Step("ctl set of bvt", f"{CTL} set -d s weight=512 warp=20ms "
         f"warp_limit=1.5s unwarp=2s; {CTL} get -d s",
         ("in Pool-0: bvt$", "^  weight +512 ", "^  warp +20ms ",
          "^  warp_limit +1500ms ", "^  unwarp +2s "), only="metronome"),
    Step("ctl, xl create under bvt", f"{config('u', *HOG)}; "
         f"xl create /tmp/u.cfg; xl list u; xl destroy u; {gone('u')}",
         ("^u +[0-9]+ +16 +2 ",), only="metronome"),
    Step("ctl watch", f"{CTL} watch -d s -i 0.3 -n 2",
         (r"^[0-9]+ s +0 +0 +[01] +\w+ +[0-9.]+ +[0-9.]+ +bvt +avt=-?[0-9]+ "
          "evt=", r"^[0-9]+ s +1 "), ("^0 Domain-0",), only="metronome"),
    Step("ctl watch of a pool", f"{CTL} watch -p 0 -i 0.1 -n 1",
         ("^0 Domain-0 +0 .* bvt ", "^[0-9]+ s +1 .* bvt "), only="metronome"),
    Step("ctl change to sedf", f"{CTL} change -p 0 sedf; "
         f"{CTL} set -d s period=10ms slice=2ms extra=off; {CTL} get -d s",
         ("in Pool-0: sedf$", "^  period +10ms ", "^  slice +2ms ",
          "^  extra +off "), only="metronome"),
    Step("ctl, xl under sedf", "xl list s; xl vcpu-list s; xl cpupool-list",
         ("^s +[0-9]+ +16 +2 ",), only="metronome"),
    Step("ctl slice beyond period", refused("set -d s slice=20ms", 1),
         ("sedf refuses: these values do not go with each other",),
         only="metronome"),
    Step("ctl admission test", refused("set -d s period=10ms slice=10ms", 1),
         ("sedf refuses: its admission test says",), only="metronome"),
    Step("ctl nothing changed", f"{CTL} get -d s",
         ("^  period +10ms ", "^  slice +2ms "), only="metronome"),
    # A slice of 2 ms in 10 and no extra time: no more than a fifth (without,
    # all there is); how much less is the host's doing.
    Step("ctl share of sedf", f"{CTL} watch -d s -i 2 -n 1",
         (r"^[0-9]+ s +0 .* ([0-9]|1[0-9]|2[0-2])[.][0-9] +[0-9.]+ +sedf ",),
         only="metronome"),
    Step("ctl bad value", refused("set -d s weight=0", 2),
         ("sedf.weight=0: accepted are 1 to ",), only="metronome"),
    Step("ctl bad name", refused("set -d s foo=1", 2),
         ("sedf has no parameter `foo`; it has overhead, ",),
         only="metronome"),
    Step("ctl bad scope", refused("set -d s quantum=1ms", 2),
         ("quantum is of a pool: name it by -p",), only="metronome"),
    Step("ctl bad domain", refused("get -d nobody", 2),
         ("nobody: no such domain",), only="metronome"),
    Step("ctl bad scheduler", refused("change -p 0 fifo", 2),
         ("fifo: no such scheduler; there are: bvt",), only="metronome"),
    Step("ctl per vCPU", f"{CTL} change -p 0 rtds; "
         f"{CTL} set -d s -v 1 period=20ms budget=3ms; {CTL} get -d s",
         ("^ vcpu 0\n +period +10ms(.*\n)* vcpu 1\n +period +20ms",),
         only="metronome"),
    Step("ctl back", f"{CTL} change -p 0 credit; xl destroy s; "
         + gone("s") + "; xl sched-credit -s",
         ("^Cpupool Pool-0: tslice=30ms",), only="metronome"),
]
