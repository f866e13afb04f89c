/*
 * build.c - making a domain: memory, kernel, initrd, frame list, vCPUs.
 *
 * The order is: lay out (plan.c), create the domain and its vCPUs, give it
 * frames, fill them, then hand the page tables to the checks that every
 * guest's page tables pass. What fails before that fails for want of memory.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/pte.h"
#include "xen/dom/build_private.h"
#include "xen/lib/format.h"

#define BIG_ORDER  9u /* frames are taken 2 MiB at a time where possible */
#define MIB(pages) ((pages) >> (20 - PAGE_SHIFT))

/* ---- memory ---- */

static bool take_frames(struct builder *b, pfn_t pfn, unsigned order)
{
    struct page *page = mmu_alloc_page(
        b->d, order, b->r->clear ? FRAME_ZERO : FRAME_UNSCRUBBED);
    mfn_t mfn;
    pfn_t i;

    if (!page)
        return false;
    mfn = page_to_mfn(page);
    for (i = 0; i < (pfn_t)1 << order; i++) {
        b->p2m[pfn + i] = mfn + i;
        m2p_set(mfn + i, pfn + i);
    }
    return true;
}

static int take_memory(struct builder *b)
{
    unsigned order = BIG_ORDER;
    pfn_t pfn = 0;

    b->p2m = mem_alloc(b->r->nr_pages * sizeof(*b->p2m));
    if (!b->p2m)
        return -XEN_ENOMEM;
    while (pfn < b->r->nr_pages) {
        while (order && b->r->nr_pages - pfn < (pfn_t)1 << order)
            order--;
        if (take_frames(b, pfn, order))
            pfn += (pfn_t)1 << order;
        else if (order == 0)
            return -XEN_ENOMEM;
        else
            order--;
    }
    return 0;
}

/* ---- contents ---- */

void build_copy(struct builder *b, uint64_t virt, const void *from, size_t size)
{
    const uint8_t *source = from;

    while (size) {
        size_t offset = virt & ~PAGE_MASK;
        size_t part = PAGE_SIZE - offset < size ? PAGE_SIZE - offset : size;

        memcpy((uint8_t *)build_frame(b, plan_pfn(&b->plan, virt)) + offset,
               source, part);
        virt += part;
        source += part;
        size -= part;
    }
}

static void clear(struct builder *b, uint64_t virt, uint64_t size)
{
    while (size) {
        size_t offset = virt & ~PAGE_MASK;
        size_t part = PAGE_SIZE - offset < size ? PAGE_SIZE - offset : size;

        memset((uint8_t *)build_frame(b, plan_pfn(&b->plan, virt)) + offset, 0,
               part);
        virt += part;
        size -= part;
    }
}

static void load_kernel(struct builder *b)
{
    const struct elf_kernel *k = b->r->kernel;
    unsigned i;

    for (i = 0; i < k->nr_segments; i++) {
        const struct elf_segment *s = &k->segment[i];

        build_copy(b, s->start, s->data, s->file_size);
        clear(b, s->start + s->file_size, s->memory_size - s->file_size);
    }
    if (k->has_hypercall_page)
        pv_fill_hypercall_page(
            build_frame(b, plan_pfn(&b->plan, k->hypercall_page)));
}

/* Copy to frames in order of pfn. */
static void copy_frames(struct builder *b, pfn_t pfn, const void *from,
                        size_t size)
{
    build_copy(b, b->plan.virt_base + (pfn << PAGE_SHIFT), from, size);
}

/* What the boot region holds besides the kernel; all else stays as it is. */
static void load_rest(struct builder *b)
{
    const struct plan *p = &b->plan;

    clear(b, p->start_info, p->stack_top - p->start_info);
    if (p->nr_p2m_tables)
        clear(b, p->virt_base + (p->p2m_tables_pfn << PAGE_SHIFT),
              (uint64_t)p->nr_p2m_tables << PAGE_SHIFT);
    copy_frames(b, p->ramdisk_pfn, b->r->ramdisk, b->r->ramdisk_size);
    copy_frames(b, p->p2m_pfn, b->p2m, b->r->nr_pages * sizeof(*b->p2m));
}

/* ---- the whole ---- */

static int create(struct builder *b)
{
    struct domain_config config = {
        .id = b->r->id,
        .max_vcpus = b->r->max_vcpus,
        .max_frames = b->r->max_pages ? b->r->max_pages : b->r->nr_pages,
        .privileged = b->r->dom0,
        .hardware = b->r->dom0,
    };
    unsigned i;
    int rc;

    format_text(config.name, sizeof(config.name), "%s", b->r->name);
    rc = domain_create(&config, &b->d);
    for (i = 0; !rc && i < b->r->max_vcpus; i++)
        rc = vcpu_create(b->d, i);
    return rc;
}

static int fill(struct builder *b)
{
    int rc = take_memory(b);

    if (rc)
        return rc;
    load_kernel(b);
    load_rest(b);
    rc = build_rings(b);
    if (rc)
        return rc;
    build_start_info(b);
    build_tables(b);
    rc = build_context(b);
    return rc ? rc : vcpu_up(b->d->vcpu[0]);
}

static int check_room(const struct build_request *r, const struct plan *p,
                      char *why, size_t why_size)
{
    uint64_t free = frame_count_free();

    if (p->end_pfn > r->nr_pages) {
        format_text(why, why_size,
                    "%lu MiB are too little for this kernel and ramdisk: give "
                    "it %lu MiB or more",
                    MIB(r->nr_pages), MIB(p->end_pfn) + 1);
        return -XEN_ENOMEM;
    }
    if (r->nr_pages >= free) {
        format_text(why, why_size,
                    "it wants %lu MiB and %lu MiB are left: give it less, or "
                    "the machine more",
                    MIB(r->nr_pages), MIB(free));
        return -XEN_ENOMEM;
    }
    return 0;
}

static int undo(struct builder *b, int rc, char *why, size_t why_size)
{
    if (rc == -XEN_ENOMEM)
        format_text(why, why_size,
                    "memory ran out (%lu MiB are left): give it less, or the "
                    "machine more",
                    MIB(frame_count_free()));
    else
        format_text(why, why_size, "error %d while it was built", rc);
    mem_free(b->p2m);
    if (b->d) {
        while (domain_kill(b->d) == DOMAIN_KILL_AGAIN)
            ;
        domain_put(b->d);
    }
    return rc;
}

int build_domain(const struct build_request *r, struct domain **out, char *why,
                 size_t why_size)
{
    struct builder b = { .r = r };
    const char *reason = "";
    int rc;

    rc = plan_make(&b.plan, r->kernel, r->nr_pages, r->ramdisk_size, &reason);
    if (rc == -XEN_EINVAL) {
        format_text(why, why_size, "its kernel cannot be placed: %s", reason);
        return rc;
    }
    rc = check_room(r, &b.plan, why, why_size);
    if (rc)
        return rc;
    rc = create(&b);
    if (!rc)
        rc = fill(&b);
    if (rc)
        return undo(&b, rc, why, why_size);
    mem_free(b.p2m);
    *out = b.d;
    return 0;
}
