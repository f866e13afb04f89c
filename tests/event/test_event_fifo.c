/*
 * test_event_fifo.c - the FIFO ABI on the host: a consumer that follows the
 * public protocol while events are sent, and guests that do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <cmocka.h>
#include <xen/errno.h>
#include "tests/event/world.h"

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
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_fifo_keeps_order_and_priority),
        T(test_fifo_masked_then_unmasked),
        T(test_fifo_moves_to_another_vcpu_once_unlinked),
        T(test_fifo_survives_a_guest_that_writes_nonsense),
        T(test_fifo_guest_that_is_always_faster),
        T(test_pending_events_move_to_fifo),
        T(test_fifo_of_one_vcpu_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
