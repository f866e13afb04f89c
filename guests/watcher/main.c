/*
 * watcher: as dom0, logs what other domains write, as `xl migrate` would: on,
 * some fetches, off, round after round while they live. What it finds is
 * nobody's business; that they and the hypervisor go on is the tests'.
 *
 * domains=N (2)    the first so many are watched
 * fetches=N (5)    in each round
 *
 * Output: watcher: rounds=N dirty=N
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

#define PAGES 8192u /* of the bitmap: 32 MiB */

static uint64_t map[PAGES / 64];
static unsigned long dirty;

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

static void pass(void)
{
    clock_sleep_until(clock_now() + 3 * NS_PER_MS);
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
static bool watch(domid_t id, long fetches)
{
    if (over(id))
        return false;
    if (shadow(id, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY))
        return false;
    for (; fetches; fetches--) {
        pass();
        (void)shadow(id, XEN_DOMCTL_SHADOW_OP_CLEAN);
    }
    (void)shadow(id, XEN_DOMCTL_SHADOW_OP_OFF);
    return true;
}

void guest_main(void)
{
    long domains = 2, fetches = 5, id;
    const struct option options[] = {
        { "domains", &domains, NULL, "the first so many are watched" },
        { "fetches", &fetches, NULL, "in each round" },
    };
    unsigned rounds = 0;
    bool any;

    options_parse("watcher", options, sizeof(options) / sizeof(options[0]));
    do {
        any = false;
        for (id = 1; id <= domains; id++)
            any |= watch((domid_t)id, fetches);
        rounds++;
    } while (any);
    print("watcher: rounds=%u dirty=%lu\n", rounds, dirty);
}
