/*
 * param_text.c - parameters as people write them: text to value and back.
 *
 * A parameter's table entry says all there is to know, so this file knows no
 * plug-in, and needs nothing of the core: dom0's metronomectl is linked with it
 * too. Units understood:
 *   ns       5ms, 100us, 1s, 250ns, 0; a bare number is ns
 *   ppm      30%, 2.5%, 300000, 300000ppm
 *   percent  30, 30%
 *   flag     on off, yes no, true false, 1 0
 * and for all others a bare number. "inf" is FOREVER where max allows it.
 */
#include "sched/api/core_private.h"

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

const struct sched_param *sched_param_find(const struct sched_ops *ops,
                                           const char *name)
{
    const struct sched_param *p;

    for (p = ops->params; p && p->name; p++)
        if (same(p->name, name))
            return p;
    return NULL;
}
