/*
 * params.c - parameters: text to value and back, and the areas they live in.
 *
 * A parameter is an int64_t in an area of the plug-in; its table entry says
 * all there is to know, so this file knows no plug-in. Units understood:
 *   ns       5ms, 100us, 1s, 250ns, 0; a bare number is ns
 *   ppm      30%, 2.5%, 300000, 300000ppm
 *   percent  30, 30%
 *   flag     on off, yes no, true false, 1 0
 * and for all others a bare number. "inf" is FOREVER where max allows it.
 */
#include "sched/api/core_private.h"

#define DEFAULTS_MAX 64

/* Initial values that options changed. Written at boot only. */
static struct {
    struct {
        const struct sched_param *param;
        int64_t value;
    } entry[DEFAULTS_MAX];
    unsigned nr;
} defaults;

/* ---- a bounded string ---- */

struct text {
    char *at, *end;
};

static struct text text_begin(char *out, size_t size)
{
    struct text t = { out, out + (size ? size - 1 : 0) };

    if (size)
        *out = '\0';
    return t;
}

static void text_add(struct text *t, const char *s)
{
    if (t->at > t->end)
        return;
    while (*s && t->at < t->end)
        *t->at++ = *s++;
    *t->at = '\0';
}

static void text_add_number(struct text *t, int64_t value)
{
    char digits[21];
    unsigned i = sizeof(digits) - 1;
    uint64_t n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    digits[i] = '\0';
    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    if (value < 0)
        text_add(t, "-");
    text_add(t, &digits[i]);
}

/* ---- text to value ---- */

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

struct suffix {
    const char *unit, *suffix;
    int64_t factor;
};

static const struct suffix suffixes[] = {
    { "ns", "", 1 },         { "ns", "ns", 1 },         { "ns", "us", 1000 },
    { "ns", "ms", 1000000 }, { "ns", "s", 1000000000 }, { "ppm", "", 1 },
    { "ppm", "ppm", 1 },     { "ppm", "%", 10000 },     { "percent", "", 1 },
    { "percent", "%", 1 },
};

/* The factor of a suffix, or 0: not one of this unit. */
static int64_t factor_of(const char *unit, const char *suffix)
{
    bool known = false;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
        if (!same(suffixes[i].unit, unit))
            continue;
        known = true;
        if (same(suffixes[i].suffix, suffix))
            return suffixes[i].factor;
    }
    return !known && *suffix == '\0' ? 1 : 0;
}

static bool parse_flag(const char *text, int64_t *value)
{
    static const char *const words[] = { "off",   "on",   "no", "yes",
                                         "false", "true", "0",  "1" };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(words); i++)
        if (same(text, words[i])) {
            *value = (int64_t)(i % 2);
            return true;
        }
    return false;
}

/* [-]digits[.digits]suffix; the fraction must come out whole. */
static bool parse_number(const char *unit, const char *text, int64_t *value)
{
    bool negative = *text == '-', any = false;
    const char *p = text + negative, *fraction;
    int64_t whole = 0, part = 0, scale = 1, factor;

    for (; *p >= '0' && *p <= '9'; p++, any = true)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, *p - '0', &whole))
            return false;
    fraction = *p == '.' ? ++p : NULL;
    for (; fraction && *p >= '0' && *p <= '9'; p++) {
        if (scale >= 1000000000)
            return false;
        part = part * 10 + (*p - '0');
        scale *= 10;
    }
    factor = factor_of(unit, p);
    if (!any || !factor || fraction == p || part * factor % scale)
        return false;
    if (__builtin_mul_overflow(whole, factor, &whole) ||
        __builtin_add_overflow(whole, part * factor / scale, &whole))
        return false;
    *value = negative ? -whole : whole;
    return true;
}

static bool parse(const struct sched_param *p, const char *text, int64_t *value)
{
    if (same(p->unit, "flag"))
        return parse_flag(text, value);
    if (same(text, "inf")) {
        *value = FOREVER;
        return true;
    }
    return parse_number(p->unit, text, value);
}

static void explain(const struct sched_ops *ops, const struct sched_param *p,
                    const char *text, char *why, size_t size)
{
    struct text t = text_begin(why, size);
    char number[32];

    text_add(&t, ops->name);
    text_add(&t, ".");
    text_add(&t, p->name);
    text_add(&t, "=");
    text_add(&t, text);
    if (same(p->unit, "flag")) {
        text_add(&t, ": accepted are on and off");
        return;
    }
    text_add(&t, ": accepted are ");
    sched_param_format(p, p->min, number, sizeof(number));
    text_add(&t, number);
    text_add(&t, " to ");
    sched_param_format(p, p->max, number, sizeof(number));
    text_add(&t, number);
}

int sched_param_parse(const struct sched_ops *ops, const struct sched_param *p,
                      const char *text, int64_t *value, char *why, size_t size)
{
    int64_t v;

    if (parse(p, text, &v) && v >= p->min && v <= p->max) {
        *value = v;
        return 0;
    }
    explain(ops, p, text, why, size);
    return -SCHED_EINVAL;
}

void sched_param_format(const struct sched_param *p, int64_t value, char *out,
                        size_t size)
{
    struct text t = text_begin(out, size);
    const struct suffix *best = NULL;
    size_t i;

    if (value == FOREVER) {
        text_add(&t, "inf");
        return;
    }
    if (same(p->unit, "flag")) {
        text_add(&t, value ? "on" : "off");
        return;
    }
    for (i = 0; i < ARRAY_SIZE(suffixes); i++)
        if (same(suffixes[i].unit, p->unit) &&
            value % suffixes[i].factor == 0 && (value || !best))
            best = &suffixes[i];
    text_add_number(&t, best ? value / best->factor : value);
    if (best && value)
        text_add(&t, best->suffix);
}

/* ---- initial values ---- */

const struct sched_param *sched_param_find(const struct sched_ops *ops,
                                           const char *name)
{
    const struct sched_param *p;

    for (p = ops->params; p && p->name; p++)
        if (same(p->name, name))
            return p;
    return NULL;
}

int64_t sched_param_default(const struct sched_param *p)
{
    unsigned i;

    for (i = 0; i < defaults.nr; i++)
        if (defaults.entry[i].param == p)
            return defaults.entry[i].value;
    return p->initial;
}

int sched_param_set_default(const struct sched_param *p, int64_t value)
{
    unsigned i;

    if (value < p->min || value > p->max)
        return -SCHED_EINVAL;
    for (i = 0; i < defaults.nr; i++)
        if (defaults.entry[i].param == p)
            break;
    if (i == DEFAULTS_MAX)
        return -SCHED_ENOSPC;
    if (i == defaults.nr)
        defaults.nr++;
    defaults.entry[i].param = p;
    defaults.entry[i].value = value;
    return 0;
}

static int64_t *slot(void *area, const struct sched_param *p)
{
    return (int64_t *)(void *)((char *)area + p->offset);
}

void sched_param_fill(const struct sched_ops *ops, enum sched_scope scope,
                      void *area)
{
    const struct sched_param *p;

    for (p = ops->params; p && p->name; p++)
        if (p->scope == scope)
            *slot(area, p) = sched_param_default(p);
}

/* ---- reading and changing them ---- */

static void *area_of(struct sched *s, const struct sched_domain *d,
                     const struct sched_vcpu *v, const struct sched_param *p)
{
    switch (p->scope) {
    case SCHED_PER_SYSTEM:
        return s->head.sys;
    case SCHED_PER_DOMAIN:
        return d ? d->priv : NULL;
    case SCHED_PER_VCPU:
        return v ? v->priv : NULL;
    }
    return NULL;
}

int64_t sched_param_get(struct sched *s, const struct sched_domain *d,
                        const struct sched_vcpu *v, const struct sched_param *p)
{
    void *area = area_of(s, d, v, p);

    return area ? READ_ONCE(*slot(area, p)) : 0;
}

static int tell(struct sched *s, struct sched_domain *d, struct sched_vcpu *v,
                const struct sched_param *p, int64_t old, ns_t now)
{
    if (p->scope == SCHED_PER_SYSTEM)
        v = NULL;
    else if (p->scope == SCHED_PER_DOMAIN)
        v = TAILQ_FIRST(&d->vcpus);
    else if (v->core.hand == SCHED_HAND_NONE)
        return 0; /* not joined: vcpu_up() will see it */
    if (!s->ops->param_set || s->broken || (!v && p->scope == SCHED_PER_DOMAIN))
        return 0;
    return s->ops->param_set(s, v, p, old, now);
}

/* Are these parameters of the plug-in that is in force? All locks held. */
static bool in_force(const struct sched *s, const struct sched_setting *set,
                     unsigned nr)
{
    const struct sched_param *p;
    unsigned i;

    for (i = 0; i < nr; i++) {
        for (p = s->ops->params; p && p->name && p != set[i].param; p++)
            ;
        if (!p || !p->name)
            return false;
    }
    return true;
}

/* Put `value` into *slot, and what was there into *value. */
static void swap(int64_t *where, int64_t *value)
{
    int64_t old = *where;

    *where = *value;
    *value = old;
}

/* All of `set` or none, for v and its domain d. All locks held, what runs has
 * been charged. */
static int set_one(struct sched *s, struct sched_domain *d,
                   struct sched_vcpu *v, const struct sched_setting *set,
                   unsigned nr, ns_t now)
{
    int64_t value[SCHED_PARAMS_MAX];
    unsigned i, told;
    int error = 0;

    for (i = 0; i < nr; i++) {
        value[i] = set[i].value;
        swap(slot(area_of(s, d, v, set[i].param), set[i].param), &value[i]);
    }
    for (told = 0; told < nr && !error; told++)
        error = tell(s, d, v, set[told].param, value[told], now);
    if (!error)
        return 0;
    for (i = nr; i-- > 0;)
        swap(slot(area_of(s, d, v, set[i].param), set[i].param), &value[i]);
    /* those who had accepted hear of the way back */
    for (i = 0; i + 1 < told; i++)
        (void)tell(s, d, v, set[i].param, value[i], now);
    return error;
}

/* *first := v, or, where parameters of a vCPU are meant for the domain, its
 * first vCPU. Returns whether all that the scopes need is there. */
static bool whom(struct sched *s, struct sched_domain *d, struct sched_vcpu *v,
                 const struct sched_setting *set, unsigned nr,
                 struct sched_vcpu **first)
{
    unsigned i;

    for (i = 0; i < nr; i++)
        if (set[i].param->scope == SCHED_PER_VCPU && !v && d)
            v = TAILQ_FIRST(&d->vcpus);
    *first = v;
    for (i = 0; i < nr; i++)
        if (!area_of(s, d, v, set[i].param))
            return false;
    return true;
}

int sched_param_set(struct sched *s, struct sched_domain *d,
                    struct sched_vcpu *v, const struct sched_setting *set,
                    unsigned nr, ns_t now)
{
    struct sched_vcpu *one;
    unsigned i, cpu;
    int error;

    if (nr > SCHED_PARAMS_MAX)
        return -SCHED_EINVAL;
    for (i = 0; i < nr; i++)
        if (set[i].value < set[i].param->min ||
            set[i].value > set[i].param->max)
            return -SCHED_EINVAL;
    sched_lock_all(s);
    if (!in_force(s, set, nr) || !whom(s, d, v, set, nr, &one)) {
        sched_unlock_all(s);
        return -SCHED_EINVAL;
    }
    for_each_cpu (cpu, &s->cpus) {
        struct sched_pcpu *p = &sched_pcpus[cpu];

        now = sched_clamp(p, now);
        if (p->running)
            sched_charge(p, now);
    }
    error = set_one(s, d, one, set, nr, now);
    while (!error && one != v && (one = sched_sibling(one)) != NULL)
        error = set_one(s, d, one, set, nr, now);
    sched_unlock_all(s);
    return error;
}
