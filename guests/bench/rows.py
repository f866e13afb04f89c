"""The rows of the table of speed: names, units, and what we aim at."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """One operation. aim is None where the aim is not a number."""

    key: str
    label: str
    aim: float | None
    unit: str = ""         # "" is instructions
    note: str = ""         # shown instead of the aim


ROWS = [
    Row("null_call", "null hypercall", 100),
    Row("multicall_null", "null call within a multicall of 64, each", 40),
    Row("event_self", "event to self, until the handler runs", 200),
    Row("iret", "iret hypercall", 100),
    Row("pte_update", "PTE set by mmu_update", 300),
    Row("pte_update_batch", "PTE set by mmu_update, batch of 64, each", 140),
    Row("va_mapping_multicall",
        "update_va_mapping in a multicall of 64, each", 180),
    Row("tlb_flush", "local TLB flush", 150),
    Row("page_fault", "page fault to the guest's handler", 150),
    Row("page_fault_return", "page fault, round trip", 300),
    Row("user_syscall", "user system call bounced and back", 250),
    Row("emulated_rdmsr", "emulated rdmsr", 400),
    Row("emulated_cr0_read", "emulated CR0 read", 400),
    Row("emulated_pte_write", "emulated PTE write", 400),
    Row("grant_map", "grant map", 500),
    Row("grant_unmap", "grant unmap", 500),
    Row("grant_copy", "grant copy of 4 KiB", 1000),
    Row("yield_switch_2", "yield switch, 2 vCPUs", 600),
    Row("yield_switch_32", "yield switch, 32 vCPUs", 700),
    Row("involuntary_switch", "involuntary switch", 800),
    Row("pingpong", "event + block ping-pong round trip, one CPU", 2200),
    Row("yield_domain", "yield to another domain and back", 1400),
    Row("timer_running", "timer lateness, vCPU running", 400),
    Row("timer_idle", "timer lateness, idle CPU", 1000),
    Row("trace_record", "one trace record (all classes on)", 50),
    Row("hand_over", "hand-over from the loader to dom0's entry",
        60_000_000),
    Row("wakeup_median", "wake-up 100 µs ahead among 1 to 8 hogs, median",
        5_000, "ns"),
    Row("wakeup_worst", "wake-up 100 µs ahead among 1 to 8 hogs, worst",
        50_000, "ns"),
    Row("weights_error", "weights 64:256:256:1024, 2 s: worst share error",
        0.7, "%"),
    # BVT's bound for four: C (1 + 0.64 * 2), C = 0.5 ms; sched/bvt/README.md.
    Row("weights_deviation", "the same: CPU time off, in any window",
        1_141_000, "ns"),
    Row("equal_deviation", "16 equal hogs, 1 s: worst off the fair share",
        None, "%", "one slice"),
    Row("equal_deviation_time", "the same, in CPU time", None, "ns",
        "one slice"),
]
