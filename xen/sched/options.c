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

/* Whose parameter it is. */
struct owner {
    struct sched *sched;
    struct sched_domain *domain; /* NULL: the pool itself */
    struct sched_vcpu *vcpu;
};

static int set_param(const struct owner *o, const char *name, const char *value,
                     char *error, size_t size)
{
    const struct sched_ops *ops = sched_ops_of(o->sched);
    struct sched_setting set = { .param = sched_param_find(ops, name) };
    uint64_t flags;
    int result;

    if (!set.param)
        return no_such_param(ops, name, error, size);
    result = sched_param_parse(ops, set.param, value, &set.value, error, size);
    if (result)
        return result;
    flags = irq_save();
    result = sched_param_set(o->sched, o->domain, o->vcpu, &set, 1, run_now());
    irq_restore(flags);
    if (result)
        (void)format_text(
            error, size, "%s.%s=%s: refused by %s", ops->name, name, value,
            result == -XEN_EINVAL ? "its scope" : "the admission test");
    return result;
}

int run_param(struct run_domain *rd, struct run *r, const char *name,
              const char *value, char *error, size_t size)
{
    struct owner o = { rd->sd.sched, &rd->sd, r ? &r->sv : NULL };
    const struct sched_ops *ops = sched_ops_of(o.sched), *named;
    const struct sched_param *p;
    int64_t number;
    int result;

    named = split(name, &name);
    if (!named && !sched_param_find(ops, name))
        named = who_has(name);
    if (named && named != ops) { /* checked, but of another scheduler */
        p = sched_param_find(named, name);
        if (!p)
            return no_such_param(named, name, error, size);
        log_info("dom%u: %s=%s is for %s, not for %s", rd->sd.dom, name, value,
                 named->name, ops->name);
        return sched_param_parse(named, p, value, &number, error, size);
    }
    result = set_param(&o, name, value, error, size);
    if (!result)
        trace_1(TRC_SCHED_ADJDOM, rd->sd.dom);
    return result;
}

int pool_param(uint32_t id, const char *name, const char *value, char *error,
               size_t size)
{
    struct owner o = { pool_sched(id), NULL, NULL };
    const struct sched_ops *named = split(name, &name);

    if (named && named != sched_ops_of(o.sched)) {
        (void)format_text(error, size, "%s.%s=: this pool's scheduler is %s",
                          named->name, name, sched_ops_of(o.sched)->name);
        return -XEN_EINVAL;
    }
    return set_param(&o, name, value, error, size);
}
