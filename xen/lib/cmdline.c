/*
 * cmdline.c - cuts a command line into options and acts on each.
 */
#include <errno.h>
#include <string.h>
#include "xen/lib/cmdline.h"

struct word {
    char text[256];    /* name, NUL, value, NUL */
    const char *value; /* NULL: there is no '=' */
};

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

/* The number at *text, moved past it. */
static int parse_number(const char **text, uint64_t *out)
{
    const char *s = *text;
    unsigned base = 10;
    uint64_t n = 0;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    if (digit_value(*s) >= (int)base)
        return -EINVAL;
    for (; digit_value(*s) < (int)base; s++)
        if (__builtin_mul_overflow(n, base, &n) ||
            __builtin_add_overflow(n, (unsigned)digit_value(*s), &n))
            return -EINVAL;
    *text = s;
    *out = n;
    return 0;
}

int cmdline_unsigned(const char *text, uint64_t *out)
{
    uint64_t n;

    if (parse_number(&text, &n) || *text)
        return -EINVAL;
    *out = n;
    return 0;
}

int cmdline_size(const char *text, uint64_t *out)
{
    static const char suffixes[] = "bkmgt";
    unsigned shift = 10;
    uint64_t n;

    if (parse_number(&text, &n))
        return -EINVAL;
    if (*text) {
        const char *found = strchr(suffixes, *text | 0x20);

        if (!found || !*found || text[1])
            return -EINVAL;
        shift = 10 * (unsigned)(found - suffixes);
    }
    if (n > UINT64_MAX >> shift)
        return -EINVAL;
    *out = n << shift;
    return 0;
}

int cmdline_flag(const char *text, bool *out)
{
    static const char *const words[] = { "0",       "1",     "no",    "yes",
                                         "off",     "on",    "false", "true",
                                         "disable", "enable" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(text, words[i])) {
            *out = i & 1;
            return 0;
        }
    return -EINVAL;
}

/* Cut the next word off *text; false at the end. Too long a word is cut. */
static bool next_word(const char **text, struct word *w)
{
    const char *s = *text;
    bool quoted = false;
    size_t used = 0;

    while (*s == ' ' || *s == '\t')
        s++;
    if (!*s)
        return false;
    w->value = NULL;
    for (; *s && (quoted || (*s != ' ' && *s != '\t')); s++) {
        char c = *s;

        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (used == sizeof(w->text) - 1)
            continue;
        if (c == '=' && !w->value) {
            c = '\0';
            w->value = w->text + used + 1;
        }
        w->text[used++] = c;
    }
    w->text[used] = '\0';
    *text = s;
    return true;
}

static int apply_flag(const struct cmdline_option *o, const char *value)
{
    bool on = true;

    if (value && cmdline_flag(value, &on))
        return -EINVAL;
    *(bool *)o->variable = on;
    return 0;
}

static int apply_unsigned(const struct cmdline_option *o, const char *value)
{
    uint64_t n;

    if (cmdline_unsigned(value, &n) || n < o->min || n > o->max ||
        n > UINT32_MAX)
        return -EINVAL;
    *(unsigned *)o->variable = (unsigned)n;
    return 0;
}

static int apply_size(const struct cmdline_option *o, const char *value)
{
    uint64_t n;

    if (cmdline_size(value, &n) || n < o->min || n > o->max)
        return -EINVAL;
    *(uint64_t *)o->variable = n;
    return 0;
}

static int apply_text(const struct cmdline_option *o, const char *value)
{
    size_t length = strlen(value);

    if (length >= o->max)
        return -EINVAL;
    memcpy(o->variable, value, length + 1);
    return 0;
}

static int apply(const struct cmdline_option *o, const char *value)
{
    if (o->kind == CMDLINE_FLAG)
        return apply_flag(o, value);
    if (!value)
        return o->kind == CMDLINE_PARSED ? o->parse("") : -EINVAL;
    switch (o->kind) {
    case CMDLINE_UNSIGNED:
        return apply_unsigned(o, value);
    case CMDLINE_SIZE:
        return apply_size(o, value);
    case CMDLINE_TEXT:
        return apply_text(o, value);
    case CMDLINE_PARSED:
        return o->parse(value);
    case CMDLINE_FLAG:
    case CMDLINE_IGNORED:
        break;
    }
    return 0;
}

static const struct cmdline_option *find(const char *name,
                                         const struct cmdline_option *options,
                                         size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        if (!strcmp(name, options[i].name))
            return &options[i];
    return NULL;
}

/* no-NAME is NAME=no, for flags and for what is ignored. */
static const struct cmdline_option *find_negated(
    const char *name, const struct cmdline_option *options, size_t nr)
{
    const struct cmdline_option *o;

    if (strncmp(name, "no-", 3))
        return NULL;
    o = find(name + 3, options, nr);
    if (o && (o->kind == CMDLINE_FLAG || o->kind == CMDLINE_IGNORED))
        return o;
    return NULL;
}

void cmdline_apply(const char *text, const struct cmdline_option *options,
                   size_t nr_options, const struct cmdline_report *report)
{
    const struct cmdline_option *o;
    struct word w;

    while (next_word(&text, &w)) {
        o = find(w.text, options, nr_options);
        if (!o && !w.value) {
            o = find_negated(w.text, options, nr_options);
            if (o)
                w.value = "no";
        }
        if (!o && strchr(w.text, '.') && w.value)
            report->parameter(w.text, w.value);
        else if (!o)
            report->unknown(w.text);
        else if (o->kind == CMDLINE_IGNORED)
            report->ignored(w.text);
        else if (apply(o, w.value))
            report->refused(w.text, w.value ? w.value : "", o->accepted);
    }
}
