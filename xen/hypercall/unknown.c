/*
 * unknown.c - what guests ask for and is not served: -ENOSYS, and counted.
 *
 * Hypercalls are counted each; sub-operations too, as far as there is room: the
 * numbers are the guest's choice, of which it has four thousand million. The
 * first OPERATIONS that anybody asks for have a counter of their own, for good;
 * what comes later is counted with its hypercall alone.
 *
 * No lock: a slot is taken by compare-and-exchange of its key, and keeps it.
 */
#include <xen/errno.h>
#include <xen/xen.h>
#include "xen/base/console.h"
#include "xen/hypercall/hypercall.h"

#define OPERATIONS 128u

static struct {
    uint64_t hypercall[NR_HYPERCALLS];
    struct {
        uint64_t key; /* 0: free; see key_of() */
        uint64_t count;
    } operation[OPERATIONS];
} unknown; /* all atomic */

static uint64_t key_of(unsigned number, uint32_t op)
{
    return (uint64_t)(number + 1) << 32 | op;
}

static bool count(uint64_t *counter)
{
    return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED) == 0;
}

int64_t hypercall_unknown(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                          uint64_t e, uint64_t f)
{
    uint64_t number = guest_regs()->rax;
    unsigned slot = number < NR_HYPERCALLS ? (unsigned)number
                                           : NR_HYPERCALLS - 1;

    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    if (count(&unknown.hypercall[slot]))
        log_debug("A guest asks for hypercall %lu, which is not served",
                  number);
    return -XEN_ENOSYS;
}

/* The counter of an operation, its own from the first time on; or NULL. */
static uint64_t *counter_of(uint64_t key)
{
    unsigned i;

    for (i = 0; i < OPERATIONS; i++) {
        uint64_t seen = __atomic_load_n(&unknown.operation[i].key,
                                        __ATOMIC_RELAXED);

        if (!seen && __atomic_compare_exchange_n(
                         &unknown.operation[i].key, &seen, key, false,
                         __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            seen = key;
        if (seen == key)
            return &unknown.operation[i].count;
    }
    return NULL;
}

int64_t hypercall_unknown_op(unsigned number, uint32_t op)
{
    uint64_t *counter = counter_of(key_of(number, op));

    (void)count(&unknown.hypercall[number]);
    if (counter && count(counter))
        log_debug("A guest asks for operation %u of hypercall %u, which is "
                  "not served",
                  op, number);
    return -XEN_ENOSYS;
}

uint64_t hypercall_unknown_count(unsigned number)
{
    return number < NR_HYPERCALLS
               ? __atomic_load_n(&unknown.hypercall[number], __ATOMIC_RELAXED)
               : 0;
}

/* The operations of a hypercall, and what is left of its total. */
static void show_operations(unsigned number)
{
    uint64_t rest = hypercall_unknown_count(number), n;
    bool any = false;
    unsigned i;

    for (i = 0; i < OPERATIONS; i++) {
        uint64_t key = __atomic_load_n(&unknown.operation[i].key,
                                       __ATOMIC_RELAXED);

        if (key >> 32 != number + 1)
            continue;
        n = __atomic_load_n(&unknown.operation[i].count, __ATOMIC_RELAXED);
        log_error("    operation %u: %lu times", (uint32_t)key, n);
        rest -= n < rest ? n : rest;
        any = true;
    }
    if (any && rest)
        log_error("    others: %lu times", rest);
}

void hypercall_show_unknown(void)
{
    unsigned i;

    log_error("Asked for and not served:");
    for (i = 0; i < NR_HYPERCALLS; i++) {
        if (!hypercall_unknown_count(i))
            continue;
        log_error("  hypercall %u: %lu times", i, hypercall_unknown_count(i));
        show_operations(i);
    }
}
