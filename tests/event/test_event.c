/*
 * test_event.c - event channels on the host: bindings, both delivery ABIs, and
 * a FIFO consumer that follows the public protocol while events are sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>
#include <xen/errno.h>
#include "xen/core/event_private.h"
#include "xen/core/pirq.h"

#define FRAMES 64

static struct domain dom[2];
static struct vcpu vcpu[2][2];
static struct vcpu *table[2][2];
static struct vcpu_info info[2][2];
static struct pv_vcpu *running;
static unsigned notified[2][2];
static unsigned held, crashed, crashed_locked;
static void *guest_memory;      /* the frames, mapped once more */
static void (*meanwhile)(void); /* what others do at a preemption point */

/* What the files under test ask of the rest of the hypervisor. */

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

static void *fifo_of_dom0;

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
static struct softirq_work *deferred;

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

static unsigned pirq_port; /* of the one PIRQ that there is, 7 */

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

static int setup(void **state)
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

static int teardown(void **state)
{
    (void)state;
    dom[0].dying = dom[1].dying = true;
    event_domain_destroy(&dom[0]);
    event_domain_destroy(&dom[1]);
    assert_int_equal(held, 0);
    return 0;
}

static void test_ports_are_reused_lowest_first(void **state)
{
    int a = event_alloc_unbound(&dom[0], 1),
        b = event_alloc_unbound(&dom[0], 1);

    (void)state;
    assert_int_equal(a, 1);
    assert_int_equal(b, 2);
    assert_int_equal(event_close(&dom[0], 1), 0);
    assert_int_equal(event_close(&dom[0], 1), -XEN_EINVAL);
    assert_int_equal(event_alloc_unbound(&dom[0], 1), 1);
    assert_int_equal(event_alloc_unbound(&dom[0], 1), 3);
}

static void test_ports_run_out(void **state)
{
    int port = 0, n = 0;

    (void)state;
    while (port >= 0) {
        port = event_alloc_unbound(&dom[0], 1);
        n++;
    }
    assert_int_equal(port, -XEN_ENOSPC);
    assert_int_equal(n, EVENT_PORTS_2L); /* port 0 is nobody's */
}

static void test_only_the_named_domain_binds(void **state)
{
    int port = event_alloc_unbound(&dom[1], 1);

    (void)state;
    assert_int_equal(event_bind_interdomain(&dom[0], 1, (unsigned)port),
                     -XEN_EINVAL);
    assert_int_equal(event_bind_interdomain(&dom[0], 1, 4095), -XEN_EINVAL);
    assert_int_equal(event_bind_interdomain(&dom[0], 7, 1), -XEN_ESRCH);
}

static void test_interdomain_send_and_close(void **state)
{
    int remote = event_alloc_unbound(&dom[1], 0);
    int local = event_bind_interdomain(&dom[0], 1, (unsigned)remote);

    (void)state;
    assert_true(local > 0);
    assert_int_equal(event_send(&dom[0], (unsigned)local), 0);
    assert_int_equal(dom[1].shared->evtchn_pending[0], 1u << remote);
    assert_int_equal(info[1][0].evtchn_pending_sel, 1);
    assert_int_equal(info[1][0].evtchn_upcall_pending, 1);
    assert_int_equal(notified[1][0], 1);
    assert_int_equal(event_send(&dom[0], (unsigned)local), 0);
    assert_int_equal(notified[1][0], 1); /* still pending: told once */
    assert_int_equal(event_close(&dom[0], (unsigned)local), 0);
    /* The other end is unbound, for the same domain to bind again. */
    assert_int_equal(event_send(&dom[1], (unsigned)remote), 0);
    assert_true(event_bind_interdomain(&dom[0], 1, (unsigned)remote) > 0);
}

static void test_masked_is_pending_but_silent(void **state)
{
    int port = event_bind_ipi(&dom[0], 1);

    (void)state;
    dom[0].shared->evtchn_mask[0] = ~0ul;
    assert_int_equal(event_send(&dom[0], (unsigned)port), 0);
    assert_true(event_port_pending(&dom[0], (unsigned)port));
    assert_int_equal(notified[0][1], 0);
    assert_int_equal(event_unmask(&dom[0], (unsigned)port), 0);
    assert_int_equal(notified[0][1], 1);
    assert_int_equal(info[0][1].evtchn_upcall_pending, 1);
}

static void test_virq_rules(void **state)
{
    (void)state;
    assert_true(event_bind_virq(&dom[0], VIRQ_TIMER, 1) > 0);
    assert_int_equal(event_bind_virq(&dom[0], VIRQ_TIMER, 1), -XEN_EEXIST);
    assert_int_equal(event_bind_virq(&dom[0], VIRQ_CONSOLE, 1), -XEN_EINVAL);
    assert_int_equal(event_bind_virq(&dom[0], NR_VIRQS, 0), -XEN_EINVAL);
    assert_int_equal(event_bind_virq(&dom[0], VIRQ_TIMER, 9), -XEN_ENOENT);
    event_send_virq(&vcpu[0][1], VIRQ_TIMER);
    assert_int_equal(notified[0][1], 1);
    event_send_virq(&vcpu[0][0], VIRQ_TIMER); /* not bound: nothing */
    assert_int_equal(info[0][0].evtchn_upcall_pending, 0);
}

static void test_poller_is_woken_by_masked_event(void **state)
{
    int port = event_bind_ipi(&dom[0], 1);

    (void)state;
    dom[0].shared->evtchn_mask[0] = ~0ul;
    vcpu[0][1].event.poll_port = (uint32_t)port;
    vcpu[0][1].event.polling = true;
    assert_int_equal(event_send(&dom[0], (unsigned)port), 0);
    assert_int_equal(notified[0][1], 1);
}

static void fifo_start(void)
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

/* What a guest does in its upcall, for one queue: the ports in their order.
 * Unlinks each by the public protocol and clears PENDING. */
static unsigned fifo_consume(unsigned v, unsigned priority, unsigned *ports)
{
    struct evtchn_fifo_control_block *control =
        (void *)((uint8_t *)mfn_to_virt(8) + v * 128);
    uint32_t *words = mfn_to_virt(9);
    uint32_t port = control->head[priority];
    unsigned n = 0;

    info[0][v].evtchn_upcall_pending = 0;
    if (!(control->ready & (1u << priority)))
        return 0;
    control->ready &= ~(1u << priority);
    while (port) {
        uint32_t link = words[port] & EVTCHN_FIFO_LINK_MASK;

        words[port] &= ~((1u << EVTCHN_FIFO_LINKED) |
                         (uint32_t)EVTCHN_FIFO_LINK_MASK |
                         (1u << EVTCHN_FIFO_PENDING));
        ports[n++] = port;
        port = link;
    }
    return n;
}

static void test_fifo_keeps_order_and_priority(void **state)
{
    unsigned a, b, c, got[8];

    (void)state;
    fifo_start();
    a = (unsigned)event_bind_ipi(&dom[0], 1);
    b = (unsigned)event_bind_ipi(&dom[0], 1);
    c = (unsigned)event_bind_ipi(&dom[0], 1);
    assert_int_equal(event_fifo_set_priority(&dom[0], c, 0), 0);
    assert_int_equal(event_fifo_set_priority(&dom[0], c, 16), -XEN_EINVAL);
    assert_int_equal(event_send(&dom[0], b), 0);
    assert_int_equal(event_send(&dom[0], a), 0);
    assert_int_equal(event_send(&dom[0], b), 0); /* pending already */
    assert_int_equal(event_send(&dom[0], c), 0);
    assert_int_equal(notified[0][1], 1);
    assert_int_equal(fifo_consume(1, 0, got), 1);
    assert_int_equal(got[0], c);
    assert_int_equal(fifo_consume(1, 7, got), 2);
    assert_int_equal(got[0], b);
    assert_int_equal(got[1], a);
    /* Emptied: the next one begins the queue anew and tells the vCPU. */
    assert_int_equal(event_send(&dom[0], a), 0);
    assert_int_equal(notified[0][1], 2);
    assert_int_equal(fifo_consume(1, 7, got), 1);
}

static void test_fifo_masked_then_unmasked(void **state)
{
    uint32_t *words = mfn_to_virt(9);
    unsigned port, got[8];

    (void)state;
    fifo_start();
    port = (unsigned)event_bind_ipi(&dom[0], 1);
    words[port] = 1u << EVTCHN_FIFO_MASKED;
    assert_int_equal(event_send(&dom[0], port), 0);
    assert_int_equal(notified[0][1], 0);
    assert_int_equal(event_unmask(&dom[0], port), 0);
    assert_int_equal(fifo_consume(1, 7, got), 1);
    assert_int_equal(got[0], port);
}

static void test_fifo_moves_to_another_vcpu_once_unlinked(void **state)
{
    unsigned remote, port, got[8];

    (void)state;
    fifo_start();
    port = (unsigned)event_alloc_unbound(&dom[0], 1);
    remote = (unsigned)event_bind_interdomain(&dom[1], 0, port);
    assert_int_equal(event_send(&dom[1], remote), 0);
    assert_int_equal(event_bind_vcpu(&dom[0], port, 1), 0);
    assert_int_equal(event_send(&dom[1], remote), 0);
    assert_int_equal(fifo_consume(1, 7, got), 0); /* stays where it is linked */
    assert_int_equal(fifo_consume(0, 7, got), 1);
    assert_int_equal(event_send(&dom[1], remote), 0);
    assert_int_equal(fifo_consume(1, 7, got), 1);
}

static void test_fifo_survives_a_guest_that_writes_nonsense(void **state)
{
    uint32_t *words = mfn_to_virt(9);
    unsigned port[4], i, round;

    (void)state;
    fifo_start();
    for (i = 0; i < 4; i++)
        port[i] = (unsigned)event_bind_ipi(&dom[0], i % 2);
    srand(1);
    for (round = 0; round < 100000; round++) {
        words[rand() % 8] = (uint32_t)rand() * 2u + (uint32_t)rand();
        ((uint32_t *)mfn_to_virt(8))[rand() % 64] = (uint32_t)rand();
        (void)event_send(&dom[0], port[rand() % 4]);
        (void)event_unmask(&dom[0], port[rand() % 4]);
    }
    assert_int_equal(crashed, 0); /* nothing raced with us here */
}

/* ---- a guest that changes a word just before each of our writes ---- */

#define FLAG_TF 0x100

static struct {
    uintptr_t word; /* the hypervisor's address of it */
    unsigned flips;
} player;

static void protect_words(int access)
{
    assert_int_equal(mprotect(mfn_to_virt(9), PAGE_SIZE, access), 0);
}

/* We are about to write: the guest is faster. Then that one instruction. */
static void on_write(int number, siginfo_t *info_, void *context)
{
    ucontext_t *c = context;
    uint32_t *word = (uint32_t *)((char *)guest_memory + player.word -
                                  DIRECTMAP_START);

    (void)number;
    if ((uintptr_t)info_->si_addr == player.word) {
        *word ^= 1u << EVTCHN_FIFO_MASKED;
        player.flips++;
    }
    protect_words(PROT_READ | PROT_WRITE);
    c->uc_mcontext.gregs[REG_EFL] |= FLAG_TF;
}

static void on_step(int number, siginfo_t *info_, void *context)
{
    ucontext_t *c = context;

    (void)number, (void)info_;
    protect_words(PROT_READ);
    c->uc_mcontext.gregs[REG_EFL] &= ~FLAG_TF;
}

static void test_fifo_guest_that_is_always_faster(void **state)
{
    struct sigaction write = { .sa_sigaction = on_write,
                               .sa_flags = SA_SIGINFO };
    struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
    unsigned a, b;

    (void)state;
    fifo_start();
    a = (unsigned)event_bind_ipi(&dom[0], 1);
    b = (unsigned)event_bind_ipi(&dom[0], 1);
    assert_int_equal(event_send(&dom[0], a), 0);
    player.word = (uintptr_t)mfn_to_virt(9) + a * sizeof(uint32_t);
    player.flips = 0;
    assert_int_equal(sigaction(SIGSEGV, &write, NULL), 0);
    assert_int_equal(sigaction(SIGTRAP, &step, NULL), 0);
    protect_words(PROT_READ);
    assert_int_equal(event_send(&dom[0], b), 0);
    (void)signal(SIGSEGV, SIG_DFL);
    (void)signal(SIGTRAP, SIG_DFL);
    protect_words(PROT_READ | PROT_WRITE);
    assert_in_range(player.flips, 8, 1000); /* we have given up */
    assert_int_equal(crashed_locked, 0);
    assert_int_equal(crashed, 0);
    assert_non_null(deferred);
    deferred->fn(deferred->arg);
    assert_int_equal(crashed, 1);
}

static void test_pending_events_move_to_fifo(void **state)
{
    unsigned port, got[8];

    (void)state;
    port = (unsigned)event_bind_ipi(&dom[0], 1);
    assert_int_equal(event_send(&dom[0], port), 0);
    fifo_start();
    assert_int_equal(fifo_consume(1, 7, got), 1);
    assert_int_equal(got[0], port);
}

/* Only vCPU 1 has queues: what is for it is told to it, not to vCPU 0. */
static void test_fifo_of_one_vcpu_alone(void **state)
{
    struct evtchn_init_control op = { .control_gfn = 8, .vcpu = 1 };
    unsigned port;

    (void)state;
    op.offset = 128;
    assert_int_equal(event_fifo_init_control(&dom[0], &op), 0);
    assert_int_equal(event_fifo_expand(&dom[0], 9), 0);
    port = (unsigned)event_bind_ipi(&dom[0], 1);
    assert_int_equal(event_send(&dom[0], port), 0);
    assert_int_equal(info[0][0].evtchn_upcall_pending, 0);
    assert_int_equal(info[0][1].evtchn_upcall_pending, 1);
}

/* A sibling vCPU, while a reset has let go of the lock. */
static unsigned remote_port;
static int bound, unbound, reset_again;

static void sibling_binds(void)
{
    meanwhile = NULL;
    bound = event_bind_interdomain(&dom[0], 1, remote_port);
    unbound = event_alloc_unbound(&dom[0], 1);
    reset_again = event_reset(&dom[0]);
}

static void test_no_port_is_bound_during_a_reset(void **state)
{
    unsigned i;

    (void)state;
    fifo_start();
    for (i = 0; i < 2 * EVENT_PER_PAGE; i++)
        assert_true(event_bind_ipi(&dom[0], 0) > 0);
    remote_port = (unsigned)event_alloc_unbound(&dom[1], 0);
    fifo_of_dom0 = dom[0].event.fifo;
    percpu_softirq.any = 1;
    meanwhile = sibling_binds;
    assert_int_equal(event_reset(&dom[0]), 0);
    assert_null(fifo_of_dom0); /* gone, and looked at by mem_free() */
    assert_int_equal(bound, -XEN_EBUSY);
    assert_int_equal(unbound, -XEN_EBUSY);
    assert_int_equal(reset_again, -XEN_EBUSY);
    meanwhile = NULL;
    assert_true(event_bind_interdomain(&dom[0], 1, remote_port) > 0);
}

static void test_a_dying_domain_gets_no_port(void **state)
{
    (void)state;
    dom[0].dying = true;
    event_domain_destroy(&dom[0]);
    assert_int_equal(event_alloc_unbound(&dom[0], 1), -XEN_EBUSY);
    event_notify(&dom[0], 1); /* its console, say: too late */
    dom[0].dying = false;
    assert_int_equal(event_domain_create(&dom[0]), 0);
}

static void test_pirq_is_bound_once_and_stopped_on_close(void **state)
{
    struct evtchn_status s = { 0 };
    int port = event_bind_pirq(&dom[0], 7);

    (void)state;
    assert_int_equal(port, pirq_port);
    assert_int_equal(event_bind_pirq(&dom[0], 7), -XEN_EBUSY);
    assert_int_equal(event_bind_pirq(&dom[0], 8), -XEN_EINVAL);
    s.port = pirq_port;
    assert_int_equal(event_status(&dom[0], &s), 0);
    assert_int_equal(s.status, EVTCHNSTAT_pirq);
    assert_int_equal(s.u.pirq, 7);
    assert_int_equal(event_send(&dom[0], pirq_port), -XEN_EINVAL);
    assert_int_equal(event_bind_vcpu(&dom[0], pirq_port, 1), 0);
    assert_int_equal(event_close(&dom[0], (unsigned)port), 0);
    assert_int_equal(pirq_port, 0);
    /* A refused binding has kept no port. */
    assert_int_equal(event_bind_ipi(&dom[0], 0), port);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ports_are_reused_lowest_first),
        T(test_ports_run_out),
        T(test_only_the_named_domain_binds),
        T(test_interdomain_send_and_close),
        T(test_masked_is_pending_but_silent),
        T(test_virq_rules),
        T(test_poller_is_woken_by_masked_event),
        T(test_fifo_keeps_order_and_priority),
        T(test_fifo_masked_then_unmasked),
        T(test_fifo_moves_to_another_vcpu_once_unlinked),
        T(test_fifo_survives_a_guest_that_writes_nonsense),
        T(test_fifo_guest_that_is_always_faster),
        T(test_pending_events_move_to_fifo),
        T(test_no_port_is_bound_during_a_reset),
        T(test_a_dying_domain_gets_no_port),
        T(test_fifo_of_one_vcpu_alone),
        T(test_pirq_is_bound_once_and_stopped_on_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
