/*
 * export_text.c - two forms of text: CSV, and Chrome's trace events in JSON,
 * which Perfetto's UI opens.
 */
#include "xentrace/export.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <xen/vcpu.h>

#include "xentrace/events.h"
#include "xentrace/whos.h"

/* ---- CSV: ns,cpu,event,number,vCPU's states..., words ---- */

static void csv_begin(struct export *e)
{
    fputs("ns,tsc,cpu,event,number,nr,w0,w1,w2,w3,w4,w5,w6\n", e->out);
}

static void csv_record(struct export *e, const struct rec *r)
{
    char name[64];

    event_name(name, sizeof(name), e->meta, r->event);
    fprintf(e->out, "%" PRIu64 ",%" PRIu64 ",%u,%s,%u,%u", export_ns(e, r->tsc),
            r->tsc, r->cpu, name, r->event, r->nr);
    for (unsigned i = 0; i < 7; i++)
        if (i < r->nr)
            fprintf(e->out, ",%u", r->word[i]);
        else
            fputc(',', e->out);
    fputc('\n', e->out);
    if (ferror(e->out) && !e->failed) {
        fprintf(stderr, "xentrace: %s: cannot be written\n", e->name);
        e->failed = true;
    }
}

const struct export_form export_csv = { .name = "csv",
                                        .begin = csv_begin,
                                        .record = csv_record };

/* ---- JSON: process 0 has a track for each CPU: who runs; process 1 + domain
 * has one for each vCPU: its state ---- */

struct vcpu {
    uint32_t who; /* first: whos.h */
    unsigned state, cpu;
    uint64_t since; /* ns */
    bool seen;
};

static struct whos json_vcpus;
static bool json_comma;

static void json_next(struct export *e)
{
    fputs(json_comma ? ",\n" : "\n", e->out);
    json_comma = true;
}

static void json_begin(struct export *e)
{
    const struct trace_meta *m = e->meta;

    json_vcpus.bytes = sizeof(struct vcpu);
    json_comma = false;
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", e->out);
    json_next(e);
    fputs("{\"ph\":\"M\",\"pid\":0,\"name\":\"process_name\","
          "\"args\":{\"name\":\"CPUs\"}}",
          e->out);
    for (unsigned i = 0; i < m->nr_domains; i++) {
        json_next(e);
        fprintf(e->out,
                "{\"ph\":\"M\",\"pid\":%u,\"name\":\"process_name\","
                "\"args\":{\"name\":\"%s\"}}",
                m->domain[i].id + 1, m->domain[i].name);
    }
}

/* A stay: from, for; us with the ns behind the point. */
static void json_slice(struct export *e, unsigned pid, unsigned tid,
                       const char *name, uint64_t from, uint64_t to)
{
    json_next(e);
    fprintf(
        e->out,
        "{\"ph\":\"X\",\"pid\":%u,\"tid\":%u,\"name\":\"%s\",\"ts\":%" PRIu64
        ".%03u,\"dur\":%" PRIu64 ".%03u}",
        pid, tid, name, from / 1000, (unsigned)(from % 1000),
        (to - from) / 1000, (unsigned)((to - from) % 1000));
}

static void json_stay(struct export *e, const struct vcpu *v, uint64_t to)
{
    char name[40];
    unsigned dom = v->who >> 16, id = v->who & 0xffff;

    if (dom != IDLE_DOMAIN && v->state != RUNSTATE_blocked &&
        v->state != RUNSTATE_offline)
        json_slice(e, dom + 1, id, event_state(v->state), v->since, to);
    if (v->state != RUNSTATE_running || dom == IDLE_DOMAIN)
        return;
    snprintf(name, sizeof(name), "%s.%u", command_domain(e->meta, dom), id);
    json_slice(e, 0, v->cpu, name, v->since, to);
}

static void json_change(struct export *e, const struct rec *r)
{
    struct vcpu *v = whos_get(&json_vcpus, r->word[0]);
    uint64_t now = export_ns(e, r->tsc);

    if (v->seen && now >= v->since)
        json_stay(e, v, now);
    v->seen = true;
    v->state = r->event >> 4 & 3;
    v->cpu = r->cpu;
    v->since = now;
}

static void json_record(struct export *e, const struct rec *r)
{
    uint64_t now = export_ns(e, r->tsc);
    char name[64];

    if ((r->event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE && r->nr) {
        json_change(e, r);
        return;
    }
    event_name(name, sizeof(name), e->meta, r->event);
    json_next(e);
    fprintf(e->out,
            "{\"ph\":\"i\",\"s\":\"t\",\"pid\":0,\"tid\":%u,\"name\":\"%s\","
            "\"ts\":%" PRIu64 ".%03u,\"args\":{\"words\":[",
            r->cpu, name, now / 1000, (unsigned)(now % 1000));
    for (unsigned i = 0; i < r->nr; i++)
        fprintf(e->out, i ? ",%u" : "%u", r->word[i]);
    fputs("]}}", e->out);
}

static void json_end(struct export *e, const struct stream *st)
{
    fprintf(e->out,
            "\n],\"otherData\":{\"scheduler\":\"%s\",\"records\":%" PRIu64
            ",\"lost\":%" PRIu64 "}}\n",
            e->meta->scheduler, st->records, st->lost);
    whos_free(&json_vcpus);
}

const struct export_form export_json = {
    .name = "json", .begin = json_begin, .record = json_record, .end = json_end
};
