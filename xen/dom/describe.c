/*
 * describe.c - reading descriptions of boot-time domains.
 *
 * A line is split into words; each key has a row in a table that says how its
 * value is read and what is accepted, and the messages come from that table.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/dom/describe.h"
#include "xen/lib/format.h"

#define WORD_MAX   1100u /* "cmdline=" and its value */
#define MAX_MEMORY (1ull << 46)

struct cursor {
    const char *text;
    size_t length, at;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->length && blank(c->text[c->at]))
        c->at++;
}

/* The next word without its quotes. False: there is none, or it is too long
 * (then word is empty and *bad is set), or its quote is not closed. */
static bool next_word(struct cursor *c, char word[WORD_MAX], bool *bad)
{
    char quote = '\0';
    size_t used = 0;

    skip_blanks(c);
    if (c->at == c->length || c->text[c->at] == '\0')
        return false;
    for (; c->at < c->length && c->text[c->at]; c->at++) {
        char now = c->text[c->at];

        if (!quote && blank(now))
            break;
        if (now == quote) {
            quote = '\0';
            continue;
        }
        if (!quote && (now == '"' || now == '\'')) {
            quote = now;
            continue;
        }
        if (now == '\\' && quote != '\'' && c->at + 1 < c->length)
            now = c->text[++c->at];
        if (used + 1 == WORD_MAX)
            break;
        word[used++] = now;
    }
    word[used] = '\0';
    *bad = quote || used + 1 == WORD_MAX;
    return !*bad;
}

/* ---- values ---- */

static bool read_number(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;

    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (value > (UINT64_MAX >> 4))
            return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    *text = p;
    *out = value;
    return true;
}

int describe_size(const char *text, uint64_t *bytes)
{
    static const char suffix[] = "KMGT";
    uint64_t value;
    const char *s;
    unsigned shift;

    if (!read_number(&text, &value) || text[0] == '\0' || text[1] != '\0')
        return -XEN_EINVAL;
    s = strchr(suffix, text[0] >= 'a' ? text[0] - 'a' + 'A' : text[0]);
    if (!s)
        return -XEN_EINVAL;
    shift = 10 * ((unsigned)(s - suffix) + 1);
    if (value > (UINT64_MAX >> shift))
        return -XEN_EINVAL;
    *bytes = value << shift;
    return 0;
}

int describe_cpus(const char *text, struct cpuset *out)
{
    uint64_t first, last;

    memset(out, 0, sizeof(*out));
    do {
        if (!read_number(&text, &first))
            return -XEN_EINVAL;
        last = first;
        if (*text == '-') {
            text++;
            if (!read_number(&text, &last))
                return -XEN_EINVAL;
        }
        if (last >= CPUSET_MAX || first > last)
            return -XEN_EINVAL;
        for (; first <= last; first++)
            cpuset_add(out, (unsigned)first);
    } while (*text++ == ',');
    return text[-1] == '\0' ? 0 : -XEN_EINVAL;
}

/* ---- the table of keys ---- */

static bool set_text(char *to, size_t room, const char *value)
{
    if (strlen(value) >= room)
        return false;
    memcpy(to, value, strlen(value) + 1);
    return true;
}

static bool take_name(struct description *d, const char *value)
{
    const char *p;

    for (p = value; *p; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
            !(*p >= '0' && *p <= '9') && !strchr("-_.", *p))
            return false;
    return p != value && set_text(d->name, sizeof(d->name), value);
}

static bool take_kernel(struct description *d, const char *value)
{
    return *value && set_text(d->kernel, sizeof(d->kernel), value);
}

static bool take_ramdisk(struct description *d, const char *value)
{
    return set_text(d->ramdisk, sizeof(d->ramdisk), value);
}

static bool take_memory(struct description *d, const char *value)
{
    return describe_size(value, &d->memory_bytes) == 0 &&
           d->memory_bytes >= (1u << 20) && d->memory_bytes < MAX_MEMORY &&
           (d->memory_bytes & (PAGE_SIZE - 1)) == 0;
}

static bool take_vcpus(struct description *d, const char *value)
{
    uint64_t number;

    if (!read_number(&value, &number) || *value || number < 1 || number > 128)
        return false;
    d->vcpus = (unsigned)number;
    return true;
}

static bool take_cpus(struct description *d, const char *value)
{
    return describe_cpus(value, &d->cpus) == 0;
}

static bool take_soft_cpus(struct description *d, const char *value)
{
    return describe_cpus(value, &d->soft_cpus) == 0;
}

static bool take_cmdline(struct description *d, const char *value)
{
    return set_text(d->cmdline, sizeof(d->cmdline), value);
}

static bool take_sched(struct description *d, const char *value)
{
    return *value && set_text(d->sched, sizeof(d->sched), value);
}

static bool take_pool(struct description *d, const char *value)
{
    return *value && set_text(d->in_pool, sizeof(d->in_pool), value);
}

static bool take_store(struct description *d, const char *value)
{
    d->store = strcmp(value, "empty") == 0;
    return d->store || strcmp(value, "none") == 0;
}

static const struct key {
    const char *name;
    bool (*take)(struct description *d, const char *value);
    const char *accepts;
    enum { DOMAIN = 1, POOL = 2 } of;
} keys[] = {
    { "name", take_name, "1 to 31 letters, digits, '-', '_', '.'",
      DOMAIN | POOL },
    { "kernel", take_kernel, "the name of a file= module, 1 to 63 characters",
      DOMAIN },
    { "ramdisk", take_ramdisk, "the name of a file= module, to 63 characters",
      DOMAIN },
    { "mem", take_memory, "a size with its unit, such as 192M; 1M or more",
      DOMAIN },
    { "vcpus", take_vcpus, "1 to 128", DOMAIN },
    { "cpus", take_cpus, "numbers of CPUs, such as 0-3,5", DOMAIN | POOL },
    { "pool", take_pool, "the name of a cpupool line before this one", DOMAIN },
    { "sched", take_sched, "the name of a scheduler", POOL },
    { "soft_cpus", take_soft_cpus, "numbers of CPUs, such as 0-3,5", DOMAIN },
    { "store", take_store, "none or empty", DOMAIN },
    { "cmdline", take_cmdline, "at most 1023 characters, in quotes", DOMAIN },
};

void describe_keys(char *out, size_t size)
{
    size_t used = 0, i;

    for (i = 0; i < ARRAY_SIZE(keys) && used < size; i++)
        if (keys[i].of & DOMAIN)
            used += format_text(out + used, size - used, "%s%s", i ? " " : "",
                                keys[i].name);
}

static int take_param(struct description *d, const char *key, const char *value,
                      char *why, size_t why_size)
{
    unsigned n = d->nr_params;

    if (n == DESCRIBE_PARAMS) {
        format_text(why, why_size, "%s: more than %u scheduler parameters", key,
                    DESCRIBE_PARAMS);
        return -XEN_EINVAL;
    }
    if (!set_text(d->param[n].key, sizeof(d->param[n].key), key) ||
        !set_text(d->param[n].value, sizeof(d->param[n].value), value)) {
        format_text(why, why_size, "%.40s=%.40s: too long for a parameter", key,
                    value);
        return -XEN_EINVAL;
    }
    d->nr_params++;
    return 0;
}

static int take_word(struct description *d, char *word, char *why,
                     size_t why_size)
{
    char *equals = strchr(word, '=');
    size_t i;

    if (!equals || equals == word) {
        format_text(why, why_size, "\"%.60s\" is not key=value", word);
        return -XEN_EINVAL;
    }
    *equals = '\0';
    for (i = 0; i < ARRAY_SIZE(keys); i++) {
        if (strcmp(word, keys[i].name) != 0 ||
            !(keys[i].of & (d->pool ? POOL : DOMAIN)))
            continue;
        if (keys[i].take(d, equals + 1))
            return 0;
        format_text(why, why_size, "%s=%.60s: accepted is %s", word, equals + 1,
                    keys[i].accepts);
        return -XEN_EINVAL;
    }
    return take_param(d, word, equals + 1, why, why_size);
}

/* What follows `--`: the guest's command line, as it stands. */
static int take_rest(struct description *d, struct cursor *c, char *why,
                     size_t why_size)
{
    size_t length;

    skip_blanks(c);
    for (length = 0; c->at + length < c->length && c->text[c->at + length];)
        length++;
    while (length && blank(c->text[c->at + length - 1]))
        length--;
    if (length >= sizeof(d->cmdline)) {
        format_text(why, why_size,
                    "the guest's command line: at most 1023 characters");
        return -XEN_EINVAL;
    }
    memcpy(d->cmdline, c->text + c->at, length);
    d->cmdline[length] = '\0';
    return 0;
}

static int check_complete(const struct description *d, char *why,
                          size_t why_size)
{
    const char *missing = NULL;

    if (d->pool && cpuset_empty(&d->cpus))
        missing = "cpus";
    else if (d->pool && !d->sched[0])
        missing = "sched";
    else if (!d->pool && !d->memory_bytes)
        missing = "mem";
    if (!d->name[0])
        missing = "name";

    if (!missing)
        return 0;
    format_text(why, why_size, "%s= is missing", missing);
    return -XEN_EINVAL;
}

int describe_parse(const char *text, size_t length, struct description *out,
                   char *why, size_t why_size)
{
    struct cursor c = { text, length, 0 };
    char word[WORD_MAX] = "";
    bool bad = false;
    int rc;

    memset(out, 0, sizeof(*out));
    out->vcpus = 1;
    out->pool = next_word(&c, word, &bad) && strcmp(word, "cpupool") == 0;
    if (bad || (!out->pool && strcmp(word, "domain") != 0)) {
        format_text(why, why_size,
                    "\"%.60s\": a description begins with \"domain\" or "
                    "\"cpupool\"",
                    bad ? "" : word);
        return -XEN_EINVAL;
    }
    while (next_word(&c, word, &bad)) {
        if (strcmp(word, "--") == 0) {
            rc = take_rest(out, &c, why, why_size);
            return rc ? rc : check_complete(out, why, why_size);
        }
        rc = take_word(out, word, why, why_size);
        if (rc)
            return rc;
    }
    if (bad) {
        format_text(why, why_size, "\"%.40s...\": %s", word,
                    "a quote is not closed, or the word is too long");
        return -XEN_EINVAL;
    }
    return check_complete(out, why, why_size);
}

/* How much of a line stands before its comment. */
static size_t without_comment(const char *line, size_t length)
{
    char quote = '\0';
    size_t i;

    for (i = 0; i < length; i++) {
        if (line[i] == '\\')
            i++;
        else if (quote)
            quote = line[i] == quote ? '\0' : quote;
        else if (line[i] == '"' || line[i] == '\'')
            quote = line[i];
        else if (line[i] == '#')
            return i;
    }
    return length;
}

bool describe_next_line(const char *text, size_t size, size_t *at,
                        const char **line, size_t *length, unsigned *number)
{
    while (*at < size) {
        size_t start = *at, end = start, i;

        while (end < size && text[end] != '\n')
            end++;
        *at = end < size ? end + 1 : end;
        ++*number;
        *line = text + start;
        *length = without_comment(*line, end - start);
        for (i = 0; i < *length; i++)
            if (!blank((*line)[i]) && (*line)[i])
                return true;
    }
    return false;
}

bool describe_option(const char *text, const char *key, char *out, size_t size)
{
    struct cursor c = { text, strlen(text), 0 };
    size_t length = strlen(key);
    char word[WORD_MAX];
    bool bad = false;

    while (next_word(&c, word, &bad)) {
        if (strncmp(word, key, length) != 0)
            continue;
        if (word[length] == '\0') {
            out[0] = '\0';
            return true;
        }
        if (word[length] == '=')
            return set_text(out, size, word + length + 1);
    }
    return false;
}
