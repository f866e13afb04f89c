/*
 * ptwr.c - page faults of a guest that are ours to mend.
 *
 * A guest's kernel may write to its L1 tables as if they were plain memory: the
 * write faults, for they are mapped read-only, and is carried out here as
 * mmu_update would, with the same checks. A write that these refuse is the
 * guest's own fault. Upper levels are changed by hypercall alone.
 *
 * Runs in the vCPU's context, interrupts on; mmu.lock.
 */
#include <xen/errno.h>
#include <xen/xen.h>
#include "trace/trace.h"
#include "xen/arch/up.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"
#include "xen/core/ptwr_decode.h"

enum { PF_PRESENT = 1, PF_WRITE = 2, PF_RESERVED = 8, PF_FETCH = 16 };

#define CODE_64BIT (1u << 21) /* of a code segment, as LAR shows it */

static bool in_64bit_code(uint16_t selector)
{
    uint32_t rights;
    bool ok;

    __asm__("lar %2, %0"
            : "=r"(rights), "=@ccz"(ok)
            : "r"((uint32_t)selector)
            : "cc");
    return ok && (rights & CODE_64BIT);
}

/* The instruction, zeros where it reaches into a page that is not there. */
static bool fetch_across(uintptr_t rip, uint8_t bytes[PTWR_BYTES])
{
    size_t here = PAGE_SIZE - (rip & (PAGE_SIZE - 1));

    if (copy_from_guest(bytes, rip, here))
        return false;
    if (copy_from_guest(bytes + here, rip + here, PTWR_BYTES - here))
        for (; here < PTWR_BYTES; here++)
            bytes[here] = 0;
    return true;
}

static bool fetch(uintptr_t rip, uint8_t bytes[PTWR_BYTES])
{
    if (unlikely((rip & (PAGE_SIZE - 1)) > PAGE_SIZE - PTWR_BYTES))
        return fetch_across(rip, bytes);
    return !copy_from_guest(bytes, rip, PTWR_BYTES);
}

static inline int write_entry(struct domain *d, pte_t *p, pte_t old,
                              pte_t value)
{
    if (likely(!(old & PTE_P)) && pagetable_add_l1(d, p, value))
        return 0;
    return pagetable_swap_l1(d, d, p, old, value);
}

/* Carry op out on the entry that holds `address`. Under mmu.lock. */
static int emulate(struct domain *d, const struct ptwr_op *op, pte_t *p,
                   unsigned offset, struct cpu_user_regs *regs)
{
    uint64_t mask = ~(uint64_t)0 >> (64 - 8 * op->size), source = 0, part;
    unsigned shift = 8 * offset;
    pte_t old, value;
    int rc;

    if (op->kind == PTWR_MOVS && copy_from_guest(&source, regs->rsi, op->size))
        return -XEN_EFAULT;
    do {
        old = READ_ONCE(*p);
        part = old >> shift & mask;
        value = ptwr_value(op, part, source, regs);
        value = (old & ~(mask << shift)) | value << shift;
        rc = write_entry(d, p, old, value);
    } while (rc == -XEN_EAGAIN);
    if (!rc)
        ptwr_commit(op, part, regs);
    return rc;
}

static NOINLINE bool any_write(struct domain *d, pte_t *p, uintptr_t address,
                               struct cpu_user_regs *regs)
{
    uint8_t bytes[PTWR_BYTES];
    struct ptwr_op op;

    return fetch(regs->rip, bytes) && ptwr_decode(bytes, &op) &&
           !(address & (op.size - 1)) && !emulate(d, &op, p, address & 7, regs);
}

/* Under mmu.lock. The plain MOV is done in line: most writes are. */
static inline bool mend(struct domain *d, pte_t *p, uintptr_t address,
                        struct cpu_user_regs *regs)
{
    unsigned reg, length;
    uint64_t word[2];

    if (unlikely(!in_64bit_code(regs->cs)))
        return false;
    if (likely(!(address & 7)) && !guest_get2(word, regs->rip)) {
        length = ptwr_plain_mov(word[0], &reg);
        if (likely(length) && likely(!write_entry(d, p, READ_ONCE(*p),
                                                  ptwr_register(regs, reg)))) {
            regs->rip += length;
            return true;
        }
    }
    return any_write(d, p, address, regs);
}

/* The entry that a write to `address` would change: in a frame that is one of
 * d's L1 tables, and mapped read-only. Under mmu.lock. */
static pte_t *entry_at(const struct vcpu *v, uintptr_t address)
{
    struct page *page;
    mfn_t frame;
    pte_t *p;

    p = pagetable_walk(v->pv.l4_kernel, address);
    if (!p || (*p & (PTE_P | PTE_W)) != PTE_P)
        return NULL;
    frame = pte_mfn(*p);
    page = mfn_to_page(frame);
    if (!mfn_valid(frame) || page->owner != v->domain ||
        page_table_level(page_word(page)) != 1)
        return NULL;
    return (pte_t *)mfn_to_virt(frame) + (address & (PAGE_SIZE - 1)) / 8;
}

static void trace_done(pte_t value, uintptr_t address, uint64_t rip)
{
    trace_write(TRC_PV_PTWR_EMULATION | TRC_64_FLAG, 6,
                (const uint32_t[]){ (uint32_t)value, (uint32_t)(value >> 32),
                                    (uint32_t)address,
                                    (uint32_t)(address >> 32), (uint32_t)rip,
                                    (uint32_t)(rip >> 32) });
}

bool up_page_fault(struct cpu_user_regs *regs, uintptr_t address,
                   unsigned error_code)
{
    struct vcpu *v = current_vcpu();
    uint64_t rip = regs->rip;
    bool done = false;
    pte_t *p;

    if ((error_code & (PF_PRESENT | PF_WRITE | PF_RESERVED | PF_FETCH)) !=
            (PF_PRESENT | PF_WRITE) ||
        pagetable_walks_ours(address) || !v->pv.kernel_mode || !v->pv.l4_kernel)
        return false;
    spin_lock(&v->domain->mmu.lock);
    p = entry_at(v, address);
    if (p)
        done = mend(v->domain, p, address, regs);
    if (done && trace_enabled(TRC_PV_PTWR_EMULATION))
        trace_done(READ_ONCE(*p), address, rip);
    spin_unlock(&v->domain->mmu.lock);
    return done;
}
