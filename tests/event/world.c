/*
 * world.c - see world.h: what the files under test ask of the rest of the
 * hypervisor, and the domains, made anew for each test.
 */
#include "tests/event/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <xen/errno.h>
#include "xen/core/pirq.h"

#define FRAMES 64

struct domain dom[2];
struct vcpu vcpu[2][2];
struct vcpu_info info[2][2];
unsigned notified[2][2];
unsigned crashed, crashed_locked, pirq_port;
void *guest_memory, *fifo_of_dom0;
void (*meanwhile)(void);
struct softirq_work *deferred;

static struct vcpu *table[2][2];
static struct pv_vcpu *running;
static unsigned held;

/* ---- the rest of the hypervisor ---- */

struct pv_vcpu *current_pv(void)
{
    return running;
}

void *mem_alloc(size_t size)
{
    return calloc(1, size);
}

/* Senders at the other end use a FIFO by their own lock alone: while one goes
 * away, no port of its domain may have such an end. */
static void assert_no_remote_sender(const struct domain *d)
{
    unsigned port;

    for (port = 1; port < d->event.nr_ports; port++)
        assert_int_not_equal(event_channel_of(d, port)->state,
                             EVENT_INTERDOMAIN);
}

void mem_free(void *p)
{
    if (p && p == fifo_of_dom0) {
        assert_no_remote_sender(&dom[0]);
        fifo_of_dom0 = NULL;
    }
    free(p);
}

struct page *mmu_hold(struct domain *d, mfn_t mfn)
{
    (void)d;
    if (mfn >= FRAMES)
        return NULL;
    held++;
    return mfn_to_page(mfn);
}

void mmu_unhold(struct page *page)
{
    (void)page;
    held--;
}

struct domain *domain_get(uint16_t id)
{
    return id < 2 ? &dom[id] : NULL;
}

void domain_put(struct domain *d)
{
    (void)d;
}

void domain_crash(struct domain *d, const char *format, ...)
{
    (void)format;
    (void)d;
    crashed++;
    /* It takes the domain's lock, which is outside these, and dom0's. */
    crashed_locked += spin_is_locked(&dom[0].event.lock) ||
                      spin_is_locked(&dom[1].event.lock);
}

void run_notify(struct run *r)
{
    struct vcpu *v = container_of(r, struct vcpu, run);

    notified[v->domain->id][v->id]++;
}

union softirq_word percpu_softirq;

void softirq_defer(struct softirq_work *w)
{
    deferred = w;
}

void preempt_slow(void)
{
    if (meanwhile)
        meanwhile();
}

void run_yield(void)
{
    fail_msg("nobody else resets");
}

void console_print(const char *format, ...)
{
    (void)format;
}

int pirq_start(struct domain *d, unsigned pirq, unsigned port,
               const struct vcpu *v)
{
    if (pirq != 7)
        return -XEN_EINVAL;
    if (pirq_port)
        return -XEN_EBUSY;
    assert_ptr_equal(v->domain, d);
    pirq_port = port;
    return 0;
}

void pirq_stop(unsigned pirq)
{
    assert_int_equal(pirq, 7);
    pirq_port = 0;
}

/* ---- memory and domains ---- */

/* At `address`, and again where the guest sees it: *guest, if not NULL. */
static void map_at(uintptr_t address, size_t size, void **guest)
{
    int fd = memfd_create("memory", 0), access = PROT_READ | PROT_WRITE;
    void *p;

    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    p = mmap((void *)address, size, access, MAP_SHARED | MAP_FIXED_NOREPLACE,
             fd, 0);
    assert_ptr_equal(p, (void *)address);
    if (guest)
        *guest = mmap(NULL, size, access, MAP_SHARED, fd, 0);
}

int setup(void **state)
{
    static bool mapped;
    unsigned i, j;

    (void)state;
    if (!mapped) {
        map_at(DIRECTMAP_START, FRAMES * PAGE_SIZE, &guest_memory);
        map_at(FRAMES_START, 2 * PAGE_SIZE, NULL);
        mapped = true;
    }
    memset(mfn_to_virt(0), 0, FRAMES * PAGE_SIZE);
    memset(dom, 0, sizeof(dom));
    memset(vcpu, 0, sizeof(vcpu));
    memset(info, 0, sizeof(info));
    memset(notified, 0, sizeof(notified));
    held = crashed = crashed_locked = 0;
    meanwhile = NULL;
    fifo_of_dom0 = NULL;
    percpu_softirq.any = 0;
    deferred = NULL;
    for (i = 0; i < 2; i++) {
        dom[i].id = (uint16_t)i;
        dom[i].max_vcpus = 2;
        dom[i].vcpu = table[i];
        dom[i].shared = mfn_to_virt(i);
        for (j = 0; j < 2; j++) {
            table[i][j] = &vcpu[i][j];
            vcpu[i][j].domain = &dom[i];
            vcpu[i][j].id = j;
            vcpu[i][j].pv.info = &info[i][j];
        }
        assert_int_equal(event_domain_create(&dom[i]), 0);
    }
    running = &vcpu[0][0].pv;
    return 0;
}

int teardown(void **state)
{
    (void)state;
    dom[0].dying = dom[1].dying = true;
    event_domain_destroy(&dom[0]);
    event_domain_destroy(&dom[1]);
    assert_int_equal(held, 0);
    return 0;
}

void fifo_start(void)
{
    struct evtchn_init_control op = { .control_gfn = 8, .offset = 0 };

    for (op.vcpu = 0; op.vcpu < 2; op.vcpu++) {
        op.offset = op.vcpu * 128;
        assert_int_equal(event_fifo_init_control(&dom[0], &op), 0);
        assert_int_equal(op.link_bits, EVTCHN_FIFO_LINK_BITS);
    }
    assert_int_equal(event_fifo_init_control(&dom[0], &op), -XEN_ENOENT);
    assert_int_equal(event_fifo_expand(&dom[0], 9), 0);
}
