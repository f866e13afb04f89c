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

static void read_msrs(unsigned count)
{
    uint32_t low, high;

    while (count--)
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
}

static void read_cr0s(unsigned count)
{
    unsigned long value;

    while (count--)
        __asm__ volatile("mov %%cr0, %0" : "=r"(value));
}

static void fault_rows(void)
{
    ns_t there[99], back[99];
    /* An address that nothing maps: a hole of the lower half. */
    const void *hole = (const void *)0x10000000UL;

    stub_skip = 2;
    set_fault_entry(stub_fault);
    for (unsigned i = 0; i < 99; i++) {
        uint64_t start, end;

        stub_stamp = 0;
        start = clock_tsc();
        end = stub_touch(hole);
        there[i] = clock_tsc_to_ns(stub_stamp - start);
        back[i] = clock_tsc_to_ns(end - start);
    }
    set_fault_entry(trap_entries + 16 * TRAP_PAGE_FAULT);
    row_value("page_fault", median(there, 99));
    row_value("page_fault_return", median(back, 99));
}

void rows_faults(void)
{
    fault_rows();
    row_value("emulated_cr0_read", measure(read_cr0s, 100));
    row_value("emulated_rdmsr", measure(read_msrs, 100));
}
