/*
 * grant.c - see grant.h.
 */
#include "xen/core/grant.h"

#include <xen/errno.h>
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/pagetype.h"
#include "xen/lib/bug.h"

#define NO_MAP (~0u)

static unsigned limit_of(unsigned wish, unsigned most)
{
    return wish && wish < most ? wish : most;
}

int grant_domain_create(struct domain *d, unsigned max_frames,
                        unsigned max_maps)
{
    d->grant = mem_alloc(sizeof(*d->grant));
    if (!d->grant)
        return -XEN_ENOMEM;
    d->grant->max_frames = limit_of(max_frames, GRANT_FRAMES_MAX);
    d->grant->max_maps = limit_of(max_maps, GRANT_MAPS_MAX);
    d->grant->free_map = NO_MAP;
    return 0;
}

void grant_domain_destroy(struct domain *d)
{
    struct grant_table *g = d->grant;
    unsigned i;

    if (!g)
        return;
    for (i = 0; i < g->nr_frames; i++) {
        mmu_unshare_page(g->frame[i]);
        mem_free(g->active[i]);
    }
    for (i = 0; i < ARRAY_SIZE(g->maps); i++)
        mem_free(g->maps[i]);
    mem_free(g);
    d->grant = NULL;
}

/* ---- the granter's half ---- */

static int add_frame(struct domain *d, struct grant_table *g)
{
    struct grant_active *active;
    struct page *page;

    active = mem_alloc(GRANT_PER_FRAME * sizeof(*active));
    page = frame_alloc(0, FRAME_ZERO);
    if (!active || !page) {
        mem_free(active);
        if (page)
            frame_free(page, 0);
        return -XEN_ENOMEM;
    }
    mmu_share_page(page, d, true);
    g->frame[g->nr_frames] = page;
    g->active[g->nr_frames] = active;
    __atomic_store_n(&g->nr_frames, g->nr_frames + 1, __ATOMIC_RELEASE);
    return 0;
}

int grant_grow(struct domain *d, unsigned n)
{
    struct grant_table *g = d->grant;
    int rc = 0;

    if (n > g->max_frames)
        return -XEN_EINVAL;
    spin_lock(&g->lock);
    while (g->nr_frames < n && !rc)
        rc = add_frame(d, g);
    spin_unlock(&g->lock);
    return rc;
}

/* An entry as the granter writes it: flags in the low, domain in the high
 * half of its first word, read and changed together. */
static uint32_t *entry_word(const struct grant_table *g, uint32_t ref)
{
    struct grant_entry_v1 *frame = mfn_to_virt(
        page_to_mfn(g->frame[ref / GRANT_PER_FRAME]));

    return (uint32_t *)(void *)&frame[ref % GRANT_PER_FRAME];
}

static uint32_t entry_frame(const uint32_t *word)
{
    return __atomic_load_n(word + 1, __ATOMIC_RELAXED);
}

/* Set GTF_reading, and GTF_writing to write, if the entry allows it. The
 * granter may change the word at any time. */
static int entry_claim(uint32_t *word, uint16_t mapper, bool write)
{
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    uint32_t bits = GTF_reading | (write ? GTF_writing : 0);

    do {
        if (unlikely((seen & (GTF_type_mask | GTF_sub_page)) !=
                     GTF_permit_access))
            return GNTST_bad_gntref;
        if (unlikely(seen >> 16 != mapper))
            return GNTST_permission_denied;
        if (unlikely(write && (seen & GTF_readonly)))
            return GNTST_permission_denied;
    } while (!__atomic_compare_exchange_n(word, &seen, seen | bits, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return GNTST_okay;
}

static struct grant_active *active_of(const struct grant_table *g, uint32_t ref)
{
    return &g->active[ref / GRANT_PER_FRAME][ref % GRANT_PER_FRAME];
}

int grant_pin(struct domain *granter, uint32_t ref, uint16_t mapper, bool write,
              mfn_t *mfn)
{
    struct grant_table *g = granter->grant;
    struct grant_active *a;
    int rc = GNTST_okay;
    uint32_t *word;

    if (unlikely(ref / GRANT_PER_FRAME >= READ_ONCE(g->nr_frames)))
        return GNTST_bad_gntref;
    a = active_of(g, ref);
    word = entry_word(g, ref);
    spin_lock(&g->lock);
    if (a->readers + a->writers == 0) {
        rc = entry_claim(word, mapper, write);
        a->mapper = mapper;
        a->mfn = entry_frame(word);
    } else if (unlikely(a->mapper != mapper)) {
        rc = GNTST_permission_denied;
    } else if (write && !a->writers) {
        rc = entry_claim(word, mapper, write);
    }
    if (unlikely((write ? a->writers : a->readers) == UINT32_MAX))
        rc = GNTST_general_error;
    if (likely(!rc)) {
        *(write ? &a->writers : &a->readers) += 1;
        *mfn = a->mfn;
    }
    spin_unlock(&g->lock);
    return rc;
}

void grant_unpin(struct domain *granter, uint32_t ref, bool write)
{
    struct grant_table *g = granter->grant;
    struct grant_active *a = active_of(g, ref);
    uint32_t clear = 0;

    spin_lock(&g->lock);
    if (write)
        dirty_wrote(a->mfn); /* at some time since it was pinned */
    *(write ? &a->writers : &a->readers) -= 1;
    if (!a->writers && write)
        clear |= GTF_writing;
    if (!a->writers && !a->readers)
        clear |= GTF_reading;
    if (clear)
        __atomic_fetch_and(entry_word(g, ref), ~clear, __ATOMIC_SEQ_CST);
    spin_unlock(&g->lock);
}

void grant_visit_written(struct domain *d, void (*visit)(mfn_t mfn))
{
    struct grant_table *g = d->grant;
    unsigned frame, i;

    for (frame = 0; frame < READ_ONCE(g->nr_frames); frame++) {
        spin_lock(&g->lock);
        for (i = 0; i < GRANT_PER_FRAME; i++)
            if (g->active[frame][i].writers)
                visit(g->active[frame][i].mfn);
        spin_unlock(&g->lock);
        preempt_point();
    }
}

static bool in_use(const struct grant_active *a)
{
    return a->readers || a->writers;
}

int grant_swap(struct domain *granter, uint32_t a, uint32_t b)
{
    struct grant_table *g = granter->grant;
    uint32_t nr = READ_ONCE(g->nr_frames);
    uint64_t *one, *other, kept;
    int rc = GNTST_okay;

    if (a / GRANT_PER_FRAME >= nr || b / GRANT_PER_FRAME >= nr)
        return GNTST_bad_gntref;
    one = (uint64_t *)(void *)entry_word(g, a);
    other = (uint64_t *)(void *)entry_word(g, b);
    spin_lock(&g->lock);
    if (a != b && (in_use(active_of(g, a)) || in_use(active_of(g, b)))) {
        rc = GNTST_eagain;
    } else { /* nobody but the granter looks at them meanwhile */
        kept = READ_ONCE(*one);
        WRITE_ONCE(*one, READ_ONCE(*other));
        WRITE_ONCE(*other, kept);
    }
    spin_unlock(&g->lock);
    return rc;
}

/* ---- the mapper's half ---- */

static struct grant_map *map_at(const struct grant_table *g, uint32_t handle)
{
    return &g->maps[handle / GRANT_MAPS_CHUNK][handle % GRANT_MAPS_CHUNK];
}

/* More slots. Under map_lock. */
static bool add_maps(struct grant_table *g)
{
    struct grant_map *chunk;
    unsigned i;

    if (g->nr_maps >= g->max_maps)
        return false;
    chunk = mem_alloc(GRANT_MAPS_CHUNK * sizeof(*chunk));
    if (!chunk)
        return false;
    for (i = 0; i < GRANT_MAPS_CHUNK; i++)
        chunk[i].next_free = i + 1 < GRANT_MAPS_CHUNK ? g->nr_maps + i + 1
                                                      : NO_MAP;
    g->maps[g->nr_maps / GRANT_MAPS_CHUNK] = chunk;
    g->free_map = g->nr_maps;
    g->nr_maps += GRANT_MAPS_CHUNK;
    return true;
}

struct grant_map *grant_map_alloc(struct domain *d, uint32_t *handle)
{
    struct grant_table *g = d->grant;
    struct grant_map *m = NULL;

    spin_lock(&g->map_lock);
    if (g->free_map != NO_MAP || add_maps(g)) {
        *handle = g->free_map;
        m = map_at(g, *handle);
        g->free_map = m->next_free;
        m->ending = true; /* nobody's yet: grant_map_untake() shows it */
    }
    spin_unlock(&g->map_lock);
    return m;
}

struct grant_map *grant_map_take(struct domain *d, uint32_t handle)
{
    struct grant_table *g = d->grant;
    struct grant_map *m = NULL;

    spin_lock(&g->map_lock);
    if (handle < g->nr_maps) {
        m = map_at(g, handle);
        if (m->granter && !m->ending)
            m->ending = true;
        else
            m = NULL;
    }
    spin_unlock(&g->map_lock);
    return m;
}

void grant_map_untake(struct domain *d, struct grant_map *m)
{
    (void)d;
    __atomic_store_n(&m->ending, false, __ATOMIC_RELEASE);
}

bool grant_map_exists(const struct domain *d, mfn_t mfn)
{
    const struct grant_table *g = d->grant;
    const struct grant_map *m;
    uint32_t handle;

    for (handle = 0; handle < READ_ONCE(g->nr_maps); handle++) {
        m = map_at(g, handle);
        if (READ_ONCE(m->granter) && READ_ONCE(m->mfn) == mfn)
            return true;
        preempt_point();
    }
    return false;
}

void grant_map_free(struct domain *d, uint32_t handle, struct grant_map *m)
{
    struct grant_table *g = d->grant;
    struct domain *granter = m->granter;

    spin_lock(&g->map_lock);
    m->granter = NULL;
    m->next_free = g->free_map;
    g->free_map = handle;
    spin_unlock(&g->map_lock);
    if (granter)
        domain_put(granter);
}

void grant_domain_release(struct domain *d)
{
    struct grant_table *g = d->grant;
    uint32_t handle;

    for (handle = 0; g && handle < g->nr_maps; handle++) {
        struct grant_map *m = grant_map_take(d, handle);

        if (!m)
            continue;
        grant_unpin(m->granter, m->ref, !(m->flags & GNTMAP_readonly));
        grant_map_free(d, handle, m);
        preempt_point();
    }
}

/* ---- counts ---- */

unsigned grant_count_pinned(const struct domain *d)
{
    const struct grant_table *g = d->grant;
    unsigned ref, n = 0, end = READ_ONCE(g->nr_frames) * GRANT_PER_FRAME;

    for (ref = 0; ref < end; ref++)
        n += active_of(g, ref)->readers + active_of(g, ref)->writers != 0;
    return n;
}

unsigned grant_count_maps(const struct domain *d)
{
    const struct grant_table *g = d->grant;
    unsigned handle, n = 0, end = READ_ONCE(g->nr_maps);

    for (handle = 0; handle < end; handle++)
        n += map_at(g, handle)->granter != NULL;
    return n;
}
