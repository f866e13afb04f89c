/*
 * memory.c - see memory.h.
 */
#include "tests/mm/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/softirq.h"
#include "xen/lib/bug.h"

struct domain dom[DOMAINS];
struct vcpu vcpu[DOMAINS];
static struct vcpu *vcpus[DOMAINS][1];
__thread struct vcpu *running;
mfn_t frame_max = FRAMES;
struct cpuset smp_online;
unsigned smp_nr_cpus = 1;
uint64_t paging_cr3;
union softirq_word percpu_softirq;
struct tlb_cpu percpu_tlb_cpu;
struct tlb_clock tlb_clock = { .epoch = 1 };
unsigned flushes;
void (*on_flush)(void);
bool preempting;
void (*on_preempt)(void);
unsigned held_refs[FRAMES], held_types[FRAMES];
static bool seen_writable[FRAMES]; /* the TLB may hold such a translation */
static struct spinlock pool_lock;
static __thread uint64_t seed = 1;

void rnd_start(unsigned s)
{
    seed = s;
}

unsigned rnd(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

struct pv_vcpu *current_pv(void)
{
    return running ? &running->pv : NULL;
}

void bug(const char *what, const char *file, unsigned line)
{
    fail_msg("%s:%u: %s", file, line, what);
    abort();
}

/* ---- the log of what is written: always on ---- */

unsigned dirty_logs = 1;
bool dirty[FRAMES];

void dirty_wrote_slow(mfn_t mfn)
{
    if (mfn < FRAMES)
        __atomic_store_n(&dirty[mfn], true, __ATOMIC_RELAXED);
}

void dirty_unmapped_slow(const struct domain *d, mfn_t mfn)
{
    if (mfn_to_page(mfn)->owner != d)
        dirty_wrote_slow(mfn);
}

/* What the log is about. */
struct seen {
    struct domain *owner;
    uint64_t what; /* PINNED, and the level if it is a table */
    pte_t entry[ENTRIES];
};

static struct seen last_seen[FRAMES];

void check_dirty(void)
{
    mfn_t mfn;

    for (mfn = 0; mfn < FRAMES; mfn++) {
        struct page *page = mfn_to_page(mfn);
        struct seen now = { .owner = page->owner };
        uint64_t word = page_word(page);

        if (!now.owner) {
            last_seen[mfn] = now;
            continue;
        }
        now.what = page_table_level(word) | (word & PAGE_PINNED);
        memcpy(now.entry, mfn_to_virt(mfn), sizeof(now.entry));
        if (now.owner == last_seen[mfn].owner && !dirty[mfn] &&
            memcmp(&now, &last_seen[mfn], sizeof(now)))
            fail_msg("frame %lu has changed, and nobody was told",
                     (unsigned long)mfn);
        last_seen[mfn] = now;
        dirty[mfn] = false;
    }
}

/* Nobody runs on shadow tables here. */
void shadow_empty(struct shadow *s)
{
    (void)s;
}

void shadow_empty_root(struct shadow *s, bool kernel)
{
    (void)s, (void)kernel;
}

/* ---- frames ---- */

struct page *frame_alloc(unsigned order, unsigned flags)
{
    struct page *page = NULL;
    mfn_t i;

    (void)flags;
    assert_int_equal(order, 0);
    spin_lock(&pool_lock);
    for (i = 0; i < FRAMES && !page; i++)
        if (mfn_to_page(i)->word & PAGE_FREE)
            page = mfn_to_page(i);
    if (page) {
        tlb_flush_stale(&smp_online, page->stamp);
        page->extra2 = 0;
        __atomic_store_n(&page->word, PAGE_RAM, __ATOMIC_SEQ_CST);
    }
    spin_unlock(&pool_lock);
    return page;
}

void frame_free(struct page *page, unsigned order)
{
    const uint64_t *word = mfn_to_virt(page_to_mfn(page));
    unsigned i;

    (void)order;
    for (i = 0; i < 512; i++)
        assert_int_equal(word[i], 0); /* scrubbed */
    spin_lock(&pool_lock);
    assert_false(page->word & PAGE_FREE);
    page->word = PAGE_RAM | PAGE_FREE;
    spin_unlock(&pool_lock);
}

void frame_scrub(struct page *page)
{
    memset(mfn_to_virt(page_to_mfn(page)), 0, PAGE_SIZE);
    page->extra3 = 0;
}

void *up_page_alloc(void)
{
    struct page *page = frame_alloc(0, 0);

    return page ? mfn_to_virt(page_to_mfn(page)) : NULL;
}

void *mem_alloc(size_t size)
{
    return calloc(1, size);
}

void mem_free(void *p)
{
    free(p);
}

void paging_fill_hole(pte_t *l4)
{
    unsigned i;

    for (i = HOLE_FIRST_SLOT; i <= HOLE_LAST_SLOT; i++)
        l4[i] = 0x5a5a5000;
}

/* ---- the TLB, and others ---- */

void tlb_flush_here(uintptr_t address)
{
    uint64_t epoch = tlb_flush_epoch();

    if (address != TLB_ALL)
        return;
    if (on_flush)
        on_flush();
    memset(seen_writable, 0, sizeof(seen_writable));
    __atomic_store_n(&percpu_tlb_cpu.seen, epoch, __ATOMIC_SEQ_CST);
    flushes++;
}

void tlb_flush_cpus(const struct cpuset *cpus, uintptr_t address)
{
    (void)cpus;
    tlb_flush_here(address);
}

void tlb_flush_stale(const struct cpuset *cpus, uint64_t stamp)
{
    (void)cpus;
    if (stamp && percpu_tlb_cpu.seen <= stamp)
        tlb_flush_here(TLB_ALL);
}

void tlb_load(struct cpuset *cpus, uint64_t cr3)
{
    (void)cpus, (void)cr3;
    tlb_flush_here(TLB_ALL);
}

void tlb_leave(void)
{
    tlb_flush_here(TLB_ALL);
}

void preempt_slow(void)
{
    host_yield();
    if (on_preempt)
        on_preempt();
    percpu_softirq.any = preempting && rnd(4) == 0;
}

bool run_must_stop(void)
{
    return false;
}

void run_yield(void)
{
    host_yield();
}

void domain_put(struct domain *d)
{
    __atomic_sub_fetch(&d->refs, 1, __ATOMIC_SEQ_CST);
}

struct domain *domain_get(uint16_t id)
{
    if (id == DOMID_SELF)
        return domain_hold(current_domain());
    return id < DOMAINS ? domain_hold(&dom[id]) : NULL;
}

/* ---- start ---- */

static void map_host(uintptr_t at, size_t size)
{
    void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
                   0);

    assert_ptr_equal(p, (void *)at);
}

void memory_start(void)
{
    unsigned i;

    map_host(DIRECTMAP_START, FRAMES * PAGE_SIZE);
    map_host(FRAMES_START, FRAMES * sizeof(struct page));
    map_host(M2P_RW_START, FRAMES * sizeof(pfn_t));
    memset(dom, 0, sizeof(dom));
    memset(vcpu, 0, sizeof(vcpu));
    memset(held_refs, 0, sizeof(held_refs));
    memset(held_types, 0, sizeof(held_types));
    memset(last_seen, 0, sizeof(last_seen));
    percpu_tlb_cpu.seen = 0;
    tlb_clock = (struct tlb_clock){ .epoch = 1 };
    for (i = 0; i < FRAMES; i++)
        mfn_to_page(i)->word = PAGE_RAM | PAGE_FREE;
    for (i = 0; i < DOMAINS; i++) {
        dom[i].id = (uint16_t)i;
        dom[i].refs = 1;
        dom[i].max_vcpus = 1;
        dom[i].vcpu = vcpus[i];
        vcpus[i][0] = &vcpu[i];
        vcpu[i].domain = &dom[i];
        vcpu[i].pv.kernel_mode = 1;
        dom[i].mmu.max_pages = FRAMES / DOMAINS - 4;
        assert_int_equal(mmu_domain_create(&dom[i]), 0);
    }
}

/* ---- what must hold ---- */

static unsigned want_refs[FRAMES], want_types[FRAMES];

static void count_table(mfn_t mfn, unsigned level)
{
    const pte_t *table = mfn_to_virt(mfn);
    unsigned i;

    for (i = 0; i < TABLE_ENTRIES; i++) {
        mfn_t to = pte_mfn(table[i]);

        if (!(table[i] & PTE_P) || (level == 4 && i >= 256 && i < 272))
            continue;
        assert_true(table[i] & PTE_U);
        assert_true(to < FRAMES);
        want_refs[to]++;
        want_types[to] += level > 1 || (table[i] & PTE_W);
        if (level > 1)
            assert_int_equal(page_table_level(page_word(mfn_to_page(to))),
                             level - 1);
        else if (table[i] & PTE_W)
            assert_int_equal(mfn_to_page(to)->word >> PT_SHIFT,
                             PT_WRITABLE >> PT_SHIFT);
    }
}

static void count_all(void)
{
    unsigned i;

    memcpy(want_refs, held_refs, sizeof(want_refs));
    memcpy(want_types, held_types, sizeof(want_types));
    for (i = 0; i < DOMAINS; i++) {
        if (vcpu[i].pv.l4_kernel) {
            want_refs[vcpu[i].pv.l4_kernel >> PAGE_SHIFT]++;
            want_types[vcpu[i].pv.l4_kernel >> PAGE_SHIFT]++;
        }
        if (vcpu[i].pv.l4_user) {
            want_refs[vcpu[i].pv.l4_user >> PAGE_SHIFT]++;
            want_types[vcpu[i].pv.l4_user >> PAGE_SHIFT]++;
        }
    }
    for (i = 0; i < FRAMES; i++) {
        uint64_t word = page_word(mfn_to_page(i));

        want_refs[i] += (word & PAGE_ALLOCATED ? 1u : 0) +
                        (word & PAGE_PINNED ? 1u : 0);
        want_types[i] += word & PAGE_PINNED ? 1 : 0;
        if (page_table_level(word) && (word & TYPE_COUNT))
            count_table(i, page_table_level(word));
    }
}

void check_counts(void)
{
    unsigned i;

    count_all();
    for (i = 0; i < FRAMES; i++) {
        uint64_t word = page_word(mfn_to_page(i));

        if (word & PAGE_FREE) {
            assert_int_equal(want_refs[i], 0);
            continue;
        }
        assert_false(word & PAGE_BUSY);
        if ((word & REF_COUNT) != want_refs[i] ||
            (word & TYPE_COUNT) / TYPE_ONE != want_types[i])
            fail_msg("frame %u: word %#lx, but %u references, %u of its type",
                     i, word, want_refs[i], want_types[i]);
    }
}

void check_tlb(void)
{
    unsigned i, j;

    for (i = 0; i < FRAMES; i++) {
        uint64_t word = page_word(mfn_to_page(i));
        const pte_t *table = mfn_to_virt(i);

        if (page_table_level(word) != 1 || !(word & TYPE_COUNT))
            continue;
        for (j = 0; j < ENTRIES; j++)
            if ((table[j] & (PTE_P | PTE_W)) == (PTE_P | PTE_W))
                seen_writable[pte_mfn(table[j])] = true;
    }
    for (i = 0; i < FRAMES; i++) {
        uint64_t word = page_word(mfn_to_page(i));

        if (page_table_level(word) && (word & TYPE_COUNT))
            assert_false(seen_writable[i]);
    }
}
