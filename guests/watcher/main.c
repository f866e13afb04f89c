/*
 * watcher: as dom0, logs what other domains write, as `xl migrate` would: on,
 * some fetches, off, round after round while they live. What it finds is
 * nobody's business, but with check=1: then no frame may have changed that the
 * log does not name. That they and the hypervisor go on is the tests'.
 *
 * domains=N (2)    the first so many are watched
 * fetches=N (5)    in each round
 * pause=N (3ms)    before each fetch
 * rounds=N (0)     at most so many; 0: while they live
 * check=1          compare their memory, each time
 *
 * Output: watcher: rounds=N dirty=N missed=N
 */
#include <stdbool.h>
#include <stddef.h>
#include <xen/domctl.h>
#include <xen/sched.h>

#include "guests/lib/clock.h"
#include "guests/lib/control.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/watcher/watcher.h"

#define PAGES 32768u /* of the bitmap: 128 MiB */

static uint64_t map[PAGES / 64];
static unsigned long dirty, missed;
static long fetches = 5, pause = 3 * NS_PER_MS, checks;

static long shadow(domid_t id, uint32_t what)
{
    struct xen_domctl op = { .u.shadow_op = { .op = what, .pages = PAGES } };
    long rc;

    set_xen_guest_handle(op.u.shadow_op.dirty_bitmap, (uint8_t *)map);
    rc = hypercall_domctl(XEN_DOMCTL_shadow_op, id, &op);
    if (!rc && what == XEN_DOMCTL_SHADOW_OP_CLEAN)
        dirty += op.u.shadow_op.stats.dirty_count;
    return rc;
}

static void stop(domid_t id)
{
    if (checks)
        (void)hypercall_domctl_plain(XEN_DOMCTL_pausedomain, id);
}

static void go_on(domid_t id)
{
    if (checks)
        (void)hypercall_domctl_plain(XEN_DOMCTL_unpausedomain, id);
}

static void fetch(domid_t id)
{
    clock_sleep_until(clock_now() + pause);
    stop(id);
    if (!shadow(id, XEN_DOMCTL_SHADOW_OP_CLEAN) && checks)
        missed += check_against(id, map, PAGES);
    go_on(id);
}

static bool over(domid_t id)
{
    struct xen_domctl op = { 0 };

    return hypercall_domctl(XEN_DOMCTL_getdomaininfo, id, &op) ||
           op.domain != id ||
           (op.u.getdomaininfo.flags &
            (XEN_DOMINF_dying | XEN_DOMINF_shutdown));
}

/* One round of one domain; false: it is no more. */
static bool watch(domid_t id)
{
    bool on;
    long n;

    if (over(id))
        return false;
    stop(id);
    on = !shadow(id, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY);
    if (on && checks)
        check_begin(id);
    go_on(id);
    for (n = 0; on && n < fetches; n++)
        fetch(id);
    (void)shadow(id, XEN_DOMCTL_SHADOW_OP_OFF);
    return true;
}

void guest_main(void)
{
    long domains = 2, most = 0, id;
    const struct option options[] = {
        { "domains", &domains, NULL, "the first so many are watched" },
        { "fetches", &fetches, NULL, "in each round" },
        { "pause", &pause, NULL, "before each fetch" },
        { "rounds", &most, NULL, "at most so many" },
        { "check", &checks, NULL, "compare their memory" },
    };
    long rounds = 0;
    bool any;

    options_parse("watcher", options, sizeof(options) / sizeof(options[0]));
    do {
        any = false;
        for (id = 1; id <= domains; id++)
            any |= watch((domid_t)id);
        rounds++;
    } while (any && rounds != most);
    print("watcher: rounds=%ld dirty=%lu missed=%lu\n", rounds, dirty, missed);
}
