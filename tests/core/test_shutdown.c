/*
 * test_shutdown.c - how a domain stops, on the host: whoever is to stop does,
 * also while another vCPU's shutdown is half done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/arch/up.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/base/trace_host.h"
#include "xen/core/domain_private.h"

ns_t fake_now;
static struct domain dom;
static struct vcpu vcpu;
static struct cpu_user_regs registers;
static unsigned paused, waits, dumps;
static bool traced;
static struct timer *set; /* last */

/* What the file under test asks of the rest of the hypervisor. */

struct pv_vcpu *current_pv(void)
{
    return &vcpu.pv;
}

struct cpu_user_regs *guest_regs(void)
{
    return &registers;
}

void domain_pause_vcpus(struct domain *d)
{
    (void)d;
    paused++;
}

void domain_unpause_vcpus(struct domain *d)
{
    (void)d;
}

void domain_pause(struct domain *d)
{
    (void)d;
}

int domain_unpause(struct domain *d)
{
    (void)d;
    return 0;
}

void event_send_global_virq(unsigned virq)
{
    (void)virq;
}

/* There is no stack to show. */
int guest_copy_in(void *to, uintptr_t guest, size_t size)
{
    (void)to, (void)guest, (void)size;
    return -XEN_EFAULT;
}

void console_log(enum log_level level, const char *format, ...)
{
    (void)level, (void)format;
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg, unsigned on)
{
    (void)on;
    t->fn = fn;
    t->arg = arg;
}

void timer_set(struct timer *t, ns_t when)
{
    (void)when;
    set = t;
}

void timer_stop(struct timer *t)
{
    (void)t;
}

void timer_kill(struct timer *t)
{
    (void)t;
}

uint32_t trace_get_mask(void)
{
    return traced ? TRC_ALL : 0;
}

void trace_show_last(void)
{
    assert_false(dom.shut_down); /* what led to it, not what follows */
    dumps++;
}

union softirq_word percpu_softirq;

void softirq_run(void)
{
}

/* The lock is taken: the other vCPU, which holds it, pauses all and lets go. */
void host_yield(void)
{
    waits++;
    domain_pause_vcpus(&dom);
    spin_unlock(&dom.lock);
}

static int setup(void **state)
{
    (void)state;
    memset(&dom, 0, sizeof(dom));
    memset(&vcpu, 0, sizeof(vcpu));
    vcpu.domain = &dom;
    paused = waits = 0;
    return 0;
}

static void test_crash(void **state)
{
    (void)state;
    up_crash("for the test");
    assert_true(dom.shut_down && dom.crashed);
    assert_int_equal(dom.shutdown_code, SHUTDOWN_crash);
    assert_int_equal(paused, 1);
    assert_int_equal(vcpu.pv.stop, 1);
}

/* Another vCPU has begun a shutdown, and not yet paused us, when we come to
 * crash: we may not go on into the guest, and are paused when we look. */
static void test_crash_during_a_shutdown(void **state)
{
    (void)state;
    spin_lock(&dom.lock);
    dom.shut_down = true;
    dom.shutdown_code = SHUTDOWN_reboot;
    up_crash("for the test");
    assert_int_equal(vcpu.pv.stop, 1);
    assert_int_equal(waits, 1);
    assert_int_equal(paused, 1); /* by the other; not again */
    assert_int_equal(dom.shutdown_code, SHUTDOWN_reboot);
    assert_false(dom.crashed);
}

/* The last records are shown, if there are any, before the domain is stopped.
 */
static void test_a_bark_shows_the_trace(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        (void)setup(NULL);
        traced = i;
        dumps = 0;
        domain_watchdog_create(&dom);
        assert_int_equal(domain_watchdog(&dom, 0, 1), 1);
        set->fn(set->arg);
        assert_int_equal(dumps, i);
        assert_true(dom.shut_down);
        assert_int_equal(dom.shutdown_code, SHUTDOWN_watchdog);
    }
}

/* A guest cannot have the records shown again and again: one a minute. */
static void test_barks_do_not_flood(void **state)
{
    static const struct {
        ns_t after;
        unsigned dumps;
    } bark[] = { { S(100), 1 }, { 0, 1 }, { S(60) - 1, 1 }, { 1, 2 } };

    (void)state;
    traced = true;
    dumps = 0;
    for (unsigned i = 0; i < 4; i++) {
        (void)setup(NULL);
        fake_now += bark[i].after;
        domain_watchdog_create(&dom);
        assert_int_equal(domain_watchdog(&dom, 0, 1), 1);
        set->fn(set->arg);
        assert_int_equal(dumps, bark[i].dumps);
        assert_true(dom.shut_down);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_crash, setup),
        cmocka_unit_test_setup(test_crash_during_a_shutdown, setup),
        cmocka_unit_test_setup(test_a_bark_shows_the_trace, setup),
        cmocka_unit_test_setup(test_barks_do_not_flood, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
