/*
 * options.c - acting on the command line; options that have no other home.
 *
 * An unknown option is reported and does no harm; a wrong value of a known one
 * ends the boot, since an experiment must not go on with something else than
 * was asked for.
 */
#include "xen/base/console.h"
#include "xen/boot/boot.h"
#include "xen/lib/cmdline.h"

extern const struct cmdline_option __start_cmdline_options[];
extern const struct cmdline_option __stop_cmdline_options[];

/* What Xen's users have on their command lines and we can do without. */
#define IGNORED(id, name)                                                      \
    CMDLINE_OPTION(id) = { name, "", .kind = CMDLINE_IGNORED }
IGNORED(acpi, "acpi");
IGNORED(apic_verbosity, "apic_verbosity");
IGNORED(console_to_ring, "console_to_ring");
IGNORED(console_timestamps, "console_timestamps");
IGNORED(conring_size, "conring_size");
IGNORED(conswitch, "conswitch");
IGNORED(cpufreq, "cpufreq");
IGNORED(cpuidle, "cpuidle");
IGNORED(crashkernel, "crashkernel");
IGNORED(dom0, "dom0");
IGNORED(dom0_iommu, "dom0-iommu");
IGNORED(edd, "edd");
IGNORED(edid, "edid");
IGNORED(ept, "ept");
IGNORED(gnttab, "gnttab");
IGNORED(guest_loglvl, "guest_loglvl");
IGNORED(hap, "hap");
IGNORED(hpetbroadcast, "hpetbroadcast");
IGNORED(iommu, "iommu");
IGNORED(max_cstate, "max_cstate");
IGNORED(mce, "mce");
IGNORED(nmi, "nmi");
IGNORED(no_real_mode, "no-real-mode");
IGNORED(pcid, "pcid");
IGNORED(placeholder, "placeholder");
IGNORED(pv_l1tf, "pv-l1tf");
IGNORED(reboot, "reboot");
IGNORED(smap, "smap");
IGNORED(smep, "smep");
IGNORED(smt, "smt");
IGNORED(spec_ctrl, "spec-ctrl");
IGNORED(sync_console, "sync_console");
IGNORED(tsx, "tsx");
IGNORED(ucode, "ucode");
IGNORED(vga, "vga");
IGNORED(vpmu, "vpmu");
IGNORED(watchdog, "watchdog");
IGNORED(xpti, "xpti");
IGNORED(xsave, "xsave");

static void report_unknown(const char *name)
{
    log_warning("Option %s is unknown; it has no effect.", name);
}

static void report_ignored(const char *name)
{
    log_info("Option %s has no effect here.", name);
}

static void NORETURN report_refused(const char *name, const char *value,
                                    const char *accepted)
{
    die("Option %s=%s is refused. Accepted: %s.", name, value, accepted);
}

static void take_parameter(const char *name, const char *value)
{
    boot_scheduler_parameter(name, value);
}

void boot_options(void)
{
    static const struct cmdline_report report = {
        .unknown = report_unknown,
        .ignored = report_ignored,
        .refused = report_refused,
        .parameter = take_parameter,
    };
    const struct cmdline_option *options = __start_cmdline_options;

    cmdline_apply(boot_info.cmdline, options,
                  (size_t)(__stop_cmdline_options - options), &report);
}
