"""Debian's other tools in dom0, which ask what `xl` does not: event channels,
contexts, policies, resources; and what is not there says so alike."""
from __future__ import annotations

from parts_sched import HOG
from step import Step, config, gone, until

# What Debian's Xen is built without, and so it is refused here, too.
NONE = "(Function not implemented|Operation not supported)"

TOOLS = [
    Step("a guest", f"{config('g', *HOG)}; xl create /tmp/g.cfg; "
         + until("xl list g | grep -q r-----")),
    Step("uptime, domname", "xl uptime g; xl domname $(xl domid g)",
         ("^g +[0-9]+ +[0-9]+:[0-9]+:[0-9]+$", "^g$")),
    Step("xenpm", "xenpm get-cpu-topology",
         ("^CPU0\\s+0\\s+0\\s+0$", "^CPU1\\s+1\\s+0\\s+0$")),
    Step("info -n's devices", "xl info -n 2>&1",
         ("^ +0: +[0-9]+ +[0-9]+ +10$",), ("failed", "error")),
    Step("xen-cpuid", "xen-cpuid -p 2>&1",
         ("^Raw policy: ", "^Host policy: ", "^PV Max policy: ",
          "^PV Default policy: ")),
    Step("lsevtchn", "lsevtchn 0; lsevtchn $(xl domid g)",
         ("VCPU 1: Virtual IRQ 0$", r"Interdomain \(Connected\) - "
          "Remote Domain 0, Port [0-9]+$")),
    # At its own code, on its own stack. (What a Linux says that dies, is not
    # to be in the log.)
    Step("xenctx", "xl pause g; xenctx -a $(xl domid g) 0 | "
         "sed /Call.Trace/d; xl unpause g",
         ("^rip: ffffffff8", "^rsp: ffffffff8", "^ cs: e033", "^cr3: ",
          "^Code .instr addr ffffffff8", r"\[<ffffffff8[0-9a-f]+>\] <--$")),
    Step("test-resource", "test-resource", ("Test x86 PV",),
         ("Fail", "(?i)error")),
    Step("config-update", "xl config-update g /tmp/g.cfg 2>&1; "
         "xl list g", ("^g ",)),
    Step("xenperf", "! xenperf 2>&1", (NONE,)),
    Step("xenlockprof", "! xenlockprof 2>&1", (NONE,)),
    Step("xencov", "! xencov read 2>&1", (NONE,)),
    Step("psr-hwinfo", "xl psr-hwinfo 2>&1; true", ("Enabled +: 0",)),
    Step("getenforce", "xl getenforce 2>&1; true", ("Disabled",)),
    Step("its end", f"xl destroy g; {gone('g')}"),
]
