"""The scheduler that a machine was booted with, by the command that xl has for
it: Credit2 on both, and RTDS where it is built in (Debian's Xen has none). The
others, which xl does not know, by metronomectl: for xl they are `null`."""
from __future__ import annotations

from parts_sched import HOG
from step import Step, config, gone

CREATE = f"{config('e', *HOG)}; xl create /tmp/e.cfg; xl list e"
RUNS = "xl vcpu-list e; sleep 2; xl list e"
END = f"xl destroy e; {gone('e')}; xl list"

CREDIT2 = [
    Step("c2: info", "xl info; xl cpupool-list",
         ("^xen_scheduler +: credit2$", "^Pool-0 +2 +credit2 +y +1$")),
    Step("c2: sched-credit2", "xl sched-credit2",
         ("^Cpupool Pool-0: ratelimit=1000us$", "^Domain-0 +0 +256 ")),
    Step("c2: create", CREATE, ("^e +[0-9]+ +16 +2 ",)),
    Step("c2: sched-credit2 -w -c", "xl sched-credit2 -d e -w 512 -c 30; "
         "xl sched-credit2 -d e", ("^e +[0-9]+ +512 +30$",)),
    Step("c2: weight refused", "! xl sched-credit2 -d e -w 0 2>&1; "
         "! xl sched-credit2 -d e -w 65536 2>&1; xl sched-credit2 -d e",
         ("out of range", "^e +[0-9]+ +512 +30$")),
    Step("c2: sched-credit2 -s -r", "xl sched-credit2 -s -r 2500; "
         "xl sched-credit2 -s; xl sched-credit2 -s -r 1000",
         ("^Cpupool Pool-0: ratelimit=2500us$",)),
    Step("c2: pinned", "xl vcpu-pin e all 1; xl vcpu-list e",
         ("^e +[0-9]+ +1 .* 1 / all$",)),
    Step("c2: it runs", RUNS, ("^e +[0-9]+ +16 +2 ",)),
    Step("c2: sched-credit is another's", "! xl sched-credit -d e 2>&1"),
    Step("c2: destroy", END, ("^Domain-0 ",), ("^e ",)),
]

RTDS = [
    Step("rtds: info", "xl info; xl cpupool-list",
         ("^xen_scheduler +: rtds$", "^Pool-0 +2 +rtds +y +1$"),
         only="metronome"),
    Step("rtds: sched-rtds", "xl sched-rtds -v all",
         ("^Cpupool Pool-0: sched=RTDS$",
          "^Domain-0 +0 +1 +10000 +4000 +yes"), only="metronome"),
    Step("rtds: create", f"{CREATE}; xl sched-rtds -d e -v all",
         ("^e +[0-9]+ +16 +2 ", "^e +[0-9]+ +1 +10000 +4000 +yes"),
         only="metronome"),
    Step("rtds: sched-rtds -p -b", "xl sched-rtds -d e -v all -p 25000 "
         "-b 5000 -e 1; xl sched-rtds -d e -v all",
         ("^e +[0-9]+ +0 +25000 +5000 +yes",
          "^e +[0-9]+ +1 +25000 +5000 +yes"),
         only="metronome"),
    Step("rtds: one vCPU's", "xl sched-rtds -d e -v 1 -p 50000 -b 9000 -e 0; "
         "xl sched-rtds -d e -v all",
         ("^e +[0-9]+ +0 +25000 +5000 ", "^e +[0-9]+ +1 +50000 +9000 +no"),
         only="metronome"),
    Step("rtds: budget refused", "! xl sched-rtds -d e -v all -p 1000 "
         "-b 2000 -e 0 2>&1; "
         "xl sched-rtds -d e -v all", ("^e +[0-9]+ +0 +25000 +5000 ",),
         only="metronome"),
    Step("rtds: it runs", RUNS, ("^e +[0-9]+ +16 +2 ",), only="metronome"),
    Step("rtds: sched-credit2 is another's",
         "! xl sched-credit2 -d e 2>&1", only="metronome"),
    Step("rtds: destroy", END, ("^Domain-0 ",), ("^e ",), only="metronome"),
]


def others(name: str, setting: str, seen: str) -> list[Step]:
    """A guest's life under a scheduler of ours; a parameter of the guest's, as
    it is set and as it is read."""
    return [
        Step(f"{name}: info", "xl info; xl cpupool-list; metronomectl sched "
             "pools", ("^xen_scheduler +: ", "^Pool-0 +2 +null +y +1$",
                       f"^0 +Pool-0 +{name} "), only="metronome"),
        Step(f"{name}: create", CREATE, ("^e +[0-9]+ +16 +2 ",),
             only="metronome"),
        Step(f"{name}: metronomectl", f"metronomectl sched set -d e {setting}; "
             "metronomectl sched get -d e", (f"^  {seen} ",), only="metronome"),
        Step(f"{name}: it runs", RUNS, ("^e +[0-9]+ +16 +2 ",),
             only="metronome"),
        Step(f"{name}: pause, unpause, pin", "xl pause e; xl list e; "
             "xl unpause e; xl vcpu-pin e all 1; xl vcpu-list e",
             ("^e .* --p--- ", "^e +[0-9]+ +1 .* 1 / all$"),
             only="metronome"),
        Step(f"{name}: again", f"xl destroy e; {gone('e')}; {CREATE}",
             ("^e +[0-9]+ +16 +2 ",), only="metronome"),
        Step(f"{name}: destroy", END, ("^Domain-0 ",), ("^e ",),
             only="metronome"),
    ]


BVT = others("bvt", "weight=512 warp=20ms", "warp +20ms")
SEDF = others("sedf", "period=10ms slice=2ms extra=off", "slice +2ms")
