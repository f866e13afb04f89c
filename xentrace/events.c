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

static const char *const state_name[] = { "running", "runnable", "blocked",
                                          "offline" };
static const char *const cause_name[] = { "other", "event", "virq",
                                          "timer", "kick",  "new" };

static void print_field(FILE *out, const char *type, size_t length,
                        const uint32_t *w, unsigned *used)
{
    uint64_t wide = w[*used];

    if (!strncmp(type, "u64", length) || !strncmp(type, "x64", length) ||
        !strncmp(type, "ns64", length))
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

/* Events of a plug-in: the scheduler's id, then the index of the name. The
 * words are: vCPU, and a number of 64 bits. */
static void print_plugin_event(FILE *out, const struct trace *t,
                               const struct rec *r)
{
    unsigned id = r->event >> TRC_SCHED_ID_SHIFT & 7, i = r->event & 0x1ff;

    const struct trace_anchor_plugin *p = plugin_of(&t->meta, r->event);

    if (p)
        fprintf(out, "%s.%s", p->name, p->event_name[r->event - p->first]);
    else if (!t->meta.nr_plugins && t->meta.known && id == t->meta.sched_id &&
             i < t->meta.nr_events)
        fprintf(out, "%s.%s", t->meta.scheduler, t->meta.event_name[i]);
    else
        fprintf(out, "scheduler%u.%u", id, i);
    print_fields(out, "id:vcpu ns64:value ", r);
}

void event_print(FILE *out, const struct trace *t, const struct rec *r)
{
    const struct event_type *type = event_type(r->event);

    fprintf(out, "%15.3f %s cpu%u ",
            trace_ns(t, r->tsc) / (t->meta.tsc_khz ? 1e3 : 1),
            t->meta.tsc_khz ? "us" : "cycles", r->cpu);
    if (type) {
        fputs(type->name, out);
        print_fields(out, type->fields, r);
        if (type->number == TRC_SCHED_RUNSTATE_CHANGE)
            fprintf(out, " %s -> %s", state_name[r->event >> 8 & 3],
                    state_name[r->event >> 4 & 3]);
    } else if ((r->event & 0x0ffff000) == TRC_SCHED_CLASS) {
        print_plugin_event(out, t, r);
    } else {
        fprintf(out, "event %#x", r->event);
        print_fields(out, "", r);
    }
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
