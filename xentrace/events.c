/*
 * events.c - events.def as a table, and records as text.
 */
#include "xentrace/events.h"

#include <inttypes.h>
#include <string.h>

#include "trace/events.h"

#define F(type, name)                      #type ":" #name " "
#define EVENT(name, number, about, fields) { #name, number, about, "" fields },
const struct event_type event_types[] = {
#include "trace/events.def"
};
#undef EVENT
#undef F

const unsigned nr_event_types = sizeof(event_types) / sizeof(event_types[0]);

/* Bits of the number that are data: the states of runstate_change, and the
 * kind of a guest's own record. */
static uint32_t number_of(uint32_t event)
{
    if ((event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE)
        return TRC_SCHED_RUNSTATE_CHANGE;
    return event;
}

const struct event_type *event_type(uint32_t event)
{
    for (unsigned i = 0; i < nr_event_types; i++)
        if (event_types[i].number == number_of(event))
            return &event_types[i];
    return NULL;
}

unsigned event_field_words(const char *type, size_t length)
{
    return length > 2 && !strncmp(type + length - 2, "64", 2) ? 2 : 1;
}

unsigned event_words(const struct event_type *e)
{
    unsigned words = 0;

    for (const char *f = e->fields; *f; f = strchr(f, ' ') + 1)
        words += event_field_words(f, (size_t)(strchr(f, ':') - f));
    return words;
}

static const char *const state_name[] = { "running", "runnable", "blocked",
                                          "offline" };
static const char *const cause_name[] = { "other", "event", "virq",
                                          "timer", "kick",  "new" };

const char *event_state(unsigned state)
{
    return state_name[state & 3];
}

static void print_field(FILE *out, const char *type, size_t length,
                        const uint32_t *w, unsigned *used)
{
    uint64_t wide = w[*used];

    if (event_field_words(type, length) == 2)
        wide |= (uint64_t)w[++*used] << 32;
    ++*used;
    if (!strncmp(type, "id", length))
        fprintf(out, "d%uv%u", (uint32_t)wide >> 16, (uint32_t)wide & 0xffff);
    else if (!strncmp(type, "cause", length))
        fprintf(out, "%s", wide < 6 ? cause_name[wide] : "?");
    else if (type[0] == 'x')
        fprintf(out, "%#" PRIx64, wide);
    else if (!strncmp(type, "ns32", length))
        fprintf(out, "%d ns", (int32_t)wide);
    else if (!strncmp(type, "ns64", length))
        fprintf(out, "%" PRId64 " ns", (int64_t)wide);
    else
        fprintf(out, "%" PRIu64, wide);
}

static void print_fields(FILE *out, const char *fields, const struct rec *r)
{
    uint32_t word[9] = { 0 }; /* a field may claim more than there is */
    unsigned used = 0;

    memcpy(word, r->word, sizeof(r->word));
    while (*fields && used < r->nr) {
        const char *colon = strchr(fields, ':'), *end = strchr(fields, ' ');

        fprintf(out, " %.*s=", (int)(end - colon - 1), colon + 1);
        print_field(out, fields, (size_t)(colon - fields), word, &used);
        fields = end + 1;
    }
    for (; used < r->nr; used++)
        fprintf(out, " %#x", word[used]);
}

/* Whose event that is, in a trace that knows all plug-ins; or NULL. */
static const struct trace_anchor_plugin *plugin_of(const struct trace_meta *m,
                                                   uint32_t event)
{
    for (unsigned i = 0; i < m->nr_plugins; i++)
        if (event - m->plugin[i].first < m->plugin[i].nr_events)
            return &m->plugin[i];
    return NULL;
}

void event_name(char *to, size_t room, const struct trace_meta *m,
                uint32_t event)
{
    unsigned id = event >> TRC_SCHED_ID_SHIFT & 7, i = event & 0x1ff;
    const struct trace_anchor_plugin *p = plugin_of(m, event);
    const struct event_type *type = event_type(event);

    if (type)
        snprintf(to, room, "%s", type->name);
    else if ((event & 0x0ffff000) != TRC_SCHED_CLASS)
        snprintf(to, room, "event %#x", event);
    else if (p)
        snprintf(to, room, "%s.%s", p->name, p->event_name[event - p->first]);
    else if (!m->nr_plugins && m->known && id == m->sched_id &&
             i < m->nr_events)
        snprintf(to, room, "%s.%s", m->scheduler, m->event_name[i]);
    else
        snprintf(to, room, "scheduler%u.%u", id, i);
}

/* The words of a plug-in's event are: vCPU, and a number of 64 bits. */
static const char *fields_of(uint32_t event)
{
    const struct event_type *type = event_type(event);

    if (type)
        return type->fields;
    return (event & 0x0ffff000) == TRC_SCHED_CLASS ? "id:vcpu ns64:value " : "";
}

void event_print(FILE *out, const struct trace_meta *m, const struct rec *r)
{
    char name[64];

    event_name(name, sizeof(name), m, r->event);
    fprintf(out, "%15.3f %s cpu%u %s",
            meta_ns(m, r->tsc) / (m->tsc_khz ? 1e3 : 1),
            m->tsc_khz ? "us" : "cycles", r->cpu, name);
    print_fields(out, fields_of(r->event), r);
    if (number_of(r->event) == TRC_SCHED_RUNSTATE_CHANGE)
        fprintf(out, " %s -> %s", state_name[r->event >> 8 & 3],
                state_name[r->event >> 4 & 3]);
    fputc('\n', out);
}

void event_table(FILE *out, bool markdown)
{
    if (markdown)
        fputs("| event | number | words | what, and when |\n"
              "|---|---|---|---|\n",
              out);
    for (unsigned i = 0; i < nr_event_types; i++) {
        const struct event_type *e = &event_types[i];

        fprintf(out, markdown ? "| %s | %#x | %s| %s |\n" : "%s\t%#x\t%s\t%s\n",
                e->name, e->number, e->fields, e->about);
    }
}
