/*
 * shadow.c - see shadow.h.
 */
#include "xen/arch/x86/shadow.h"

#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/directmap.h"
#include "xen/arch/x86/layout.h"
#include "xen/lib/mem.h"

#define RIGHTS (PTE_W | PTE_NX)

struct shadow *shadow_create(unsigned max)
{
    struct shadow *s = mem_alloc(sizeof(*s) + max * sizeof(s->frame[0]));

    if (!s)
        return NULL;
    s->max = max;
    s->root[0] = mem_alloc_pages(0);
    s->root[1] = mem_alloc_pages(0);
    if (s->root[0] && s->root[1])
        return s;
    shadow_destroy(s);
    return NULL;
}

void shadow_destroy(struct shadow *s)
{
    mem_free_pages(s->root[0], 0);
    mem_free_pages(s->root[1], 0);
    mem_free(s);
}

bool shadow_add_frame(struct shadow *s)
{
    if (s->nr == s->max)
        return false;
    s->frame[s->nr] = mem_alloc_pages(0);
    if (!s->frame[s->nr])
        return false;
    s->nr++;
    return true;
}

bool shadow_drop_frame(struct shadow *s)
{
    if (!s->nr)
        return false;
    mem_free_pages(s->frame[--s->nr], 0);
    return true;
}

/* ---- emptying ---- */

void shadow_empty_root(struct shadow *s, bool kernel)
{
    pte_t *root = s->root[kernel];
    unsigned i;

    for (i = 0; i < HOLE_FIRST_SLOT; i++)
        root[i] = 0;
    for (i = HOLE_LAST_SLOT + 1; i < TABLE_ENTRIES; i++)
        root[i] = 0;
}

void shadow_empty(struct shadow *s)
{
    if (!s->used)
        return;
    shadow_empty_root(s, false);
    shadow_empty_root(s, true);
    s->used = 0;
}

static bool is_ours(unsigned slot)
{
    return slot >= HOLE_FIRST_SLOT && slot <= HOLE_LAST_SLOT;
}

void shadow_empty_page(struct shadow *s, uintptr_t address)
{
    unsigned mode, level;

    if (is_ours(pte_index(address, 4)))
        return;
    for (mode = 0; mode < 2; mode++) {
        pte_t *p = &s->root[mode][pte_index(address, 4)];

        for (level = 3; level > 0 && (*p & PTE_P); level--)
            p = (pte_t *)mfn_to_virt(pte_mfn(*p)) + pte_index(address, level);
        if (!level)
            *p = 0;
    }
}

/* ---- filling ---- */

/* An entry keeps its table when the guest's now leads to another: what that
 * leaves stale is the guest's to flush, as in a TLB. */
static pte_t *descend(struct shadow *s, pte_t *entry, pte_t rights)
{
    pte_t *table;

    if (*entry & PTE_P) {
        table = mfn_to_virt(pte_mfn(*entry));
    } else {
        table = s->frame[s->used++];
        page_clear(table);
    }
    *entry = pte_make(virt_to_mfn(table),
                      PTE_P | PTE_U | PTE_A | (rights & RIGHTS));
    return table;
}

pte_t *shadow_table(struct shadow *s, bool kernel, uintptr_t address,
                    const pte_t upper[3])
{
    pte_t *table = s->root[kernel];
    unsigned level;

    if (s->nr - s->used < 3) {
        shadow_empty(s);
        write_cr3(read_cr3()); /* the processor may remember the tables */
    }
    for (level = 4; level > 1; level--)
        table = descend(s, &table[pte_index(address, level)], upper[level - 2]);
    return table;
}
