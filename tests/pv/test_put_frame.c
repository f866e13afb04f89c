/*
 * test_put_frame.c - the frame that a guest's handler finds, as the fast ways
 * write it: where it stands, and that it never reaches into the hypervisor's
 * hole. A machine of 5 TiB, whose direct map ends where the hole does, is not
 * at hand; but a store there is a fault of the host's, which is told from a
 * refusal.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "xen/arch/x86/layout.h"
#include "xen/arch/x86/pv/pv.h"

struct put_frame {
    uint64_t sp;
    struct pv_vcpu *pv;
    struct cpu_user_regs *regs;
    uint64_t result;
};

int put_frame_0(struct put_frame *f);
int put_frame_1(struct put_frame *f);

enum { WRITTEN, REFUSED, FAULTED };

static struct vcpu_info info;
static struct pv_vcpu pv = { .info = &info };
static struct cpu_user_regs regs = { .rip = 0x1234, .cs = 0xe033, .ss = 7 };
static sigjmp_buf back;

static void on_fault(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

static int put(int (*fn)(struct put_frame *), uint64_t sp, uint64_t *result)
{
    struct put_frame f = { sp, &pv, &regs, 0 };
    int rc;

    if (sigsetjmp(back, 1))
        return FAULTED;
    rc = fn(&f);
    *result = f.result;
    return rc;
}

static void test_where_it_stands(void **state)
{
    static uint64_t stack[32] __attribute__((aligned(16)));
    uint64_t at;

    (void)state;
    assert_int_equal(put(put_frame_0, (uintptr_t)&stack[32] - 3, &at), WRITTEN);
    assert_int_equal(at, (uintptr_t)&stack[30 - 7]);
    assert_int_equal(stack[30 - 7 + 2], 0x1234);
    assert_int_equal(put(put_frame_1, (uintptr_t)&stack[32], &at), WRITTEN);
    assert_int_equal(at, (uintptr_t)&stack[32 - 8]);
    assert_int_equal(stack[32 - 8 + 3], 0x1234);
}

static void check_hole(int (*fn)(struct put_frame *), unsigned words)
{
    uint64_t at;

    /* All that would have a word in the hole, ... */
    for (uint64_t sp = HOLE_END - 64; sp < HOLE_END + 8 * words; sp += 8)
        assert_int_equal(put(fn, sp, &at), REFUSED);
    assert_int_equal(put(fn, HOLE_START + 4096, &at), REFUSED);
    /* ... and what has none. Its first word is not canonical, or not the
     * host's to write: the processor refuses it. */
    assert_int_equal(put(fn, HOLE_START, &at), FAULTED);
    assert_int_equal(put(fn, HOLE_END + 4096, &at), FAULTED);
}

/* With a stack of its own: rsp is in `regs` when it comes. */
static void catch_faults(void)
{
    static char stack[65536];
    const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction action = { .sa_handler = on_fault,
                                .sa_flags = SA_ONSTACK };

    assert_int_equal(sigaltstack(&own, NULL), 0);
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
    assert_int_equal(sigaction(SIGBUS, &action, NULL), 0);
}

static void test_hole(void **state)
{
    (void)state;
    catch_faults();
    check_hole(put_frame_0, 7);
    check_hole(put_frame_1, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_where_it_stands),
                                        cmocka_unit_test(test_hole) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
