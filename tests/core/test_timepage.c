/*
 * test_timepage.c - a vCPU's scheduler page, on the host: two vCPUs that ask
 * for it at once get the same one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "sched/api/core.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"

#define FRAMES 4

static struct domain dom;
static struct vcpu vcpu, asker;
static mfn_t next_frame;
static unsigned shared, freed;
static int64_t other_got;
static bool other_asks;

struct pv_vcpu *current_pv(void)
{
    return &asker.pv; /* so that nothing is refreshed here */
}

/* While one vCPU is about to ask for a frame, the other gets its own. */
struct page *frame_alloc(unsigned order, unsigned flags)
{
    (void)order, (void)flags;
    if (other_asks) {
        other_asks = false;
        other_got = timepage_schedpage(&vcpu);
    }
    return mfn_to_page(next_frame++);
}

void frame_free(struct page *page, unsigned order)
{
    (void)page, (void)order;
    freed++;
}

void mmu_share_page(struct page *page, struct domain *d, bool writable)
{
    assert_int_equal(dom.lock.held, 1);
    assert_false(writable);
    page->owner = d;
    shared++;
}

/* The rest is not called, or of no matter here. */

struct time_scale time_the_scale = { .mul = 1 };
struct run_cpu percpu_run_cpu;

uint64_t time_wall_base(void)
{
    return 0;
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg, unsigned on)
{
    (void)t, (void)fn, (void)arg, (void)on;
}

void timer_set(struct timer *t, ns_t when)
{
    (void)t, (void)when;
}

void run_times(const struct run *r, struct vcpu_runstate_info *out)
{
    (void)r;
    memset(out, 0, sizeof(*out));
}

void run_times_at_entry(const struct run *r, struct vcpu_runstate_info *out)
{
    (void)r;
    memset(out, 0, sizeof(*out));
}

ns_t run_virtual_time(const struct run *r)
{
    (void)r;
    return 0;
}

const struct sched_ops *run_ops(const struct run *r)
{
    (void)r;
    return NULL;
}

unsigned sched_view(struct sched_vcpu *v, ns_t now, int64_t *out)
{
    (void)v, (void)now, (void)out;
    return 0;
}

void area_write(struct area *a, size_t offset, const void *from, size_t size)
{
    (void)a, (void)offset, (void)from, (void)size;
}

static void map_at(uintptr_t address, size_t size)
{
    void *p = mmap((void *)address, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    assert_ptr_equal(p, (void *)address);
}

void host_yield(void)
{
    fail_msg("a lock is taken twice");
}

static void test_two_ask_at_once(void **state)
{
    int64_t got;

    (void)state;
    map_at(DIRECTMAP_START, FRAMES * PAGE_SIZE);
    map_at(FRAMES_START, PAGE_SIZE);
    vcpu.domain = asker.domain = &dom;
    other_asks = true;
    got = timepage_schedpage(&vcpu);
    assert_int_equal(got, other_got);
    assert_int_equal(shared, 1);
    assert_int_equal(freed, 1); /* the one that came too late */
    assert_ptr_equal(vcpu.schedpage, mfn_to_virt((mfn_t)got));
    assert_int_equal(timepage_schedpage(&vcpu), got);
    assert_int_equal(freed, 1); /* no frame for nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_ask_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
