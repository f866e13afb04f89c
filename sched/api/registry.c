/*
 * registry.c - which plug-ins there are.
 *
 * Built-in ones register by SCHED_PLUGIN(): the linker gathers pointers to
 * their tables in the section sched_plugins. Loaded ones are added at boot.
 */
#include "sched/api/core_private.h"

#define AREA_MAX ((size_t)1 << 20) /* of *_size */

extern const struct sched_ops *const __start_sched_plugins[] WEAK;
extern const struct sched_ops *const __stop_sched_plugins[] WEAK;

static struct {
    const struct sched_ops *loaded[SCHED_PLUGINS_MAX];
    unsigned nr_loaded;
} registry;

static unsigned nr_built_in(void)
{
    return (unsigned)(__stop_sched_plugins - __start_sched_plugins);
}

static const struct sched_ops *nth(unsigned i)
{
    if (i < nr_built_in())
        return __start_sched_plugins[i];
    i -= nr_built_in();
    return i < registry.nr_loaded ? registry.loaded[i] : NULL;
}

static int compare(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

const struct sched_ops *sched_find(const char *name)
{
    const struct sched_ops *ops;
    unsigned i;

    for (i = 0; (ops = nth(i)) != NULL; i++)
        if (compare(ops->name, name) == 0)
            return ops;
    return NULL;
}

const struct sched_ops *sched_find_id(unsigned id)
{
    const struct sched_ops *ops;
    unsigned i;

    for (i = 0; (ops = nth(i)) != NULL; i++)
        if (ops->xen_id == id)
            return ops;
    return NULL;
}

const struct sched_ops *sched_plugin(unsigned i)
{
    const struct sched_ops *ops, *best = NULL, *last = NULL;
    unsigned j;

    for (;;) { /* the i-th smallest: a dozen names, never on a hot path */
        best = NULL;
        for (j = 0; (ops = nth(j)) != NULL; j++)
            if ((!last || compare(ops->name, last->name) > 0) &&
                (!best || compare(ops->name, best->name) < 0))
                best = ops;
        if (!best || i-- == 0)
            return best;
        last = best;
    }
}

void sched_names(char *out, size_t size)
{
    const struct sched_ops *ops;
    size_t used = 0;
    unsigned i;

    for (i = 0; (ops = sched_plugin(i)) != NULL; i++) {
        const char *p = ops->name;

        if (i && used + 1 < size)
            out[used++] = ' ';
        while (*p && used + 1 < size)
            out[used++] = *p++;
    }
    if (size)
        out[used] = '\0';
}

static bool good_name(const char *name)
{
    unsigned n;

    for (n = 0; name[n]; n++)
        if (n == 15 || !((name[n] >= 'a' && name[n] <= 'z') ||
                         (name[n] >= '0' && name[n] <= '9') || name[n] == '_'))
            return false;
    return n > 0;
}

static size_t area_of(const struct sched_ops *ops, enum sched_scope scope)
{
    switch (scope) {
    case SCHED_PER_SYSTEM:
        return ops->sys_size;
    case SCHED_PER_DOMAIN:
        return ops->dom_size;
    case SCHED_PER_VCPU:
        return ops->vcpu_size;
    }
    return 0;
}

const char *sched_check(const struct sched_ops *ops)
{
    const struct sched_param *p;

    if (!ops->name || !good_name(ops->name))
        return "its name is not 1 to 15 of a-z, 0-9 and _";
    if (!ops->about || !ops->enqueue || !ops->dequeue || !ops->pick)
        return "it lacks about, enqueue, dequeue or pick";
    if (ops->sys_size > AREA_MAX || ops->cpu_size > AREA_MAX ||
        ops->dom_size > AREA_MAX || ops->vcpu_size > AREA_MAX)
        return "one of its areas is larger than 1 MiB";
    if (ops->class_ > 7)
        return "its trace class is above 7";
    if ((ops->tick && ops->tick_ns <= 0) ||
        (ops->account && ops->account_ns <= 0))
        return "it has a tick or account without a period";
    for (p = ops->params; p && p->name; p++) {
        if (p - ops->params >= SCHED_PARAMS_MAX)
            return "it has too many parameters";
        if (!p->unit || !p->help || p->offset % sizeof(int64_t) ||
            p->offset >= area_of(ops, p->scope) ||
            area_of(ops, p->scope) - p->offset < sizeof(int64_t))
            return "a parameter lies outside of its area";
        if (p->min > p->max || p->initial < p->min || p->initial > p->max)
            return "a parameter's initial value is outside of its range";
    }
    return NULL;
}

int sched_register(const struct sched_ops *ops)
{
    if (sched_check(ops))
        return -SCHED_EINVAL;
    if (sched_find(ops->name))
        return -SCHED_EEXIST;
    if (registry.nr_loaded == SCHED_PLUGINS_MAX)
        return -SCHED_ENOSPC;
    registry.loaded[registry.nr_loaded++] = ops;
    return 0;
}
