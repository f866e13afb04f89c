/*
 * version.c - xen_version, by a table: who we say that we are.
 *
 * Guests and the toolstack look for 4.17. vm_assist, which switches on what
 * the features here offer, is at the end.
 */
#include <string.h>
#include <xen/errno.h>
#include <xen/version.h>
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/msr.h"
#include "xen/core/domain.h"
#include "xen/hypercall/hypercall.h"
#include "xen/lib/format.h"

#define VERSION (4 << 16 | 17)

/* text, filled up with zeros to size bytes (1024 at most), to the guest. */
static int64_t put_text(uintptr_t guest, const char *text, size_t size)
{
    static const char zeros[64];
    size_t length = strnlen(text, size - 1), at;
    int rc = copy_to_guest(guest, text, length);

    for (at = length; !rc && at < size; at += sizeof(zeros))
        rc = copy_to_guest(guest + at, zeros,
                           size - at < sizeof(zeros) ? size - at
                                                     : sizeof(zeros));
    return rc;
}

static int64_t do_version(uintptr_t guest)
{
    (void)guest;
    return VERSION;
}

static int64_t do_extraversion(uintptr_t guest)
{
    return put_text(guest, ".0-metronome", sizeof(xen_extraversion_t));
}

static int64_t do_compile_info(uintptr_t guest)
{
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    format_text(info.compiler, sizeof(info.compiler), "gcc or clang %s",
                __VERSION__);
    format_text(info.compile_by, sizeof(info.compile_by), "metronome");
    format_text(info.compile_domain, sizeof(info.compile_domain), "metronome");
    format_text(info.compile_date, sizeof(info.compile_date), "reproducible");
    return copy_to_guest(guest, &info, sizeof(info));
}

static int64_t do_capabilities(uintptr_t guest)
{
    return put_text(guest, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
}

static int64_t do_changeset(uintptr_t guest)
{
    return put_text(guest, "metronome", sizeof(xen_changeset_info_t));
}

static int64_t do_platform_parameters(uintptr_t guest)
{
    struct xen_platform_parameters p = { .virt_start = HOLE_START };

    return copy_to_guest(guest, &p, sizeof(p));
}

static int64_t do_get_features(uintptr_t guest)
{
    struct xen_feature_info info;
    const struct domain *d = current_domain();
    int rc = copy_from_guest(&info, guest, sizeof(info));

    if (rc)
        return rc;
    if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -XEN_EINVAL;
    info.submap = 1u << XENFEAT_mmu_pt_update_preserve_ad |
                  1u << XENFEAT_highmem_assist |
                  1u << XENFEAT_gnttab_map_avail_bits |
                  1u << XENFEAT_memory_op_vnode_supported |
                  1u << XENFEAT_not_direct_mapped;
    if (d->vm_assist & 1ul << VMASST_TYPE_pae_extended_cr3)
        info.submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
    if (d->hardware)
        info.submap |= 1u << XENFEAT_dom0;
    return copy_to_guest(guest, &info, sizeof(info));
}

static int64_t do_pagesize(uintptr_t guest)
{
    (void)guest;
    return (int64_t)PAGE_SIZE;
}

static int64_t do_guest_handle(uintptr_t guest)
{
    return copy_to_guest(guest, current_domain()->handle,
                         sizeof(xen_domain_handle_t));
}

static int64_t do_commandline(uintptr_t guest)
{
    return put_text(
        guest, current_domain()->privileged ? boot_info.cmdline : "<denied>",
        sizeof(xen_commandline_t));
}

static int64_t do_build_id(uintptr_t guest)
{
    (void)guest;
    return -XEN_ENODATA;
}

#define ROW(name) [XENVER_##name] = do_##name

static int64_t (*const version_rows[])(uintptr_t guest) = {
    ROW(version),      ROW(extraversion), ROW(compile_info),
    ROW(capabilities), ROW(changeset),    ROW(platform_parameters),
    ROW(get_features), ROW(pagesize),     ROW(guest_handle),
    ROW(commandline),  ROW(build_id),
};

int64_t hypercall_xen_version(uint64_t cmd, uint64_t guest, uint64_t c,
                              uint64_t d, uint64_t e, uint64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    if ((uint32_t)cmd == XENVER_version) /* the one that is asked often */
        return VERSION;
    if ((uint32_t)cmd >= ARRAY_SIZE(version_rows))
        return hypercall_unknown_op(__HYPERVISOR_xen_version, (uint32_t)cmd);
    return version_rows[(uint32_t)cmd](guest);
}

/* ---- vm_assist(cmd, type) ---- */

#define ASSISTS                                                                \
    (1ul << VMASST_TYPE_4gb_segments |                                         \
     1ul << VMASST_TYPE_4gb_segments_notify |                                  \
     1ul << VMASST_TYPE_writable_pagetables |                                  \
     1ul << VMASST_TYPE_pae_extended_cr3 |                                     \
     1ul << VMASST_TYPE_architectural_iopl |                                   \
     1ul << VMASST_TYPE_runstate_update_flag | 1ul << VMASST_TYPE_m2p_strict)

static void set_iopl_mask(struct domain *d, uint32_t mask)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++)
        if (domain_vcpu(d, i))
            WRITE_ONCE(d->vcpu[i]->pv.iopl_mask, mask);
}

int64_t hypercall_vm_assist(uint64_t cmd, uint64_t type, uint64_t c, uint64_t d,
                            uint64_t e, uint64_t f)
{
    struct domain *self = current_domain();
    unsigned number = (unsigned)type;
    uint64_t bit = number < 64 ? 1ul << number : 0;
    bool on = (uint32_t)cmd == VMASST_CMD_enable;

    (void)c, (void)d, (void)e, (void)f;
    if ((uint32_t)cmd > VMASST_CMD_disable)
        return hypercall_unknown_op(__HYPERVISOR_vm_assist, (uint32_t)cmd);
    if (!(bit & ASSISTS))
        return -XEN_EINVAL;
    if (on)
        __atomic_fetch_or(&self->vm_assist, bit, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&self->vm_assist, ~bit, __ATOMIC_RELAXED);
    if (number == VMASST_TYPE_architectural_iopl)
        set_iopl_mask(self, on ? FLAG_IOPL : 0);
    return 0;
}
