/*
 * dom0_params.c - dom0_sched=: the scheduler's parameters for dom0, from the
 * start, as the description of a boot-time domain has them.
 *
 *     dom0_sched=weight=1024,bvt.warp=20ms
 *
 * A wrong one ends the boot: an experiment must not go on without it.
 */
#include <string.h>
#include "xen/core/domain.h"
#include "xen/dom/build.h"
#include "xen/dom/describe.h"
#include "xen/dom/dom.h"
#include "xen/lib/cmdline.h"

#define ACCEPTED "a list of parameters, as weight=1024,bvt.warp=20ms"

static char wanted[256];
CMDLINE_OPTION(dom0_sched) = { "dom0_sched", ACCEPTED, .kind = CMDLINE_TEXT,
                               .variable = wanted, .max = sizeof(wanted) };

/* Cut the list into names and values, in place. */
static unsigned split(struct run_text *text)
{
    char *at = wanted, *next, *value;
    unsigned n = 0;

    for (; at && *at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        value = strchr(at, '=');
        if (!value || n == RUN_TEXTS_MAX)
            die("dom0_sched=: %s: accepted is " ACCEPTED, at);
        *value++ = '\0';
        text[n++] = (struct run_text){ at, value };
    }
    return n;
}

void dom0_set_params(struct domain *d)
{
    struct run_text text[RUN_TEXTS_MAX];
    unsigned n = split(text), bad = 0;
    char why[DESCRIBE_WHY];

    if (n && run_params_text(d->sched, text, n, &bad, why, sizeof(why)))
        die("dom0_sched=: %s: %s", text[bad].name, why);
}
