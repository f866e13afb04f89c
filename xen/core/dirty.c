/*
 * dirty.c - see dirty.h.
 *
 * The log hangs on d->mmu.dirty. It is looked at by any CPU, with interrupts
 * off and no lock; so whoever takes it away lets every CPU take an interrupt
 * before it is freed. It comes and goes while the domain is paused.
 *
 * Bits are set by locked instructions, after the write that they tell of: who
 * exchanges the word before that finds them later, and who does so after it
 * sees what was written.
 */
#include "xen/core/dirty.h"

#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/shadow.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/tlb.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/core/store_ring.h"

#define WORD_BITS 64u
#define CHUNK     64u /* words that are copied at once */

struct dirty_log {
    uint64_t pages;  /* that have a bit: whole words */
    uint64_t *bits;  /* atomic */
    uint32_t faults; /* of vCPUs, when last counted */
    struct shadow *shadow[MAX_VCPUS];
};

unsigned dirty_logs;

/* ---- marking ---- */

/* The bit of a frame of d's; NULL: it has none. */
static uint64_t *bit_of(const struct dirty_log *log, mfn_t mfn, uint64_t *bit)
{
    pfn_t pfn = m2p_get(mfn);

    if (pfn >= log->pages)
        return NULL;
    *bit = (uint64_t)1 << pfn % WORD_BITS;
    return &log->bits[pfn / WORD_BITS];
}

void dirty_wrote_slow(mfn_t mfn)
{
    uint64_t flags = irq_save(), bit, *word;
    const struct domain *d;
    const struct dirty_log *log;

    d = mfn_valid(mfn) ? READ_ONCE(mfn_to_page(mfn)->owner) : NULL;
    log = d ? __atomic_load_n(&d->mmu.dirty, __ATOMIC_ACQUIRE) : NULL;
    word = log ? bit_of(log, mfn, &bit) : NULL;
    if (word)
        __atomic_or_fetch(word, bit, __ATOMIC_SEQ_CST);
    irq_restore(flags);
}

void dirty_unmapped_slow(const struct domain *d, mfn_t mfn)
{
    if (READ_ONCE(mfn_to_page(mfn)->owner) != d)
        dirty_wrote_slow(mfn);
}

bool dirty_is_marked(const struct domain *d, mfn_t mfn)
{
    uint64_t flags = irq_save(), bit, *word = NULL;
    const struct dirty_log *log;

    log = __atomic_load_n(&d->mmu.dirty, __ATOMIC_ACQUIRE);
    if (log && mfn_valid(mfn) && READ_ONCE(mfn_to_page(mfn)->owner) == d)
        word = bit_of(log, mfn, &bit);
    irq_restore(flags);
    return !word || (__atomic_load_n(word, __ATOMIC_RELAXED) & bit);
}

/* ---- what is written at any time ---- */

static void mark_page(const struct page *page)
{
    if (page)
        dirty_wrote(page_to_mfn(page));
}

static void mark_area(const struct area *a)
{
    mark_page(a->page[0]);
    mark_page(a->page[1]);
}

/* The guest's frames that we write ourselves, through the direct map. */
static void mark_held(struct domain *d)
{
    unsigned i;

    spin_lock(&d->lock);
    for (i = 0; i < d->max_vcpus; i++) {
        const struct vcpu *v = d->vcpu[i];

        if (!v)
            continue;
        mark_page(v->info_page);
        mark_area(&v->runstate_area);
        mark_area(&v->time_area);
    }
    mark_page(d->console_page);
    mark_page(store_ring_page(d));
    spin_unlock(&d->lock);
    event_fifo_visit(d, mark_page);
}

static void mark_volatile(struct domain *d)
{
    mark_held(d);
    grant_visit_written(d, dirty_wrote);
}

/* ---- shadows ---- */

#define FRAMES_EACH    128ul  /* and one for each 2 MiB of memory, ... */
#define FRAMES_MOST    1024ul /* ... by default */
#define FRAMES_ALLOWED 65536ul

static unsigned count_vcpus(const struct domain *d)
{
    unsigned i, n = 0;

    for (i = 0; i < d->max_vcpus; i++)
        n += d->vcpu[i] != NULL;
    return n;
}

static unsigned long within(unsigned long n, unsigned long least,
                            unsigned long most)
{
    return n < least ? least : n > most ? most : n;
}

unsigned long dirty_frames_default(const struct domain *d)
{
    unsigned long each = FRAMES_EACH + d->mmu.nr_pages / TABLE_ENTRIES;

    return count_vcpus(d) * within(each, FRAMES_EACH, FRAMES_MOST);
}

unsigned long dirty_frames(const struct domain *d)
{
    return d->mmu.shadow_frames;
}

static void free_shadow(struct shadow *s)
{
    while (shadow_drop_frame(s))
        preempt_point();
    shadow_destroy(s);
}

static struct shadow *make_shadow(struct domain *d, unsigned frames)
{
    struct shadow *s = shadow_create(frames);

    if (!s)
        return NULL;
    mmu_fill_hole(d, s->root[0]);
    mmu_fill_hole(d, s->root[1]);
    while (s->nr < frames) {
        if (!shadow_add_frame(s)) {
            free_shadow(s);
            return NULL;
        }
        preempt_point();
    }
    return s;
}

static bool make_shadows(struct domain *d, struct dirty_log *log,
                         unsigned long frames)
{
    unsigned i, n = count_vcpus(d);
    unsigned each = (unsigned)within(frames / n, SHADOW_FRAMES_MIN,
                                     FRAMES_ALLOWED);

    for (i = 0; i < d->max_vcpus; i++) {
        if (!d->vcpu[i])
            continue;
        log->shadow[i] = make_shadow(d, each);
        if (!log->shadow[i])
            return false;
        d->mmu.shadow_frames += each + 2;
    }
    return true;
}

/* ---- begin and end ---- */

static void free_log(struct domain *d, struct dirty_log *log)
{
    unsigned i;

    for (i = 0; i < MAX_VCPUS; i++)
        if (log->shadow[i])
            free_shadow(log->shadow[i]);
    mem_free(log->bits);
    mem_free(log);
    d->mmu.shadow_frames = 0;
}

/* The guest says in shared info how far its numbers reach: what is beyond any
 * sensible size has no bit, and counts as dirty. */
static uint64_t pages_of(const struct domain *d)
{
    uint64_t said = READ_ONCE(d->shared->arch.max_pfn);
    uint64_t least = d->mmu.nr_pages, most = 2 * (frame_max + least);

    return said < least ? least : said > most ? most : said + 1;
}

static struct dirty_log *make_log(struct domain *d, unsigned long frames)
{
    struct dirty_log *log = mem_alloc(sizeof(*log));

    if (!log)
        return NULL;
    log->pages = (pages_of(d) + WORD_BITS - 1) & -(uint64_t)WORD_BITS;
    log->bits = mem_alloc(log->pages / WORD_BITS * sizeof(*log->bits));
    if (log->bits && make_shadows(d, log, frames))
        return log;
    free_log(d, log);
    return NULL;
}

/* Each vCPU's shadow, or none. The domain is paused; idle CPUs may still have
 * tables of its loaded, and leave them. */
static void change_tables(struct domain *d, struct shadow *const *shadow)
{
    unsigned i;

    spin_lock(&d->mmu.lock);
    for (i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v)
            continue;
        v->pv.shadow = shadow ? shadow[i] : NULL;
        mmu_use_bases(v);
    }
    spin_unlock(&d->mmu.lock);
    tlb_flush_cpus(&d->mmu.cpus, TLB_ALL);
}

int dirty_start(struct domain *d, unsigned long frames)
{
    struct dirty_log *log;

    if (d->mmu.dirty || d->hardware || !count_vcpus(d))
        return -XEN_EINVAL;
    log = make_log(d, frames ? frames : dirty_frames_default(d));
    if (!log)
        return -XEN_ENOMEM;
    domain_pause(d);
    __atomic_store_n(&d->mmu.dirty, log, __ATOMIC_RELEASE);
    __atomic_fetch_add(&dirty_logs, 1, __ATOMIC_SEQ_CST);
    change_tables(d, log->shadow);
    (void)domain_unpause(d);
    return 0;
}

static void nothing(void *arg)
{
    (void)arg;
}

void dirty_stop(struct domain *d)
{
    struct dirty_log *log = d->mmu.dirty;

    if (!log)
        return;
    domain_pause(d);
    change_tables(d, NULL);
    __atomic_fetch_sub(&dirty_logs, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&d->mmu.dirty, NULL, __ATOMIC_SEQ_CST);
    smp_call(&smp_online, nothing, NULL); /* nobody looks at it any more */
    (void)domain_unpause(d);
    free_log(d, log);
}

/* ---- copying ---- */

/* Words [first, first + n) as they are, cleared if `clean`. */
static void take_words(struct dirty_log *log, uint64_t first, unsigned n,
                       bool clean, uint64_t *to)
{
    uint64_t end = log->pages / WORD_BITS;
    unsigned i;

    for (i = 0; i < n; i++) {
        if (first + i >= end)
            to[i] = ~(uint64_t)0; /* no bits: who knows? */
        else if (clean)
            to[i] = __atomic_exchange_n(&log->bits[first + i], 0,
                                        __ATOMIC_SEQ_CST);
        else
            to[i] = __atomic_load_n(&log->bits[first + i], __ATOMIC_RELAXED);
    }
}

static void give_back(struct dirty_log *log, uint64_t first, unsigned n,
                      const uint64_t *from)
{
    uint64_t end = log->pages / WORD_BITS;
    unsigned i;

    for (i = 0; i < n && first + i < end; i++)
        __atomic_or_fetch(&log->bits[first + i], from[i], __ATOMIC_SEQ_CST);
}

static uint32_t count_bits(const uint64_t *words, uint64_t bits)
{
    uint64_t i, word;
    uint32_t n = 0;

    for (i = 0; i < bits; i += WORD_BITS) {
        word = words[i / WORD_BITS];
        if (bits - i < WORD_BITS)
            word &= ((uint64_t)1 << (bits - i)) - 1;
        for (; word; word &= word - 1)
            n++;
    }
    return n;
}

static int copy_bits(struct dirty_log *log, uintptr_t bitmap, uint64_t pages,
                     bool clean, uint32_t *dirty)
{
    uint64_t words[CHUNK], at, bits;
    unsigned n;

    if (!bitmap && pages > log->pages)
        pages = log->pages;
    for (at = 0; at < pages; at += bits) {
        bits = pages - at < CHUNK * WORD_BITS ? pages - at : CHUNK * WORD_BITS;
        n = (unsigned)((bits + WORD_BITS - 1) / WORD_BITS);
        take_words(log, at / WORD_BITS, n, clean, words);
        *dirty += count_bits(words, bits);
        if (bitmap && copy_to_guest(bitmap + at / 8, words, (bits + 7) / 8)) {
            if (clean)
                give_back(log, at / WORD_BITS, n, words);
            return -XEN_EFAULT;
        }
        preempt_point();
    }
    return 0;
}

static uint32_t count_faults(const struct domain *d)
{
    uint32_t n = 0;
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i] && d->vcpu[i]->pv.shadow)
            n += READ_ONCE(d->vcpu[i]->pv.shadow->faults);
    return n;
}

int dirty_copy(struct domain *d, uintptr_t bitmap, uint64_t pages, bool clean,
               struct dirty_counts *counts)
{
    struct dirty_log *log = d->mmu.dirty;
    uint32_t faults;
    int rc;

    if (!log)
        return -XEN_EINVAL;
    mark_volatile(d);
    faults = count_faults(d);
    *counts = (struct dirty_counts){ .faults = faults - log->faults };
    rc = copy_bits(log, bitmap, pages, clean, &counts->dirty);
    if (clean) {
        /* No more unnoticed writes: those that don't run now begin with
         * empty shadows. */
        tlb_flush_cpus(&d->mmu.cpus, TLB_ALL);
        log->faults = faults;
    }
    return rc;
}
