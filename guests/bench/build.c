/*
 * Building a PV domain by domctl, as a toolstack would, from this guest's own
 * image (its ramdisk): memory, image, P2M, start info, page tables, context.
 *
 * Pseudo-physical layout from frame 0: image | P2M | start info | L4 L3 L2 |
 * L1s | stack | free; all of it mapped at VIRT_BASE, tables read-only.
 */
#include <elf.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "guests/bench/peer.h"
#include "guests/lib/control.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

#define PAGES     2048U /* 8 MiB */
#define P2M_PAGES (PAGES / 512)
#define L1_PAGES  (PAGES / 512)

extern const char image_end[];

static struct {
    domid_t domid;
    unsigned p2m, info, tables, stack; /* frame numbers */
    uint64_t entry;
    xen_pfn_t mfn[PAGES];
    struct vcpu_guest_context context;
} build;

static char window[PAGE_SIZE]
    __attribute__((section(".bss.pages"), aligned(4096)));

/* The new domain's frame pfn, in our window; null if refused. */
static void *map_frame(unsigned pfn)
{
    static const uint64_t *entry;
    struct mmu_update update;
    struct mmuext_op flush = { .cmd = MMUEXT_INVLPG_LOCAL,
                               .arg1.linear_addr = address_of(window) };

    if (!entry)
        entry = pte_find((unsigned long)window, 1);
    update.ptr = virt_to_machine(entry) | MMU_NORMAL_PT_UPDATE;
    update.val = build.mfn[pfn] << PAGE_SHIFT | PTE_DATA;
    if (hypercall_mmu_update(&update, 1, NULL, build.domid) ||
        hypercall_mmuext_op(&flush, 1, NULL, DOMID_SELF))
        return NULL;
    return window;
}

static void unmap_frame(void)
{
    (void)page_remap(window, 0);
}

static long create(unsigned vcpus)
{
    struct xen_domctl op = { 0 };
    long error;

    build.domid = 0;
    op.u.createdomain.max_vcpus = vcpus;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = 4;
    op.u.createdomain.max_maptrack_frames = 4;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    op.u.createdomain.handle[0] = 0x4d;
    error = hypercall_domctl(XEN_DOMCTL_createdomain, build.domid, &op);
    if (error)
        return error;
    build.domid = op.domain;
    op.u.max_vcpus.max = vcpus;
    error = hypercall_domctl(XEN_DOMCTL_max_vcpus, build.domid, &op);
    if (error)
        return error;
    op.u.max_mem.max_memkb = (PAGES + 64) * 4;
    return hypercall_domctl(XEN_DOMCTL_max_mem, build.domid, &op);
}

static long populate(void)
{
    struct xen_memory_reservation memory = { .nr_extents = PAGES,
                                             .domid = build.domid };
    long done;

    for (unsigned i = 0; i < PAGES; i++)
        build.mfn[i] = i;
    set_xen_guest_handle(memory.extent_start, build.mfn);
    done = hypercall_memory_op(XENMEM_populate_physmap, &memory);
    return done == PAGES ? 0 : -XEN_ENOMEM;
}

/* Copies the part of the image that lies in frame pfn into `page`. */
static void fill_image_page(const Elf64_Ehdr *elf, unsigned pfn, char *page)
{
    const char *base = (const char *)elf;
    const Elf64_Phdr *segment = (const void *)(base + elf->e_phoff);
    uint64_t start = (uint64_t)pfn << PAGE_SHIFT, end = start + PAGE_SIZE;

    memset(page, 0, PAGE_SIZE);
    for (unsigned i = 0; i < elf->e_phnum; i++, segment++) {
        uint64_t from = segment->p_paddr, to = from + segment->p_filesz;

        if (segment->p_type != PT_LOAD || from >= end || to <= start)
            continue;
        from = from > start ? from : start;
        to = to < end ? to : end;
        memcpy(page + (from - start),
               base + segment->p_offset + (from - segment->p_paddr), to - from);
    }
}

static void fill_info(struct start_info *info, uint64_t shared,
                      const char *arguments)
{
    memset(info, 0, PAGE_SIZE);
    memcpy(info->magic, "xen-3.0-x86_64", 15);
    info->nr_pages = PAGES;
    info->shared_info = shared << PAGE_SHIFT;
    info->pt_base = VIRT_BASE + ((uint64_t)build.tables << PAGE_SHIFT);
    info->nr_pt_frames = 3 + L1_PAGES;
    info->mfn_list = VIRT_BASE + ((uint64_t)build.p2m << PAGE_SHIFT);
    info->first_p2m_pfn = build.p2m;
    info->nr_p2m_frames = P2M_PAGES;
    memcpy(info->cmd_line, arguments, strlen(arguments) + 1);
}

static void fill_table(unsigned index, uint64_t *table)
{
    uint64_t next = build.tables + index + 1;

    memset(table, 0, PAGE_SIZE);
    if (index == 0) {
        table[511] = build.mfn[next] << PAGE_SHIFT | PTE_TABLE;
    } else if (index == 1) {
        table[510] = build.mfn[next] << PAGE_SHIFT | PTE_TABLE;
    } else if (index == 2) {
        for (unsigned i = 0; i < L1_PAGES; i++)
            table[i] = build.mfn[next + i] << PAGE_SHIFT | PTE_TABLE;
    } else {
        for (unsigned i = 0; i < 512; i++) {
            unsigned pfn = (index - 3) * 512 + i;
            bool is_table = pfn >= build.tables && pfn < build.stack;

            table[i] = build.mfn[pfn] << PAGE_SHIFT |
                       (is_table ? PTE_READ : PTE_DATA);
        }
    }
}

/* Writes every frame that is not empty. */
static long fill_memory(const Elf64_Ehdr *elf, uint64_t shared,
                        const char *arguments)
{
    for (unsigned pfn = 0; pfn <= build.stack; pfn++) {
        char *page = map_frame(pfn);

        if (!page)
            return -XEN_EFAULT;
        if (pfn < build.p2m)
            fill_image_page(elf, pfn, page);
        else if (pfn < build.info)
            memcpy(page, &build.mfn[(pfn - build.p2m) * 512], PAGE_SIZE);
        else if (pfn < build.tables)
            fill_info((void *)page, shared, arguments);
        else if (pfn < build.stack)
            fill_table(pfn - build.tables, (void *)page);
    }
    unmap_frame();
    return 0;
}

static long start(void)
{
    struct xen_domctl op = { 0 };
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE,
                             .arg1.mfn = build.mfn[build.tables] };
    struct vcpu_guest_context *c = &build.context;
    long error = hypercall_mmuext_op(&pin, 1, NULL, build.domid);

    if (error)
        return error;
    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = build.entry;
    c->user_regs.rsi = VIRT_BASE + ((uint64_t)build.info << PAGE_SHIFT);
    c->user_regs.rsp = VIRT_BASE + ((uint64_t)(build.stack + 1) << PAGE_SHIFT);
    c->user_regs.rflags = 0x202;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = xen_pfn_to_cr3(build.mfn[build.tables]);
    op.u.vcpucontext.vcpu = 0;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, c);
    error = hypercall_domctl(XEN_DOMCTL_setvcpucontext, build.domid, &op);
    return error ? error
                 : hypercall_domctl(XEN_DOMCTL_unpausedomain, build.domid, &op);
}

/* credit and credit2 agree on where the weight is. */
static long set_weight(unsigned weight)
{
    static const unsigned schedulers[] = { XEN_SCHEDULER_CREDIT,
                                           XEN_SCHEDULER_CREDIT2 };
    long error = -XEN_EINVAL;

    for (unsigned i = 0; i < 2 && error; i++) {
        struct xen_domctl op = { 0 };

        op.u.scheduler_op.sched_id = schedulers[i];
        op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
        op.u.scheduler_op.u.credit.weight = (uint16_t)weight;
        error = hypercall_domctl(XEN_DOMCTL_scheduler_op, build.domid, &op);
    }
    return error;
}

int build_domain(unsigned vcpus, unsigned weight, const char *arguments)
{
    const Elf64_Ehdr *elf = (const void *)start_info()->mod_start;
    struct xen_domctl op = { 0 };
    long error;

    if (start_info()->mod_len < sizeof(*elf) ||
        memcmp(elf->e_ident, ELFMAG, SELFMAG))
        return -XEN_ENOENT;
    build.entry = elf->e_entry;
    build.p2m = (unsigned)((address_of(image_end) - VIRT_BASE) >> PAGE_SHIFT);
    build.info = build.p2m + P2M_PAGES;
    build.tables = build.info + 1;
    build.stack = build.tables + 3 + L1_PAGES;
    error = create(vcpus);
    if (!error)
        error = populate();
    if (!error)
        error = hypercall_domctl(XEN_DOMCTL_getdomaininfo, build.domid, &op);
    if (!error)
        error = fill_memory(elf, op.u.getdomaininfo.shared_info_frame,
                            arguments);
    if (!error && weight)
        error = set_weight(weight);
    if (!error)
        error = start();
    return error ? (int)error : build.domid;
}
