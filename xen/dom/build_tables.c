/*
 * build_tables.c - a new guest's first page tables.
 *
 * The boot region is mapped page by page, readable and writable but for the
 * tables themselves, which are read-only: as the page types demand, which
 * check these tables like any that a guest makes. Tables are taken one after
 * the other from the frames that the plan has set aside: their number is
 * exact.
 */
#include "xen/arch/x86/pte.h"
#include "xen/dom/build_private.h"
#include "xen/lib/bug.h"

#define GUEST_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

struct mapper {
    struct builder *b;
    uint64_t *l4;
    pfn_t next, limit; /* of the tables set aside for this range */
};

/* The entry of `level` for virt, tables above it made as needed. */
static uint64_t *walk(struct mapper *m, uint64_t virt, unsigned level)
{
    uint64_t *table = m->l4;
    unsigned l;

    for (l = 4; l > level; l--) {
        uint64_t *entry = &table[pte_index(virt, l)];

        if (!(*entry & PTE_P)) {
            BUG_ON(m->next == m->limit);
            *entry = pte_make(m->b->p2m[m->next++], GUEST_FLAGS);
        }
        table = mfn_to_virt(pte_mfn(*entry));
    }
    return &table[pte_index(virt, level)];
}

static bool is_table(const struct plan *p, pfn_t pfn)
{
    pfn_t first = plan_pfn(p, p->tables);

    return (pfn >= first && pfn < first + p->nr_tables) ||
           (pfn >= p->p2m_tables_pfn &&
            pfn < p->p2m_tables_pfn + p->nr_p2m_tables);
}

static void map_range(struct mapper *m, uint64_t virt, pfn_t pfn,
                      uint64_t pages)
{
    uint64_t *entry = NULL;

    for (; pages--; virt += PAGE_SIZE, pfn++) {
        pte_t flags = GUEST_FLAGS;

        if (is_table(&m->b->plan, pfn))
            flags &= ~PTE_W;
        if (!entry || pte_index(virt, 1) == 0)
            entry = walk(m, virt, 1);
        *entry++ = pte_make(m->b->p2m[pfn], flags);
    }
}

void build_tables(struct builder *b)
{
    const struct plan *p = &b->plan;
    pfn_t first = plan_pfn(p, p->tables);
    struct mapper m = { b, build_frame(b, first), first + 1,
                        first + p->nr_tables };
    struct mapper outside = { b, m.l4, p->p2m_tables_pfn,
                              p->p2m_tables_pfn + p->nr_p2m_tables };

    map_range(&m, p->virt_base, 0, plan_pfn(p, p->virt_end));
    if (p->nr_p2m_tables)
        map_range(&outside, p->p2m, p->p2m_pfn, p->p2m_pages);
}
