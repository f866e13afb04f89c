/*
 * options.c - acting on the command line; options that have no other home.
 *
 * An unknown option is reported and does no harm; a wrong value of a known one
 * ends the boot, since an experiment must not go on with something else than
 * was asked for.
 */
#include <string.h>
#include <xen/errno.h>
#include "trace/setup.h"
#include "xen/base/console.h"
#include "xen/base/time.h"
#include "xen/base/trace_host.h"
#include "xen/boot/boot.h"
#include "xen/lib/cmdline.h"
#include "xen/sched/run.h"

extern const struct cmdline_option __start_cmdline_options[];
extern const struct cmdline_option __stop_cmdline_options[];

/* What Xen's users have on their command lines and we can do without. */
#define IGNORED(id, name)                                                      \
    CMDLINE_OPTION(id) = { name, "", .kind = CMDLINE_IGNORED }
IGNORED(acpi, "acpi");
IGNORED(apic_verbosity, "apic_verbosity");
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

/* ---- the scheduler's: their home knows what is accepted, and says it ---- */
static void scheduler_option(const char *name, const char *value)
{
    /* The scheduler's host keeps the value. */
    static char kept[1024];
    static size_t used;
    size_t size = strlen(value) + 1;
    char error[192];
    int rc;

    if (size > sizeof(kept) - used)
        die("Option %s=%s: too many options for the scheduler.", name, value);
    memcpy(kept + used, value, size);
    error[0] = '\0';
    rc = sched_option(name, kept + used, error, sizeof(error));
    used += size;
    if (rc == -XEN_ENOENT)
        report_unknown(name);
    else if (rc)
        die("Refused: %s.", error);
}

static int parse_sched(const char *value)
{
    scheduler_option("sched", value);
    return 0;
}

static int parse_strict(const char *value)
{
    scheduler_option("sched_strict", value);
    return 0;
}

static int parse_patience(const char *value)
{
    scheduler_option("sched_patience", value);
    return 0;
}

CMDLINE_OPTION(sched) = { "sched", "a scheduler's name", .kind = CMDLINE_PARSED,
                          .parse = parse_sched };
CMDLINE_OPTION(sched_strict) = { "sched_strict", "yes, no",
                                 .kind = CMDLINE_PARSED,
                                 .parse = parse_strict };
CMDLINE_OPTION(sched_patience) = { "sched_patience", "a time, as 30s",
                                   .kind = CMDLINE_PARSED,
                                   .parse = parse_patience };

/* ---- the trace's ---- */
static unsigned trace_pages = TRACE_PAGES_DEFAULT;
static unsigned trace_mask;
static bool trace_overwrite;

CMDLINE_OPTION(tbuf_size) = { "tbuf_size", "pages a CPU, 0 to 65536",
                              .kind = CMDLINE_UNSIGNED,
                              .variable = &trace_pages, .max = 65536 };
CMDLINE_OPTION(tevt_mask) = { "tevt_mask", "a 32-bit mask, as 0x0fff000",
                              .kind = CMDLINE_UNSIGNED, .variable = &trace_mask,
                              .max = UINT32_MAX };
CMDLINE_OPTION(trace_overwrite) = { "trace_overwrite", "on, off",
                                    .kind = CMDLINE_FLAG,
                                    .variable = &trace_overwrite };

void boot_start_trace(unsigned nr_cpus)
{
    trace_host_init(nr_cpus, trace_pages, trace_mask, trace_overwrite);
    trace_anchor_clock(time_scale()->tsc_khz, time_scale()->tsc_at_boot);
}

void boot_options(void)
{
    static const struct cmdline_report report = {
        .unknown = report_unknown,
        .ignored = report_ignored,
        .refused = report_refused,
        .parameter = scheduler_option,
    };
    const struct cmdline_option *options = __start_cmdline_options;

    cmdline_apply(boot_info.cmdline, options,
                  (size_t)(__stop_cmdline_options - options), &report);
}
