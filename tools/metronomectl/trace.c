/*
 * trace.c - `metronomectl trace`: which events are recorded now; or others.
 *
 * Debian's xentrace can only begin and end. Who looks on for a while, as
 * metronome-top does, puts back what was there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/metronomectl/ctl.h"

static uint32_t read_mask(const char *text)
{
    char *end;
    unsigned long long mask;

    errno = 0;
    mask = strtoull(text, &end, 0);
    if (end == text || *end || *text == '-' || errno || mask > UINT32_MAX)
        ctl_fail(CTL_USAGE,
                 "trace: %s: a mask of events is wanted, as 0x0002f000; 0: "
                 "none",
                 text);
    return (uint32_t)mask;
}

int command_trace(char **word, int nr_words)
{
    struct xen_sysctl_tbuf_op op = { .cmd = XEN_SYSCTL_TBUFOP_get_info };
    int rc;

    if (nr_words > 1)
        ctl_fail(CTL_USAGE, "trace: one mask, or nothing: what is `%s`?",
                 word[1]);
    if (nr_words) {
        op.evt_mask = read_mask(word[0]);
        op.cmd = op.evt_mask ? XEN_SYSCTL_TBUFOP_set_evt_mask
                             : XEN_SYSCTL_TBUFOP_disable;
    }
    rc = hyper_trace(&op);
    if (rc)
        ctl_fail(CTL_REFUSED, "trace: %s: is there any (tbuf_size=)?",
                 strerror(-rc));
    if (!nr_words)
        printf("0x%08" PRIx32 "\n", op.evt_mask);
    return 0;
}
