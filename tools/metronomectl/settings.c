/*
 * settings.c - parameters as they are, and changing them: of a pool's
 * scheduler, of a domain, of a vCPU; and another scheduler for a pool.
 *
 * What is wrong is found before anything is changed, where it can be found
 * here; what the scheduler itself refuses changes nothing either.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/metronomectl/ctl.h"

/* Of whom: a pool, a domain, a vCPU. */
static struct metronome_settings address(enum sched_scope scope,
                                         const struct request *r)
{
    struct metronome_settings op = { .pool = r->pool.pool,
                                     .domain = METRONOME_NONE,
                                     .vcpu = METRONOME_ALL };

    if (scope != SCHED_PER_SYSTEM)
        op.domain = r->domain.domain;
    if (scope == SCHED_PER_VCPU && r->of_vcpu)
        op.vcpu = r->vcpu;
    return op;
}

static void put_name(struct metronome_settings *op, unsigned i,
                     const char *name)
{
    (void)snprintf(op->setting[i].name, sizeof(op->setting[i].name), "%s",
                   name);
}

/* ---- get ---- */

static int64_t value_of(const struct request *r, const struct sched_param *p)
{
    struct metronome_settings op = address(p->scope, r);
    int error;

    op.nr = 1;
    put_name(&op, 0, p->name);
    error = HYPER(get, &op);
    if (error == -ESRCH)
        ctl_fail(CTL_REFUSED, "it is gone meanwhile");
    if (error)
        ctl_fail(CTL_REFUSED, "%s: %s: was its scheduler changed meanwhile?",
                 p->name, strerror(-error));
    return op.setting[0].value;
}

static void print_value(const struct request *r, const struct sched_param *p)
{
    char value[32], range[64];

    sched_param_format(p, value_of(r, p), value, sizeof(value));
    table_range(p, range, sizeof(range));
    (void)printf("  %-11s %-9s %-7s (%s) %s\n", p->name, value, p->unit, range,
                 p->help);
}

static void print_scope(const struct request *r, enum sched_scope scope)
{
    const struct sched_param *p;

    for (p = table_get(r->pool.scheduler)->param; p->name; p++)
        if (p->scope == scope)
            print_value(r, p);
}

static bool has_scope(const struct request *r, enum sched_scope scope)
{
    const struct sched_param *p;

    for (p = table_get(r->pool.scheduler)->param; p->name; p++)
        if (p->scope == scope)
            return true;
    return false;
}

static void print_pool(const struct request *r)
{
    char name[128];

    name_of_pool(&r->pool, name, sizeof(name));
    (void)printf("pool %u (%s): %s\n", r->pool.pool, name, r->pool.scheduler);
    print_scope(r, SCHED_PER_SYSTEM);
}

static void print_vcpus(struct request r)
{
    uint32_t id, first = r.of_vcpu ? r.vcpu : 0;
    uint32_t last = r.of_vcpu ? r.vcpu : r.domain.max_vcpu_id;

    if (last == XEN_INVALID_MAX_VCPU_ID || !has_scope(&r, SCHED_PER_VCPU))
        return;
    r.of_vcpu = true;
    for (id = first; id <= last; id++) {
        r.vcpu = id;
        (void)printf(" vcpu %u\n", id);
        print_scope(&r, SCHED_PER_VCPU);
    }
}

static void print_domain(const struct request *r)
{
    char name[128], pool[128];

    name_of_domain(r->domain.domain, name, sizeof(name));
    name_of_pool(&r->pool, pool, sizeof(pool));
    (void)printf("domain %u (%s) in %s: %s\n", r->domain.domain, name, pool,
                 r->pool.scheduler);
    print_scope(r, SCHED_PER_DOMAIN);
    print_vcpus(*r);
}

static void print_domains(struct request r)
{
    uint32_t id, pool = r.pool.pool;

    for (id = 0; hyper_domain(id, &r.domain); id = r.domain.domain + 1u)
        if (r.domain.cpupool == pool)
            print_domain(&r);
}

int command_get(const struct request *asked)
{
    struct request r = *asked;
    uint32_t id;

    if (r.nr_words)
        ctl_fail(CTL_USAGE,
                 "get: what is `%s`? A domain is named by -d, a "
                 "pool by -p",
                 r.word[0]);
    if (r.of_domain)
        print_domain(&r);
    else if (r.of_pool)
        print_pool(&r);
    else
        for (id = 0; hyper_pool(id, &r.pool); id = r.pool.pool + 1) {
            print_pool(&r);
            print_domains(r);
        }
    return 0;
}

/* ---- set ---- */

static void no_parameter(const struct table *t, const char *name) NORETURN;
static void no_parameter(const struct table *t, const char *name)
{
    char names[512] = "";
    const struct sched_param *p;

    for (p = t->param; p->name; p++)
        (void)snprintf(names + strlen(names), sizeof(names) - strlen(names),
                       "%s%s", p == t->param ? "" : ", ", p->name);
    ctl_fail(CTL_USAGE, "%s has no parameter `%s`; it has %s",
             t->scheduler.name, name, *names ? names : "none");
}

static void check_scope(const struct request *r, const struct sched_param *p)
{
    if (p->scope == SCHED_PER_SYSTEM && !r->of_pool)
        ctl_fail(CTL_USAGE, "%s is of a pool: name it by -p", p->name);
    if (p->scope != SCHED_PER_SYSTEM && !r->of_domain)
        ctl_fail(CTL_USAGE, "%s is of a %s: name the domain by -d", p->name,
                 table_scope(p));
    if (p->scope != SCHED_PER_VCPU && r->of_vcpu)
        ctl_fail(CTL_USAGE, "%s is of a %s, not of a vCPU: leave out -v",
                 p->name, table_scope(p));
}

/* NAME=VALUE into setting[op->nr]; all must be of one scope. */
static void add_setting(const struct request *r, const struct table *t,
                        const char *word, struct metronome_settings *op)
{
    const char *equals = strchr(word, '=');
    const struct sched_param *p;
    char name[24], why[256];

    if (!equals || equals == word || (size_t)(equals - word) >= sizeof(name))
        ctl_fail(CTL_USAGE, "`%s`: NAME=VALUE is wanted", word);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
    p = sched_param_find(&t->ops, name);
    if (!p)
        no_parameter(t, name);
    check_scope(r, p);
    if (op->nr == METRONOME_SETTINGS)
        ctl_fail(CTL_USAGE, "no more than %d parameters at once",
                 METRONOME_SETTINGS);
    if (!op->nr)
        *op = address(p->scope, r);
    if (sched_param_parse(&t->ops, p, equals + 1, &op->setting[op->nr].value,
                          why, sizeof(why)))
        ctl_fail(CTL_USAGE, "%s", why);
    put_name(op, op->nr++, name);
}

static const char *reason(int error)
{
    switch (error) {
    case -EINVAL:
        return "these values do not go with each other or with its others";
    case -ENOSPC:
        return "its admission test says that no CPU has so much left";
    case -ESRCH:
        return "it is not there";
    case -EPERM:
        return "this is not dom0";
    default:
        return strerror(-error);
    }
}

static struct metronome_settings settings(const struct request *r,
                                          const struct table *t, char **word,
                                          int nr)
{
    struct metronome_settings op = { 0 };
    int i;

    for (i = 0; i < nr; i++)
        add_setting(r, t, word[i], &op);
    return op;
}

static void put(const struct table *t, struct metronome_settings *op)
{
    int error = op->nr ? HYPER(put, op) : 0;

    if (error)
        ctl_fail(CTL_REFUSED, "%s refuses: %s", t->scheduler.name,
                 reason(error));
}

int command_set(const struct request *r)
{
    const struct table *t;
    struct metronome_settings op;

    if (!r->of_pool && !r->of_domain)
        ctl_fail(CTL_USAGE, "set: of whom? -p POOL, or -d DOMAIN [-v VCPU]");
    if (!r->nr_words)
        ctl_fail(CTL_USAGE,
                 "set: NAME=VALUE is missing; `metronomectl sched "
                 "show %s` has the names",
                 r->pool.scheduler);
    t = table_get(r->pool.scheduler);
    op = settings(r, t, r->word, r->nr_words);
    put(t, &op);
    return 0;
}

/* ---- change ---- */

int command_change(const struct request *r)
{
    struct metronome_pool_scheduler change = { .pool = r->pool.pool };
    const struct table *t;
    struct metronome_settings op;
    int error;

    if (!r->of_pool || !r->nr_words)
        ctl_fail(CTL_USAGE, "change: -p POOL SCHEDULER [NAME=VALUE...]");
    t = table_get(r->word[0]);
    op = settings(r, t, r->word + 1, r->nr_words - 1);
    memcpy(change.scheduler, t->scheduler.name, sizeof(change.scheduler));
    error = HYPER(pool_scheduler, &change);
    if (error)
        ctl_fail(CTL_REFUSED, "pool %u: %s", r->pool.pool, reason(error));
    put(t, &op);
    return 0;
}
