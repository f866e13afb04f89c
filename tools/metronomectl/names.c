/*
 * names.c - domains and pools by name, as `xl` writes them into the store.
 * Without a store there are numbers, and the hypervisor's own names of pools.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "tools/metronomectl/ctl.h"

/* The store's text under a path with one number; false: there is none. */
static bool stored(const char *format, uint32_t id, char *out, size_t size)
{
    static struct xs_handle *store;
    static bool tried;
    char path[64], *text;
    unsigned length;

    if (!tried)
        store = xs_open(XS_UNWATCH_FILTER);
    tried = true;
    if (!store)
        return false;
    (void)snprintf(path, sizeof(path), format, id);
    text = xs_read(store, XBT_NULL, path, &length);
    if (text)
        (void)snprintf(out, size, "%s", text);
    free(text);
    return text != NULL;
}

void name_of_domain(uint32_t id, char *out, size_t size)
{
    if (!stored("/local/domain/%u/name", id, out, size))
        *out = '\0';
}

void name_of_pool(const struct metronome_pool *pool, char *out, size_t size)
{
    if (!stored("/local/pool/%u/name", pool->pool, out, size))
        (void)snprintf(out, size, "%.*s", (int)sizeof(pool->name), pool->name);
}

bool name_number(const char *text, uint32_t *out)
{
    char *end;
    unsigned long value;

    if (*text < '0' || *text > '9')
        return false;
    value = strtoul(text, &end, 10);
    *out = (uint32_t)value;
    return !*end && value < UINT32_MAX;
}

void name_find_domain(const char *text, struct xen_domctl_getdomaininfo *out)
{
    bool is_number;
    uint32_t id, wanted = 0;
    char name[128];

    is_number = name_number(text, &wanted);
    for (id = 0; hyper_domain(id, out); id = out->domain + 1u) {
        name_of_domain(out->domain, name, sizeof(name));
        if (is_number ? out->domain == wanted : !strcmp(name, text))
            return;
    }
    ctl_fail(CTL_USAGE, "%s: no such domain: `xl list` names them", text);
}

void name_find_pool(const char *text, struct metronome_pool *out)
{
    bool is_number;
    uint32_t id, wanted = 0;
    char name[128];

    is_number = name_number(text, &wanted);
    for (id = 0; hyper_pool(id, out); id = out->pool + 1u) {
        name_of_pool(out, name, sizeof(name));
        if (is_number ? out->pool == wanted
                      : !strcmp(name, text) || !strcmp(out->name, text))
            return;
    }
    ctl_fail(CTL_USAGE,
             "%s: no such pool: `metronomectl sched pools` names "
             "them",
             text);
}
