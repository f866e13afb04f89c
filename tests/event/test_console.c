/*
 * test_console.c - the console ring of a boot-time domain on the host: input
 * reaches it, and is over when the ring is given back.
 *
 * The ring's page is made inaccessible, so that each look at it is seen: at
 * that moment the domain's event lock must be held, which is what keeps
 * console_ring_destroy() on another CPU from giving the page back.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/io/console.h>
#include "xen/core/console_ring.h"
#include "xen/core/event_private.h"
#include "xen/core/pirq.h"

#define FRAMES     4
#define RING_FRAME 2

static struct domain dom;
static struct vcpu vcpu;
static struct vcpu *table[] = { &vcpu };
static struct vcpu_info info;
static void (*take)(char c);
static void (*pass_input)(void *arg);
static unsigned looks, unlocked_looks, held;

/* What the files under test ask of the rest of the hypervisor. */

struct pv_vcpu *current_pv(void)
{
    return NULL;
}

void *mem_alloc(size_t size)
{
    return calloc(1, size);
}

void mem_free(void *p)
{
    free(p);
}

struct page *mmu_hold(struct domain *d, mfn_t mfn)
{
    (void)d;
    held++;
    return mfn_to_page(mfn);
}

void mmu_unhold(struct page *page)
{
    assert_ptr_not_equal(dom.console_page, page); /* nobody finds it */
    held--;
}

struct domain *domain_get(uint16_t id)
{
    return id ? NULL : domain_hold(&dom);
}

void domain_put(struct domain *d)
{
    d->refs--;
}

void domain_crash(struct domain *d, const char *format, ...)
{
    fail_msg("%s (%p)", format, (void *)d);
}

int pirq_start(struct domain *d, unsigned pirq, unsigned port,
               const struct vcpu *v)
{
    (void)d, (void)pirq, (void)port, (void)v;
    return -XEN_ENODEV;
}

void pirq_stop(unsigned pirq)
{
    (void)pirq;
}

void run_notify(struct run *r)
{
    (void)r;
}

union softirq_word percpu_softirq;

void softirq_defer(struct softirq_work *w)
{
    fail_msg("%p", (void *)w);
}

void preempt_slow(void)
{
}

void run_yield(void)
{
}

void console_print(const char *format, ...)
{
    (void)format;
}

void console_guest_write(struct console_guest *g, const char *text, size_t n)
{
    (void)g, (void)text, (void)n;
}

void console_set_input(void (*fn)(char c))
{
    take = fn;
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg, unsigned on)
{
    (void)t, (void)arg, (void)on;
    pass_input = fn;
}

void timer_set(struct timer *t, ns_t when)
{
    (void)t, (void)when;
}

void host_yield(void)
{
    fail_msg("a lock is taken twice");
}

static void map_at(uintptr_t address, size_t size)
{
    void *p = mmap((void *)address, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    assert_ptr_equal(p, (void *)address);
}

static void guard(int protection)
{
    assert_int_equal(mprotect(mfn_to_virt(RING_FRAME), PAGE_SIZE, protection),
                     0);
}

static void on_look(int number)
{
    (void)number;
    looks++;
    unlocked_looks += !dom.event.lock.held;
    guard(PROT_READ | PROT_WRITE);
}

static void start(void)
{
    dom.max_vcpus = 1;
    dom.refs = 1;
    dom.vcpu = table;
    dom.shared = mfn_to_virt(1);
    vcpu.domain = &dom;
    vcpu.pv.info = &info;
    map_at(DIRECTMAP_START, FRAMES * PAGE_SIZE);
    map_at(FRAMES_START, PAGE_SIZE);
    assert_int_equal(event_domain_create(&dom), 0);
    assert_int_equal(console_ring_create(&dom, RING_FRAME), 0);
    console_ring_focus(&dom);
    (void)signal(SIGSEGV, on_look);
}

static void type(const char *text)
{
    while (*text)
        take(*text++);
    pass_input(NULL);
}

static void test_input(void **state)
{
    const struct xencons_interface *ring;

    (void)state;
    start();
    ring = mfn_to_virt(RING_FRAME);
    guard(PROT_NONE);
    type("ab");
    assert_int_equal(looks, 1);
    assert_int_equal(unlocked_looks, 0);
    assert_int_equal(ring->in_prod, 2);
    assert_memory_equal(ring->in, "ab", 2);
    assert_true(event_port_pending(&dom, dom.console_port));

    /* The end: the page is given back, and input goes nowhere. */
    console_ring_destroy(&dom);
    assert_int_equal(held, 0);
    assert_int_equal(dom.refs, 1); /* nor does the console hold the domain */
    guard(PROT_NONE);
    type("c");
    assert_int_equal(looks, 1);
    event_domain_destroy(&dom);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_input) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
