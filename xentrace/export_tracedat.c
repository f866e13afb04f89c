/*
 * export_tracedat.c - trace.dat, version 6: what trace-cmd and KernelShark read
 * (trace-cmd.dat.v6(5)).
 *
 * Of the system "sched" are sched_switch, sched_waking and sched_migrate_task,
 * made of runstates and migrations: KernelShark's plots are drawn from them. Of
 * the system "metronome" is every record, with the fields of trace/events.def.
 * A task is a vCPU; its pid is its number plus 1; idling is pid 0. An event
 * belongs to the task that ran on its CPU.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/events.h"
#include "xentrace/export.h"
#include "xentrace/pages.h"
#include "xentrace/tracedat.h"
#include "xentrace/whos.h"

/* An event as it is put together. */
struct body {
    uint8_t data[PAGES_EVENT];
    uint32_t bytes;
};

static struct dat_cpu {
    struct pages pages;
    uint32_t runs;     /* who */
    uint32_t left_who; /* whose run ended last, */
    uint32_t left_to;  /* and the state it went to */
} * cpus[SOURCE_CPUS];

static unsigned nr_cpus;
static uint64_t at;       /* bytes of the file */
static struct whos tasks; /* all that were seen: the head has their names */

/* ---- events ---- */

static void cannot(struct export *e)
{
    if (!e->failed)
        fprintf(stderr, "xentrace: %s: a temporary file: %s\n", e->name,
                strerror(errno));
    e->failed = true;
}

static struct dat_cpu *cpu_of(struct export *e, unsigned cpu)
{
    struct dat_cpu *c = cpus[cpu];

    if (c)
        return c;
    c = cpus[cpu] = command_must(calloc(1, sizeof(*c)));
    c->runs = c->left_who = trace_id(IDLE_DOMAIN, cpu);
    if (!pages_open(&c->pages))
        cannot(e);
    if (cpu >= nr_cpus)
        nr_cpus = cpu + 1;
    return c;
}

static uint32_t pid_of(uint32_t who)
{
    if (who >> 16 == IDLE_DOMAIN)
        return 0;
    whos_get(&tasks, who);
    return who + 1;
}

static void add(struct body *b, const void *data, size_t bytes)
{
    memcpy(b->data + b->bytes, data, bytes);
    b->bytes += (uint32_t)bytes;
}

static void add32(struct body *b, uint32_t value)
{
    add(b, &value, sizeof(value));
}

/* What all events begin with: the kind, flags, the task. */
static struct body begin(unsigned id, uint32_t who)
{
    struct body b = { .bytes = 0 };

    add32(&b, id);
    add32(&b, pid_of(who));
    return b;
}

static void put_event(struct export *e, const struct rec *r,
                      const struct body *b)
{
    struct dat_cpu *c = cpu_of(e, r->cpu);

    if (!e->failed &&
        !pages_add(&c->pages, export_ns(e, r->tsc), b->data, b->bytes))
        cannot(e);
}

static void comm_of(struct export *e, uint32_t who, char *to, size_t room)
{
    unsigned dom = who >> 16, id = who & 0xffff;

    if (dom == IDLE_DOMAIN)
        snprintf(to, room, "swapper/%u", id);
    else
        snprintf(to, room, "%s.%u", command_domain(e->meta, dom), id);
}

/* comm, pid, prio. */
static void add_task(struct export *e, struct body *b, uint32_t who)
{
    char comm[64] = { 0 };

    comm_of(e, who, comm, TRACEDAT_COMM);
    add(b, comm, TRACEDAT_COMM);
    add32(b, pid_of(who));
    add32(b, 120);
}

static void change(struct export *e, const struct rec *r)
{
    /* As Linux has them: 0 runs or waits, 1 sleeps, 4 is stopped. */
    static const uint32_t state[] = { 0, 0, 1, 4 };
    unsigned old = r->event >> 8 & 3, new = r->event >> 4 & 3;
    struct dat_cpu *c = cpu_of(e, r->cpu);
    struct body b;

    if (old == RUNSTATE_running) {
        c->left_who = r->word[0];
        c->left_to = state[new];
    }
    if (new == RUNSTATE_running) {
        b = begin(TRACEDAT_SWITCH, c->left_who);
        add_task(e, &b, c->left_who);
        add32(&b, c->left_to);
        add32(&b, 0);
        add_task(e, &b, r->word[0]);
        put_event(e, r, &b);
        c->runs = r->word[0];
    }
    if (old == RUNSTATE_blocked && new == RUNSTATE_runnable) {
        b = begin(TRACEDAT_WAKING, c->runs);
        add_task(e, &b, r->word[0]);
        add32(&b, r->cpu);
        put_event(e, r, &b);
    }
}

static void migrate(struct export *e, const struct rec *r)
{
    struct body b = begin(TRACEDAT_MIGRATE, cpu_of(e, r->cpu)->runs);

    add_task(e, &b, r->word[0]);
    add32(&b, r->word[1]);
    add32(&b, r->word[2]);
    put_event(e, r, &b);
}

/* A record of no line in events.def. */
static void other(struct export *e, const struct rec *r)
{
    uint32_t runs = cpu_of(e, r->cpu)->runs;
    struct body b = begin(TRACEDAT_UNKNOWN, runs);
    char name[64] = { 0 };

    if ((r->event & 0x0ffff000) == TRC_SCHED_CLASS) {
        event_name(name, TRACEDAT_NAME, e->meta, r->event);
        b = begin(TRACEDAT_PLUGIN, runs);
        add(&b, name, TRACEDAT_NAME);
        add32(&b, r->event);
        add(&b, r->word, 12);
    } else {
        add32(&b, r->event);
        add32(&b, r->nr);
        add(&b, r->word, sizeof(r->word));
    }
    put_event(e, r, &b);
}

static void tracedat_record(struct export *e, const struct rec *r)
{
    const struct event_type *type = event_type(r->event);
    struct body b;

    if (!type) {
        other(e, r);
        return;
    }
    if (type->number == TRC_SCHED_RUNSTATE_CHANGE)
        change(e, r);
    else if (type->number == TRACE_SCHED_MIGRATE)
        migrate(e, r);
    else if (type->number == TRC_LOST_RECORDS &&
             !pages_lost(&cpu_of(e, r->cpu)->pages, r->word[0]))
        cannot(e);
    b = begin(TRACEDAT_FIRST + (unsigned)(type - event_types),
              cpu_of(e, r->cpu)->runs);
    if (type->number == TRC_SCHED_RUNSTATE_CHANGE)
        add32(&b, (r->event >> 8 & 3) | (r->event >> 4 & 3) << 16);
    add(&b, r->word, 4ul * event_words(type));
    put_event(e, r, &b);
}

/* ---- the file ---- */

static const char header_page[] =
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char header_event[] = "# compressed entry header\n"
                                   "\ttype_len    :    5 bits\n"
                                   "\ttime_delta  :   27 bits\n"
                                   "\tarray       :   32 bits\n";

static void put(struct export *e, const void *data, size_t bytes)
{
    export_put(e, data, bytes);
    at += bytes;
}

static void put64(struct export *e, uint64_t value)
{
    put(e, &value, sizeof(value));
}

static void put32(struct export *e, uint32_t value)
{
    put(e, &value, sizeof(value));
}

/* A text behind its length. */
static void put_text(struct export *e, const char *text)
{
    put64(e, strlen(text));
    put(e, text, strlen(text));
}

static void put_formats(struct export *e, const char *system, unsigned first,
                        unsigned end)
{
    put(e, system, strlen(system) + 1);
    put32(e, end - first);
    for (unsigned id = first; id < end; id++)
        put_text(e, tracedat_format(id));
}

/* A line a task: pid, name. */
static void put_tasks(struct export *e)
{
    size_t length = 0, room = 80ul * tasks.nr + 1;
    char *text = command_must(calloc(1, room)), comm[64];
    struct who **sorted = whos_sorted(&tasks);

    for (unsigned i = 0; i < tasks.nr; i++) {
        comm_of(e, sorted[i]->who, comm, sizeof(comm));
        length += (size_t)snprintf(text + length, room - length, "%u %s\n",
                                   sorted[i]->who + 1, comm);
    }
    put_text(e, text);
    free(sorted);
    free(text);
}

static void put_head(struct export *e)
{
    put(e, "\x17\x08\x44tracing6\0\0\x08", 14);
    put32(e, PAGES_BYTES);
    put(e, "header_page", 12);
    put_text(e, header_page);
    put(e, "header_event", 13);
    put_text(e, header_event);
    put32(e, 0); /* events of ftrace's own */
    put32(e, 2); /* systems */
    put_formats(e, "sched", TRACEDAT_SWITCH, TRACEDAT_PLUGIN);
    put_formats(e, "metronome", TRACEDAT_PLUGIN,
                TRACEDAT_FIRST + nr_event_types);
    put32(e, 0); /* kernel's symbols */
    put32(e, 0); /* texts of printk */
    put_tasks(e);
    put32(e, nr_cpus);
    put(e, "flyrecord", 10);
}

static void put_pages(struct export *e, struct pages *p)
{
    rewind(p->file);
    while (!e->failed && fread(p->data, PAGES_BYTES, 1, p->file) == 1)
        put(e, p->data, PAGES_BYTES);
}

/* Where the pages of each CPU will lie: at whole pages. */
static void put_places(struct export *e)
{
    uint64_t next = at + 16 * nr_cpus;

    next = (next + PAGES_BYTES - 1) / PAGES_BYTES * PAGES_BYTES;
    for (unsigned i = 0; i < nr_cpus; i++) {
        put64(e, next);
        put64(e, cpus[i]->pages.bytes);
        next += cpus[i]->pages.bytes;
    }
}

static void tracedat_end(struct export *e, const struct stream *st)
{
    static const char zero[PAGES_BYTES];

    (void)st;
    for (unsigned i = 0; i < nr_cpus; i++)
        if (!pages_flush(&cpu_of(e, i)->pages))
            cannot(e);
    put_head(e);
    put_places(e);
    if (at % PAGES_BYTES)
        put(e, zero, PAGES_BYTES - at % PAGES_BYTES);
    for (unsigned i = 0; i < nr_cpus; i++) {
        put_pages(e, &cpus[i]->pages);
        fclose(cpus[i]->pages.file);
        free(cpus[i]);
        cpus[i] = NULL;
    }
    nr_cpus = 0;
    whos_free(&tasks);
}

static void tracedat_begin(struct export *e)
{
    (void)e;
    at = 0;
    tasks.bytes = sizeof(uint32_t);
}

const struct export_form export_tracedat = { .name = "trace.dat",
                                             .begin = tracedat_begin,
                                             .record = tracedat_record,
                                             .end = tracedat_end };
