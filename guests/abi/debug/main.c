/* Debug registers: breakpoints that fire here only, and what is refused. */
#include <stddef.h>
#include <xen/sched.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"

#define DR7_WRITE_8 (1UL << 0 | 9UL << 16) /* slot 0, local, write, 8 bytes */

static uint64_t cell;
static volatile uint64_t *const watched = &cell;
static volatile unsigned hits;
static volatile uint64_t status;

static long set_register(unsigned number, uint64_t value)
{
    return hypercall2(__HYPERVISOR_set_debugreg, number, value);
}

static uint64_t get_register(unsigned number)
{
    return (uint64_t)hypercall2(__HYPERVISOR_get_debugreg, number, 0);
}

static void hit(struct trap_frame *frame)
{
    (void)frame;
    hits++;
    status = get_register(6);
    (void)set_register(6, 0xffff0ff0);
}

static void test_watchpoint(void)
{
    trap_handler_t *old = trap_set_handler(TRAP_DEBUG, hit);

    check_equal(set_register(0, address_of(&cell)), 0, "set DR0");
    check_equal((long)get_register(0), (long)address_of(&cell),
                "DR0 read back");
    *watched = 1;
    check_equal(hits, 0, "hits before it is enabled");
    check_equal(set_register(7, DR7_WRITE_8), 0, "set DR7");
    *watched = 2;
    check_equal(hits, 1, "hits of a write");
    check(status & 1, "DR6 does not name slot 0: %lx", status);
    (void)*watched;
    check_equal(hits, 1, "hits of a read");
    (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    *watched = 3;
    check_equal(hits, 2, "hits of a write after a yield");
    check_equal(set_register(7, 0), 0, "clear DR7");
    *watched = 4;
    check_equal(hits, 2, "hits when it is disabled");
    trap_set_handler(TRAP_DEBUG, old);
}

static void test_refusals(void)
{
    check(set_register(0, HYPERVISOR_VIRT_START + 0x2d040000000UL) < 0,
          "a breakpoint in the hypervisor");
    check(set_register(1, 1UL << 63) < 0, "an address that is not canonical");
    check(set_register(20, 0) < 0, "register 20");
    check(hypercall2(__HYPERVISOR_get_debugreg, 20, 0) < 0,
          "reading register 20");
    check(set_register(7, 1UL << 13) < 0 || !(get_register(7) & 1UL << 13),
          "general detect is on");
    check_equal(set_register(7, 0), 0, "clear DR7");
}

void guest_main(void)
{
    report_begin("debug");
    test_watchpoint();
    test_refusals();
    report_end();
}
