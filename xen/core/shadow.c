/*
 * shadow.c - filling shadow tables: the walk of a guest's tables, as the
 * processor would have done it.
 *
 * While what a domain writes is logged, its vCPUs run on shadow tables, which
 * are TLBs in memory (xen/arch/x86/shadow.h); here is what fills them. The
 * guest's own tables stay as it wrote them, and get the A and D bits that the
 * processor would have set. A shadow entry lets write only if the guest's does,
 * its D is set, and the frame is marked in the log; so the first write to a
 * clean frame comes here.
 *
 * No lock, interrupts off. The walk reads tables that other vCPUs may change
 * at the same time, and may be given up at any time, as the processor's does;
 * and as with that, no table that it has seen is used for anything else before
 * this CPU has served a flush: after the walk, with interrupts on. That empties
 * what it filled. So all that docs/pagetypes.md says of stale translations
 * holds for these too.
 */
#include "xen/arch/up.h"
#include "xen/arch/x86/shadow.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"

enum { PF_PRESENT = 1, PF_WRITE = 2, PF_RESERVED = 8, PF_FETCH = 16 };

/* So many entries are filled with the one, if they were used. */
#define AROUND 8u

/* The guest's entry *p, seen as e, with `bits` (A, D) set in it. False: it has
 * changed meanwhile. */
static bool set_bits(pte_t *p, pte_t *e, pte_t bits)
{
    if ((*e & bits) == bits)
        return true;
    if (!__atomic_compare_exchange_n(p, e, *e | bits, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    *e |= bits;
    dirty_wrote(virt_to_mfn(p));
    return true;
}

/* The guest's L1 table for address, and what led to it, by level; NULL: an
 * entry is not present. */
static pte_t *walk_upper(paddr_t l4, uintptr_t address, pte_t upper[3])
{
    pte_t *table = paddr_to_virt(l4);
    unsigned level;

    for (level = 4; level > 1; level--) {
        pte_t *p = &table[pte_index(address, level)], e = READ_ONCE(*p);

        do {
            if (!(e & PTE_P))
                return NULL;
        } while (!set_bits(p, &e, PTE_A));
        upper[level - 2] = e;
        table = mfn_to_virt(pte_mfn(e));
    }
    return table;
}

static bool allows(pte_t e, const pte_t upper[3], uint32_t code)
{
    pte_t all = e & upper[0] & upper[1] & upper[2];
    pte_t any = e | upper[0] | upper[1] | upper[2];

    return !((code & PF_WRITE) && !(all & PTE_W)) &&
           !((code & PF_FETCH) && (any & PTE_NX));
}

/* The entry of a shadow for the guest's e. */
static pte_t entry_for(const struct domain *d, pte_t e)
{
    if ((e & PTE_W) && !((e & PTE_D) && dirty_is_marked(d, pte_mfn(e))))
        e &= ~PTE_W;
    return e;
}

/* Entries near the one that faulted, that have been used before. */
static void fill_around(const struct domain *d, pte_t *shadow,
                        const pte_t *guest, unsigned index)
{
    unsigned i, first = index & ~(AROUND - 1);

    for (i = first; i < first + AROUND; i++) {
        pte_t e = READ_ONCE(guest[i]);

        if ((e & (PTE_P | PTE_A)) == (PTE_P | PTE_A) && !(shadow[i] & PTE_P))
            shadow[i] = entry_for(d, e);
    }
}

static bool fill(struct vcpu *v, uintptr_t address, uint32_t *code)
{
    bool kernel = v->pv.kernel_mode;
    paddr_t l4 = kernel ? v->pv.l4_kernel : v->pv.l4_user;
    unsigned index = pte_index(address, 1);
    pte_t upper[3], *guest, *shadow, e;

    *code &= ~(uint32_t)PF_PRESENT;
    guest = l4 ? walk_upper(l4, address, upper) : NULL;
    if (!guest)
        return false;
    e = READ_ONCE(guest[index]);
    do {
        if (!(e & PTE_P))
            return false;
        if (!allows(e, upper, *code)) {
            *code |= PF_PRESENT;
            return false;
        }
    } while (
        !set_bits(&guest[index], &e, *code & PF_WRITE ? PTE_A | PTE_D : PTE_A));
    if ((*code & PF_WRITE))
        dirty_wrote(pte_mfn(e));
    shadow = shadow_table(v->pv.shadow, kernel, address, upper);
    shadow[index] = entry_for(v->domain, e);
    fill_around(v->domain, shadow, guest, index);
    v->pv.shadow->faults++;
    return true;
}

bool up_shadow_fault(uintptr_t address, uint32_t *error_code)
{
    if (pagetable_walks_ours(address) || (*error_code & PF_RESERVED))
        return false;
    return fill(current_vcpu(), address, error_code);
}
