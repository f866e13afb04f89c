/*
 * trace_show.c - the last trace records as text: of a vCPU, for a report; of
 * all CPUs, when something went wrong.
 *
 * Decodes by trace/events.def, like xentrace/: each record's fields are a
 * string of "type:name" words. Records of all CPUs are sorted by time in one
 * array, of which the oldest gives way.
 */
#include <string.h>
#include "trace/recent.h"
#include "trace/trace.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/console.h"
#include "xen/base/time.h"
#include "xen/base/trace_host.h"
#include "xen/lib/format.h"

#define SHOW_MAX  128u
#define SHOW_LAST 60u
#define FIELDS    8u

static const struct event {
    const char *name;
    uint32_t number;
    const char *fields;
} events[] = {
#define F(type, name)                      #type ":" #name " "
#define EVENT(name, number, about, fields) { #name, number, "" fields },
#include "trace/events.def"
#undef EVENT
#undef F
};
static const struct event plugin_event = { "", 0, "id:vcpu ns64:value " };

/* Taken by whoever shows something; there is no waiting for it. */
static unsigned busy;

static struct {
    uint64_t whose;
    unsigned max, nr, cpu; /* cpu: whose ring is being read */
    uint64_t seen;         /* records that could be seen, and the first time */
    uint64_t from;
    struct {
        struct trace_seen seen;
        unsigned cpu;
    } found[SHOW_MAX];
} show;

static bool is_plugin_event(uint32_t event)
{
    return (event & 0x0ffff000) == TRC_SCHED_CLASS;
}

static const struct event *event_of(const struct trace_seen *s)
{
    uint32_t number = s->header & 0x0fffffff;
    unsigned i;

    if ((number & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE)
        number = TRC_SCHED_RUNSTATE_CHANGE;
    for (i = 0; i < ARRAY_SIZE(events); i++)
        if (events[i].number == number)
            return &events[i];
    return is_plugin_event(number) ? &plugin_event : NULL;
}

/* ---- fields ---- */

struct field {
    const char *type, *name; /* not terminated */
    unsigned name_length;
    uint64_t value;
};

static bool type_is(const struct field *f, const char *type)
{
    size_t n = strlen(type);

    return strncmp(f->type, type, n) == 0 && f->type[n] == ':';
}

/* The fields that s has; how many. */
static unsigned split(const struct trace_seen *s, const char *text,
                      struct field *out)
{
    unsigned words = s->header >> TRACE_EXTRA_SHIFT & TRACE_EXTRA_MAX;
    unsigned nr = 0, used = 0;

    for (; *text && used < words && nr < FIELDS; nr++) {
        struct field *f = &out[nr];

        f->type = text;
        f->name = strchr(text, ':') + 1;
        text = strchr(text, ' ') + 1;
        f->name_length = (unsigned)(text - 1 - f->name);
        f->value = s->word[used++];
        if ((type_is(f, "u64") || type_is(f, "x64") || type_is(f, "ns64")) &&
            used < words)
            f->value |= (uint64_t)s->word[used++] << 32;
    }
    return nr;
}

static bool named(const struct field *f, const char *name)
{
    size_t n = strlen(name);

    return f->name_length == n && strncmp(f->name, name, n) == 0;
}

/* Does the record name this vCPU: as one word, or as domain and number? */
static bool concerns(const struct trace_seen *s, uint32_t id)
{
    const struct event *e = event_of(s);
    struct field f[FIELDS];
    unsigned nr = e ? split(s, e->fields, f) : 0, i;

    for (i = 0; i < nr; i++) {
        if (type_is(&f[i], "id") && f[i].value == id)
            return true;
        if (i + 1 < nr && (named(&f[i], "dom") || named(&f[i], "from_dom")) &&
            f[i].value == id >> 16 && f[i + 1].value == (id & 0xffff))
            return true;
    }
    return false;
}

/* ---- collecting ---- */

static void collect(const struct trace_seen *s, void *arg)
{
    bool wanted = show.whose < TRACE_OF_CPU(0)
                      ? concerns(s, (uint32_t)show.whose)
                      : show.whose == TRACE_OF_ALL ||
                            show.whose == TRACE_OF_CPU(show.cpu);
    unsigned at;

    (void)arg;
    if (!show.seen++ || s->tsc < show.from)
        show.from = s->tsc;
    if (!wanted)
        return;
    for (at = show.nr; at && show.found[at - 1].seen.tsc > s->tsc; at--)
        ;
    if (show.nr == show.max) {
        if (!at)
            return;
        at--;
        memmove(&show.found[0], &show.found[1], at * sizeof(show.found[0]));
    } else {
        memmove(&show.found[at + 1], &show.found[at],
                (show.nr - at) * sizeof(show.found[0]));
        show.nr++;
    }
    show.found[at].seen = *s;
    show.found[at].cpu = show.cpu;
}

/* ---- text ---- */

static size_t add_name(char *out, size_t size, const struct trace_seen *s,
                       const struct trace_names *names)
{
    const struct event *e = event_of(s);
    uint32_t number = s->header & 0x0fffffff, j = 0;
    uint32_t i = number - names->first;

    if (!e)
        return format_text(out, size, "event %#x", number);
    if (e != &plugin_event)
        return format_text(out, size, "%s", e->name);
    while (i < TRACE_PLUGIN_EVENTS && names->events && names->events[j] &&
           j < i)
        j++;
    if (i < TRACE_PLUGIN_EVENTS && names->events && names->events[j])
        return format_text(out, size, "%s.%s", names->scheduler,
                           names->events[j]);
    return format_text(out, size, "scheduler%u.%u",
                       number >> TRC_SCHED_ID_SHIFT & 7, number & 0x1ff);
}

static size_t add_field(char *out, size_t size, const struct field *f)
{
    size_t used = format_text(out, size, " %.*s=", (int)f->name_length,
                              f->name);

    if (used >= size)
        return used;
    if (type_is(f, "id"))
        return used + format_text(out + used, size - used, "d%uv%u",
                                  (uint32_t)f->value >> 16,
                                  (uint32_t)f->value & 0xffff);
    if (type_is(f, "ns32"))
        return used + format_text(out + used, size - used, "%d ns",
                                  (int)(uint32_t)f->value);
    if (type_is(f, "ns64"))
        return used + format_text(out + used, size - used, "%lld ns",
                                  (long long)f->value);
    return used + format_text(out + used, size - used,
                              f->type[0] == 'x' ? "%#llx" : "%llu",
                              (unsigned long long)f->value);
}

static void put_line(const struct trace_seen *s, unsigned cpu,
                     const struct trace_names *names, trace_line *out)
{
    static const char *const states[] = { "running", "runnable", "blocked",
                                          "offline" };
    const struct event *e = event_of(s);
    struct field f[FIELDS];
    unsigned nr = e ? split(s, e->fields, f) : 0, i;
    ns_t when = time_of_tsc(s->tsc);
    char line[160];
    size_t n = format_text(line, sizeof(line), "%9lld.%03u us cpu%u ",
                           (long long)(when / 1000), (unsigned)(when % 1000),
                           cpu);

    if (n < sizeof(line))
        n += add_name(line + n, sizeof(line) - n, s, names);
    for (i = 0; i < nr && n < sizeof(line); i++)
        n += add_field(line + n, sizeof(line) - n, &f[i]);
    if (e && e->number == TRC_SCHED_RUNSTATE_CHANGE && n < sizeof(line))
        (void)format_text(line + n, sizeof(line) - n, " %s -> %s",
                          states[s->header >> 8 & 3],
                          states[s->header >> 4 & 3]);
    out(line);
}

static void collect_all(uint64_t whose, unsigned max)
{
    show.whose = whose;
    show.max = max < SHOW_MAX ? max : SHOW_MAX;
    show.nr = 0;
    show.seen = 0;
    for (show.cpu = 0; show.cpu < smp_nr_cpus; show.cpu++)
        trace_ring_walk(trace_host_ring(show.cpu), collect, NULL);
}

static void put_lines(const struct trace_names *names, trace_line *out)
{
    unsigned i;

    for (i = 0; i < show.nr; i++)
        put_line(&show.found[i].seen, show.found[i].cpu, names, out);
    if (!show.nr)
        out("none: the trace is off; tevt_mask=0x2f000 records scheduling");
}

static bool take(trace_line *out)
{
    if (!__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return true;
    out("none: another CPU shows its own just now");
    return false;
}

static void give(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

void trace_show(uint64_t whose, unsigned max, const struct trace_names *names,
                trace_line *out)
{
    if (!take(out))
        return;
    collect_all(whose, max);
    put_lines(names, out);
    give();
}

static void to_console(const char *line)
{
    log_error("  %s", line);
}

void trace_show_last(void)
{
    static const struct trace_names none;
    ns_t reach;

    if (!take(to_console))
        return;
    collect_all(TRACE_OF_ALL, SHOW_LAST);
    reach = show.nr ? time_of_tsc(show.found[show.nr - 1].seen.tsc) -
                          time_of_tsc(show.from)
                    : 0;
    log_error("The last trace records: %u of the %llu, from %lld.%03u ms, that "
              "can be seen",
              show.nr, (unsigned long long)show.seen,
              (long long)(reach / 1000000), (unsigned)(reach % 1000000 / 1000));
    put_lines(&none, to_console);
    give();
}

void trace_show_in_panic(void)
{
    give(); /* whoever had it does not run any more */
    if (trace_get_mask())
        trace_show_last();
}
