/*
 * machine.c - platform_op: the machine's firmware, clock, processors and power,
 * for the domain that owns them; refused, as Xen does, to others.
 *
 * Served by tables. What is not here is -ENOSYS, which Linux as dom0 takes to
 * mean that the device or feature is not there.
 */
#include <string.h>
#include <xen/errno.h>
#include <xen/platform.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/efi.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/power.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/hypercall.h"

/* ---- platform_op ---- */

static void set_wall(struct domain *d, void *arg)
{
    (void)arg;
    timepage_set_wall(d);
}

static int do_settime64(struct xen_platform_op *op)
{
    const struct xenpf_settime64 *t = &op->u.settime64;

    if (t->mbz || t->nsecs >= 1000000000 || t->secs > UINT64_MAX / 2000000000)
        return -XEN_EINVAL;
    time_set_wall_base(t->secs * 1000000000 + t->nsecs - t->system_time);
    domain_visit(set_wall, NULL);
    return 0;
}

static int do_get_cpuinfo(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

    info->max_present = smp_nr_cpus - 1;
    info->flags = 0;
    if (info->xen_cpuid >= smp_nr_cpus)
        return 0;
    info->flags = XEN_PCPU_FLAGS_ONLINE;
    info->apic_id = smp_apic_id(info->xen_cpuid);
    info->acpi_id = smp_acpi_id(info->xen_cpuid);
    return 0;
}

/* The vendor's name goes to a buffer of the guest's. */
static int put_efi_vendor(union xenpf_efi_info *info)
{
    size_t size = info->vendor.bufsz;

    info->vendor.revision = efi.firmware_revision;
    if (size > sizeof(efi.vendor))
        size = sizeof(efi.vendor);
    return copy_to_guest(guest_handle(info->vendor.name), efi.vendor, size);
}

/* Firmware of the UEFI sort. Its runtime services are not served: what Linux
 * would ask of them (variables, the clock) it is told that it can't have. */
static int firmware_efi_info(struct xenpf_firmware_info *op)
{
    union xenpf_efi_info *info = &op->u.efi_info;

    if (!efi.present)
        return -XEN_ENOSYS;
    switch (op->index) {
    case XEN_FW_EFI_VERSION:
        info->version = efi.revision;
        return 0;
    case XEN_FW_EFI_CONFIG_TABLE:
        info->cfg.addr = efi.tables;
        info->cfg.nent = efi.nr_tables;
        return 0;
    case XEN_FW_EFI_VENDOR:
        return put_efi_vendor(info);
    default:
        return -XEN_EINVAL;
    }
}

/* What the BIOS knew of disks and screens: it is not asked, so there are none.
 */
static int do_firmware_info(struct xen_platform_op *op)
{
    struct xenpf_firmware_info *info = &op->u.firmware_info;

    switch (info->type) {
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
        return -XEN_ESRCH;
    case XEN_FW_KBD_SHIFT_FLAGS:
        info->u.kbd_shift_flags = 0;
        return 0;
    case XEN_FW_EFI_INFO:
        return firmware_efi_info(info);
    default:
        return -XEN_ENOSYS;
    }
}

/* Off, by what the firmware's tables say; other states are not for a machine
 * with other domains on it. */
static int do_enter_acpi_sleep(struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

    if (s->sleep_state != 5 || (s->flags & XENPF_ACPI_SLEEP_EXTENDED))
        return -XEN_EOPNOTSUPP;
    log_info("dom0 enters ACPI state S5");
    power_enter_s5(s->val_a, s->val_b);
}

/* C- and P-states as dom0 reads them from ACPI: idle CPUs halt, and nothing
 * sets frequencies, so there is nothing to remember. */
static int do_set_processor_pminfo(struct xen_platform_op *op)
{
    return op->u.set_pminfo.id < ACPI_CPUS ? 0 : -XEN_EINVAL;
}

/* One function of the hypervisor's (Linux: /proc/xen/xensyms). The number of
 * the next one; the same again: there are no more. */
static int do_get_symbol(struct xen_platform_op *op)
{
    struct xenpf_symdata *s = &op->u.symdata;
    uint32_t room = s->namelen;
    uintptr_t address;
    const char *name = fatal_symbol(s->symnum, &address);

    s->namelen = 0;
    if (!name)
        return 0;
    s->namelen = (uint32_t)strlen(name);
    s->address = address;
    s->type = 't';
    s->symnum++;
    if (room > s->namelen + 1)
        room = s->namelen + 1;
    return copy_to_guest(guest_handle(s->name), name, room);
}

#define ROW(name) [XENPF_##name] = do_##name

static int (*const platform_rows[])(struct xen_platform_op *op) = {
    ROW(settime64),        ROW(get_cpuinfo),          ROW(firmware_info),
    ROW(enter_acpi_sleep), ROW(set_processor_pminfo), ROW(get_symbol),
};

int64_t hypercall_platform_op(uint64_t guest, uint64_t b, uint64_t c,
                              uint64_t d, uint64_t e, uint64_t f)
{
    struct xen_platform_op op;
    int rc;

    (void)b, (void)c, (void)d, (void)e, (void)f;
    if (!current_domain()->hardware)
        return -XEN_EPERM;
    rc = copy_from_guest(&op, guest, sizeof(op));
    if (rc)
        return rc;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(platform_rows) || !platform_rows[op.cmd])
        return hypercall_unknown_op(__HYPERVISOR_platform_op, op.cmd);
    rc = platform_rows[op.cmd](&op);
    return rc ? rc : copy_to_guest(guest, &op, sizeof(op));
}
