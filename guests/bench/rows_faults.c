/* Page faults to a handler of ours, and emulated privileged instructions. */
#include "guests/bench/bench.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/trap.h"

#define MSR_EFER 0xc0000080

extern const char trap_entries[];

static void set_fault_entry(const char *entry)
{
    struct trap_info table[2] = {
        { .vector = TRAP_PAGE_FAULT,
          .cs = FLAT_KERNEL_CS,
          .address = (unsigned long)entry },
    };

    (void)hypercall_set_trap_table(table);
}

void read_msrs(unsigned count)
{
    uint32_t low, high;

    while (count--)
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
}

void read_cr0s(unsigned count)
{
    unsigned long value;

    while (count--)
        __asm__ volatile("mov %%cr0, %0" : "=r"(value));
}

/* An address that nothing maps: a hole of the lower half. */
static const void *const hole = (const void *)0x10000000UL;

void fault_handled_by_stub(bool on)
{
    stub_skip = 2;
    set_fault_entry(on ? stub_fault : trap_entries + 16 * TRAP_PAGE_FAULT);
}

void fault_once(void)
{
    (void)stub_touch(hole);
}

static void fault_rows(void)
{
    ns_t there[99], back[99];

    fault_handled_by_stub(true);
    for (unsigned i = 0; i < 99; i++) {
        uint64_t start, end;

        stub_stamp = 0;
        start = clock_tsc();
        end = stub_touch(hole);
        there[i] = clock_tsc_to_ns(stub_stamp - start);
        back[i] = clock_tsc_to_ns(end - start);
    }
    fault_handled_by_stub(false);
    row_value("page_fault", median(there, 99));
    row_value("page_fault_return", median(back, 99));
}

void rows_faults(void)
{
    fault_rows();
    row_value("emulated_cr0_read", measure(read_cr0s, 100));
    row_value("emulated_rdmsr", measure(read_msrs, 100));
}
