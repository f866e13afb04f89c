/*
 * export_ctf.c - CTF 1.8: a folder with `metadata` and a file for each CPU, for
 * babeltrace2 and Trace Compass.
 *
 * Every record is an event with the name and the fields of trace/events.def:
 * nothing is lost. Besides, what a reader of Linux traces knows is made of the
 * changes of runstates: sched_switch and sched_waking, and of migrations
 * sched_migrate_task. A vCPU's tid is its number plus 1; idling has tid 0, as
 * in Linux. The clock counts cycles.
 *
 * All fields lie packed, little-endian, as words lie in a record.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/events.h"
#include "xentrace/export.h"

#define PACKET_BYTES 65536u
#define PACKET_MAGIC 0xc1fc1fc1u
#define COMM         16u

enum {
    ID_SWITCH,
    ID_WAKING,
    ID_MIGRATE,
    ID_PLUGIN,  /* name, vCPU, value */
    ID_UNKNOWN, /* number, words */
    ID_FIRST    /* and on: of trace/events.def */
};

struct packet_head {
    uint32_t magic, stream_id;
    uint64_t begin, end;             /* cycles */
    uint64_t content_bits, all_bits; /* with this head */
    uint64_t discarded;              /* records, so far */
    uint32_t cpu;
} __attribute__((packed));

static struct ctf_cpu {
    FILE *out;
    uint32_t left_who; /* whose run ended last, */
    uint32_t left_to;  /* and the state it went to */
    uint32_t used;
    uint64_t begin, end, discarded;
    uint8_t data[PACKET_BYTES];
} * cpus[SOURCE_CPUS];

static const char head[] =
    "/* CTF 1.8 */\n"
    "typealias integer { size = 8; align = 8; } := u8;\n"
    "typealias integer { size = 16; align = 8; } := u16;\n"
    "typealias integer { size = 32; align = 8; } := u32;\n"
    "typealias integer { size = 32; align = 8; base = 16; } := x32;\n"
    "typealias integer { size = 32; align = 8; signed = true; } := i32;\n"
    "typealias integer { size = 64; align = 8; } := u64;\n"
    "typealias integer { size = 64; align = 8; base = 16; } := x64;\n"
    "typealias integer { size = 64; align = 8; signed = true; } := i64;\n"
    "typealias integer { size = 8; align = 8; encoding = UTF8; } := letter;\n"
    "trace {\n  major = 1; minor = 8; byte_order = le;\n"
    "  packet.header := struct { u32 magic; u32 stream_id; };\n};\n";

static const char stream[] =
    "typealias integer { size = 64; align = 8; map = clock.tsc.value; } := "
    "time;\n"
    "stream {\n  id = 0;\n"
    "  packet.context := struct { time timestamp_begin; time timestamp_end;\n"
    "    u64 content_size; u64 packet_size; u64 events_discarded; u32 cpu_id; "
    "};\n"
    "  event.header := struct { u16 id; time timestamp; };\n};\n";

static const char linux_events[] =
    "event { name = \"sched_switch\"; id = 0; stream_id = 0; fields := struct "
    "{\n"
    "  letter prev_comm[16]; i32 prev_tid; i32 prev_prio; i64 prev_state;\n"
    "  letter next_comm[16]; i32 next_tid; i32 next_prio; }; };\n"
    "event { name = \"sched_waking\"; id = 1; stream_id = 0; fields := struct "
    "{\n"
    "  letter comm[16]; i32 tid; i32 prio; i32 target_cpu; }; };\n"
    "event { name = \"sched_migrate_task\"; id = 2; stream_id = 0; fields := "
    "struct {\n"
    "  letter comm[16]; i32 tid; i32 prio; i32 orig_cpu; i32 dest_cpu; }; };\n"
    "event { name = \"plugin_event\"; id = 3; stream_id = 0; fields := struct "
    "{\n"
    "  x32 number; string name; u16 vcpu; u16 dom; i64 value; }; };\n"
    "event { name = \"unknown\"; id = 4; stream_id = 0; fields := struct {\n"
    "  x32 number; u8 nr; x32 words[nr]; }; };\n";

/* ---- metadata ---- */

/* A field of events.def, as TSDL. Names that are words of TSDL get a mark. */
static void write_field(FILE *out, const char *type, size_t length,
                        const char *name, int name_length)
{
    if (!strncmp(type, "id", length))
        fprintf(out, " u16 %.*s_id; u16 %.*s_dom;", name_length, name,
                name_length, name);
    else if (!strncmp(type, "cause", length))
        fprintf(out,
                " enum : u32 { other, event_, virq, timer, kick, new } "
                "%.*s;",
                name_length, name);
    else if (type[0] == 'n')
        fprintf(out, " i%u %.*s;", 32 * event_field_words(type, length),
                name_length, name);
    else
        fprintf(out, " %.*s _%.*s;", (int)length, type, name_length, name);
}

static void write_event(FILE *out, unsigned i)
{
    const struct event_type *e = &event_types[i];
    const char *fields = e->fields;

    fprintf(out, "event { name = \"%s\"; id = %u; stream_id = 0; ", e->name,
            ID_FIRST + i);
    fputs("fields := struct {", out);
    if (e->number == TRC_SCHED_RUNSTATE_CHANGE)
        fputs(" u8 old; u8 new;", out);
    fputs(" u8 _nr;", out);
    while (*fields) {
        const char *colon = strchr(fields, ':'), *end = strchr(fields, ' ');

        write_field(out, fields, (size_t)(colon - fields), colon + 1,
                    (int)(end - colon - 1));
        fields = end + 1;
    }
    fputs(" }; };\n", out);
}

static FILE *create(struct export *e, const char *name)
{
    char path[4096];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", e->name, name);
    out = fopen(path, "wb");
    if (!out) {
        fprintf(stderr, "xentrace: %s: %s\n", path, strerror(errno));
        e->failed = true;
    }
    return out;
}

static void ctf_begin(struct export *e)
{
    FILE *out = create(e, "metadata");

    if (!out)
        return;
    fputs(head, out);
    fprintf(out,
            "env { domain = \"kernel\"; tracer_name = \"metronome\"; "
            "scheduler = \"%s\"; };\n"
            "clock { name = tsc; freq = %" PRIu64 "; offset = 0; };\n",
            e->meta->scheduler,
            e->meta->tsc_khz ? e->meta->tsc_khz * 1000 : 1000000000);
    fputs(stream, out);
    fputs(linux_events, out);
    for (unsigned i = 0; i < nr_event_types; i++)
        write_event(out, i);
    if (fclose(out))
        e->failed = true;
}

/* ---- packets ---- */

static void flush(struct export *e, unsigned cpu)
{
    struct ctf_cpu *c = cpus[cpu];
    struct packet_head h = {
        .magic = PACKET_MAGIC,
        .begin = c->begin,
        .end = c->end,
        .content_bits = 8ull * c->used,
        .all_bits = 8ull * c->used,
        .discarded = c->discarded,
        .cpu = cpu,
    };

    if (c->used <= sizeof(h) || !c->out)
        return;
    memcpy(c->data, &h, sizeof(h));
    if (!e->failed && !command_put(c->out, c->data, c->used, e->name))
        e->failed = true;
    c->used = sizeof(h);
}

static struct ctf_cpu *cpu_of(struct export *e, unsigned cpu)
{
    char name[16];

    if (!cpus[cpu]) {
        cpus[cpu] = command_must(calloc(1, sizeof(struct ctf_cpu)));
        snprintf(name, sizeof(name), "cpu%u", cpu);
        cpus[cpu]->out = create(e, name);
        cpus[cpu]->used = sizeof(struct packet_head);
        cpus[cpu]->left_who = trace_id(IDLE_DOMAIN, cpu);
    }
    return cpus[cpu];
}

static void add(struct ctf_cpu *c, const void *data, size_t bytes)
{
    memcpy(c->data + c->used, data, bytes);
    c->used += (uint32_t)bytes;
}

static void add32(struct ctf_cpu *c, uint32_t value)
{
    add(c, &value, sizeof(value));
}

static void add8(struct ctf_cpu *c, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    add(c, &byte, 1);
}

/* An event's head; none is larger than 256 bytes. */
static struct ctf_cpu *event(struct export *e, const struct rec *r, uint16_t id)
{
    struct ctf_cpu *c = cpu_of(e, r->cpu);
    uint64_t time = r->tsc - e->meta->tsc_zero;

    if (time >> 63)
        time = 0;
    if (c->used > PACKET_BYTES - 256)
        flush(e, r->cpu);
    if (c->used == sizeof(struct packet_head))
        c->begin = time;
    c->end = time;
    add(c, &id, sizeof(id));
    add(c, &time, sizeof(time));
    return c;
}

/* comm and tid of a vCPU. */
static void add_task(struct export *e, struct ctf_cpu *c, uint32_t who)
{
    char comm[64] = { 0 };
    unsigned dom = who >> 16, id = who & 0xffff;

    if (dom == IDLE_DOMAIN)
        snprintf(comm, sizeof(comm), "swapper/%u", id);
    else
        snprintf(comm, sizeof(comm), "%s.%u", command_domain(e->meta, dom), id);
    comm[COMM - 1] = 0;
    add(c, comm, COMM);
    add32(c, dom == IDLE_DOMAIN ? 0 : who + 1);
    add32(c, dom == IDLE_DOMAIN ? 120 : 0); /* prio */
}

/* ---- Linux' events ---- */

static void linux_change(struct export *e, const struct rec *r)
{
    /* As Linux has them: 0 runs or waits, 1 sleeps, 4 is stopped. */
    static const uint32_t state[] = { 0, 0, 1, 4 };
    unsigned old = r->event >> 8 & 3, new = r->event >> 4 & 3;
    struct ctf_cpu *c = cpu_of(e, r->cpu);

    if (old == RUNSTATE_running) {
        c->left_who = r->word[0];
        c->left_to = state[new];
    }
    if (new == RUNSTATE_running) {
        uint32_t prev = c->left_who, to[2] = { c->left_to, 0 };

        c = event(e, r, ID_SWITCH);
        add_task(e, c, prev);
        add(c, to, sizeof(to));
        add_task(e, c, r->word[0]);
    }
    if (old == RUNSTATE_blocked && new == RUNSTATE_runnable) {
        c = event(e, r, ID_WAKING);
        add_task(e, c, r->word[0]);
        add32(c, r->cpu);
    }
}

static void linux_migrate(struct export *e, const struct rec *r)
{
    struct ctf_cpu *c = event(e, r, ID_MIGRATE);

    add_task(e, c, r->word[0]);
    add32(c, r->word[1]);
    add32(c, r->word[2]);
}

/* ---- every record ---- */

static void other(struct export *e, const struct rec *r)
{
    struct ctf_cpu *c;
    char name[64];

    if ((r->event & 0x0ffff000) == TRC_SCHED_CLASS) {
        event_name(name, sizeof(name), e->meta, r->event);
        c = event(e, r, ID_PLUGIN);
        add32(c, r->event);
        add(c, name, strlen(name) + 1);
        add(c, r->word, 12);
        return;
    }
    c = event(e, r, ID_UNKNOWN);
    add32(c, r->event);
    add8(c, r->nr);
    add(c, r->word, 4ul * r->nr);
}

static void ctf_record(struct export *e, const struct rec *r)
{
    const struct event_type *type = event_type(r->event);
    struct ctf_cpu *c;

    if (!type) {
        other(e, r);
        return;
    }
    if (type->number == TRC_SCHED_RUNSTATE_CHANGE)
        linux_change(e, r);
    else if (type->number == TRACE_SCHED_MIGRATE)
        linux_migrate(e, r);
    else if (type->number == TRC_LOST_RECORDS)
        cpu_of(e, r->cpu)->discarded += r->word[0];
    c = event(e, r, (uint16_t)(ID_FIRST + (type - event_types)));
    if (type->number == TRC_SCHED_RUNSTATE_CHANGE) {
        add8(c, r->event >> 8 & 3);
        add8(c, r->event >> 4 & 3);
    }
    add8(c, r->nr);
    add(c, r->word, 4ul * event_words(type));
}

static void ctf_end(struct export *e, const struct stream *st)
{
    (void)st;
    for (unsigned i = 0; i < SOURCE_CPUS; i++) {
        if (!cpus[i])
            continue;
        flush(e, i);
        if (cpus[i]->out && fclose(cpus[i]->out))
            e->failed = true;
        free(cpus[i]);
        cpus[i] = NULL;
    }
}

const struct export_form export_ctf = { .name = "ctf",
                                        .folder = true,
                                        .begin = ctf_begin,
                                        .record = ctf_record,
                                        .end = ctf_end };
