/*
 * options.c - the scheduler's options and parameters as text.
 *
 *     sched=bvt bvt.ctx_allow=5ms sched_strict sched_patience=30s
 *
 * A wrong name or value is refused, naming what is accepted; nothing falls back
 * to something else at boot.
 */
#include <xen/errno.h>
#include "sched/api/core.h"
#include "trace/trace.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/lib/bug.h"
#include "xen/lib/format.h"
#include "xen/sched/host_private.h"
#include "xen/sched/pool.h"
#include "xen/sched/run_private.h"

struct run_options run_options;

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* The plug-in before the dot of key, and the name after it; or NULL. */
static const struct sched_ops *split(const char *key, const char **rest)
{
    char name[16];
    size_t n;

    for (n = 0; key[n] != '.'; n++) {
        if (!key[n] || n + 1 == sizeof(name))
            return NULL;
        name[n] = key[n];
    }
    name[n] = '\0';
    *rest = &key[n + 1];
    return sched_find(name);
}

static int unknown_param(const struct sched_ops *ops, const char *name,
                         char *error, size_t size)
{
    const struct sched_param *p;
    size_t used = format_text(error, size, "%s.%s: %s has", ops->name, name,
                              ops->name);

    for (p = ops->params; p && p->name && used < size; p++)
        used += format_text(error + used, size - used, " %s", p->name);
    if (!ops->params && used < size)
        (void)format_text(error + used, size - used, " no parameters");
    return -XEN_EINVAL;
}

static int set_default(const struct sched_ops *ops, const char *name,
                       const char *value, char *error, size_t size)
{
    const struct sched_param *p = sched_param_find(ops, name);
    int64_t number;
    int result;

    if (!p)
        return unknown_param(ops, name, error, size);
    result = sched_param_parse(ops, p, value, &number, error, size);
    return result ? result : sched_param_set_default(p, number);
}

int pool_unknown_sched(const char *name, char *error, size_t size)
{
    char names[128];

    sched_names(names, sizeof(names));
    (void)format_text(error, size, "sched=%s: no such scheduler; there are: %s",
                      name, names);
    return -XEN_EINVAL;
}

static int set_patience(const char *value, char *error, size_t size)
{
    static const struct sched_param param = {
        .name = "patience",
        .unit = "ns",
        .min = MS(10),
        .max = FOREVER,
    };
    static const struct sched_ops named = { .name = "sched" };

    return sched_param_parse(&named, &param, value, &run_options.patience,
                             error, size);
}

int sched_option(const char *key, const char *value, char *error, size_t size)
{
    const struct sched_ops *ops;
    const char *name;

    if (same(key, "sched")) {
        run_options.name = value;
        return sched_find(value) ? 0 : pool_unknown_sched(value, error, size);
    }
    if (same(key, "sched_strict")) {
        run_options.strict = !same(value, "0") && !same(value, "no");
        return 0;
    }
    if (same(key, "sched_patience"))
        return set_patience(value, error, size);
    ops = split(key, &name);
    return ops ? set_default(ops, name, value, error, size) : -XEN_ENOENT;
}

/* ---- parameters of domains and pools ---- */

/* The first scheduler, in order of name, that has a parameter `name`. */
static const struct sched_ops *who_has(const char *name)
{
    const struct sched_ops *ops;
    unsigned i;

    for (i = 0; (ops = sched_plugin(i)) != NULL; i++)
        if (sched_param_find(ops, name))
            return ops;
    return NULL;
}

static int no_such_param(const struct sched_ops *ops, const char *name,
                         char *error, size_t size)
{
    (void)unknown_param(ops, name, error, size);
    return -XEN_ENOENT;
}

/* Whose parameters are set. */
struct owner {
    struct sched *sched;
    struct sched_domain *domain; /* NULL: the pool itself */
};

/* Reads name=value of the owner's scheduler. */
static int read_param(const struct owner *o, const char *name,
                      const char *value, struct sched_setting *set, char *error,
                      size_t size)
{
    const struct sched_ops *ops = sched_ops_of(o->sched);

    set->param = sched_param_find(ops, name);
    if (!set->param)
        return no_such_param(ops, name, error, size);
    return sched_param_parse(ops, set->param, value, &set->value, error, size);
}

/* All of them or none. */
static int put_params(const struct owner *o, const struct sched_setting *set,
                      unsigned nr, char *error, size_t size)
{
    const char *name = sched_ops_of(o->sched)->name;
    uint64_t flags = irq_save();
    ns_t now = run_now();
    int result = sched_param_set(o->sched, o->domain, NULL, set, nr, now);
    size_t used;
    unsigned i;

    irq_restore(flags);
    if (!result && o->domain)
        trace_1_time(TRC_SCHED_ADJDOM, o->domain->dom, now);
    if (!result)
        return 0;
    used = format_text(error, size, "%s refuses ", name);
    for (i = 0; i < nr && used < size; i++) {
        char value[32];

        sched_param_format(set[i].param, set[i].value, value, sizeof(value));
        used += format_text(error + used, size - used, "%s%s=%s", i ? ", " : "",
                            set[i].param->name, value);
    }
    if (used < size)
        (void)format_text(error + used, size - used, ": %s",
                          result == -XEN_EINVAL ? "they do not go together"
                                                : "the admission test failed");
    return result;
}

/* Is it of another scheduler than ops? Then it is checked, and noted. */
static bool of_another(uint16_t dom, const struct sched_ops *ops,
                       const struct run_text *t, int *result, char *error,
                       size_t size)
{
    const char *name = t->name;
    const struct sched_ops *named = split(t->name, &name);
    const struct sched_param *p;
    int64_t number;

    if (!named && !sched_param_find(ops, name))
        named = who_has(name);
    if (!named || named == ops)
        return false;
    p = sched_param_find(named, name);
    if (!p) {
        *result = no_such_param(named, name, error, size);
        return true;
    }
    log_info("dom%u: %s=%s is for %s, not for %s", dom, name, t->value,
             named->name, ops->name);
    *result = sched_param_parse(named, p, t->value, &number, error, size);
    return true;
}

int run_params_text(struct run_domain *rd, const struct run_text *text,
                    unsigned nr, unsigned *bad, char *error, size_t size)
{
    struct owner o = { rd->sd.sched, &rd->sd };
    struct sched_setting set[RUN_TEXTS_MAX];
    unsigned ours = 0;
    int result = 0;

    BUG_ON(nr > RUN_TEXTS_MAX);
    for (*bad = 0; *bad < nr && !result; (*bad)++) {
        const struct run_text *t = &text[*bad];
        const char *name = t->name;

        if (of_another(rd->sd.dom, sched_ops_of(o.sched), t, &result, error,
                       size))
            continue;
        (void)split(t->name, &name);
        result = read_param(&o, name, t->value, &set[ours++], error, size);
    }
    if (result) {
        (*bad)--;
        return result;
    }
    if (ours)
        result = put_params(&o, set, ours, error, size);
    return result;
}

int pool_param(uint32_t id, const char *name, const char *value, char *error,
               size_t size)
{
    struct owner o = { pool_sched(id), NULL };
    const struct sched_ops *named = split(name, &name);
    struct sched_setting set;
    int result;

    if (named && named != sched_ops_of(o.sched)) {
        (void)format_text(error, size, "%s.%s=: this pool's scheduler is %s",
                          named->name, name, sched_ops_of(o.sched)->name);
        return -XEN_EINVAL;
    }
    result = read_param(&o, name, value, &set, error, size);
    return result ? result : put_params(&o, &set, 1, error, size);
}
