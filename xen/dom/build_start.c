/*
 * build_start.c - what a new guest finds at its start: the start_info page,
 * its first vCPU's registers, its console's ring.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/msr.h"
#include "xen/core/console_ring.h"
#include "xen/core/store_ring.h"
#include "xen/dom/build_private.h"

#define START_MAGIC "xen-3.0-x86_64"

/* The screen, for dom0, behind the start_info in its page. */
static void fill_screen(struct start_info *s)
{
    struct dom0_vga_console_info *v = (void *)((uint8_t *)s + sizeof(*s));

    if (boot_info.screen != BOOT_SCREEN_TEXT)
        return;
    v->video_type = XEN_VGATYPE_TEXT_MODE_3;
    v->u.text_mode_3.font_height = 16;
    v->u.text_mode_3.cursor_x = 0;
    v->u.text_mode_3.cursor_y = (uint16_t)(boot_info.screen_height - 1);
    v->u.text_mode_3.rows = (uint16_t)boot_info.screen_height;
    v->u.text_mode_3.columns = (uint16_t)boot_info.screen_width;
    s->console.dom0.info_off = sizeof(*s);
    s->console.dom0.info_size = sizeof(*v);
}

static void fill_module(const struct builder *b, struct start_info *s)
{
    const struct plan *p = &b->plan;

    if (!b->r->ramdisk_size)
        return;
    s->mod_len = b->r->ramdisk_size;
    s->mod_start = p->ramdisk ? p->ramdisk : p->ramdisk_pfn;
    if (!p->ramdisk)
        s->flags |= SIF_MOD_START_PFN;
}

void build_start_info(struct builder *b)
{
    const struct plan *p = &b->plan;
    struct start_info *s = build_frame(b, plan_pfn(p, p->start_info));
    size_t length = strlen(b->r->cmdline);

    memcpy(s->magic, START_MAGIC, sizeof(START_MAGIC));
    s->nr_pages = b->r->nr_pages;
    s->shared_info = page_to_mfn(b->d->shared_page) << PAGE_SHIFT;
    s->pt_base = p->tables;
    s->nr_pt_frames = p->nr_tables;
    s->mfn_list = p->p2m;
    s->first_p2m_pfn = p->nr_p2m_tables ? p->p2m_pfn : 0;
    s->nr_p2m_frames = p->nr_p2m_tables ? p->p2m_pages + p->nr_p2m_tables : 0;
    fill_module(b, s);
    if (b->r->dom0) {
        s->flags |= SIF_PRIVILEGED | SIF_INITDOMAIN;
        fill_screen(s);
    } else {
        s->store_mfn = b->p2m[plan_pfn(p, p->store)];
        s->store_evtchn = b->d->store_port;
        s->console.domU.mfn = b->p2m[plan_pfn(p, p->console)];
        s->console.domU.evtchn = b->d->console_port;
    }
    if (length >= sizeof(s->cmd_line))
        length = sizeof(s->cmd_line) - 1;
    memcpy(s->cmd_line, b->r->cmdline, length);
}

int build_context(struct builder *b)
{
    const struct plan *p = &b->plan;
    struct vcpu *v = b->d->vcpu[0];
    struct vcpu_guest_context *c = mem_alloc(sizeof(*c));
    int rc;

    if (!c)
        return -XEN_ENOMEM;
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = b->r->kernel->entry;
    c->user_regs.rsp = p->stack_top;
    c->user_regs.rsi = p->start_info;
    c->user_regs.rflags = FLAG_IF;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = p->stack_top;
    rc = pv_set_context(&v->pv, c);
    mem_free(c);
    if (!rc) /* pinned, as guests expect of their first tables */
        rc = mmu_pin(b->d, b->p2m[plan_pfn(p, p->tables)], 4);
    if (!rc)
        rc = mmu_set_base(v, b->p2m[plan_pfn(p, p->tables)], true);
    if (!rc)
        v->initialised = true;
    return rc;
}

int build_rings(struct builder *b)
{
    int rc;

    if (b->r->dom0)
        return 0;
    rc = console_ring_create(b->d, b->p2m[plan_pfn(&b->plan, b->plan.console)]);
    if (rc || !b->r->store)
        return rc;
    return store_ring_create(b->d, b->p2m[plan_pfn(&b->plan, b->plan.store)]);
}
