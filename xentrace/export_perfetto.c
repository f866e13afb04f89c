/*
 * export_perfetto.c - Perfetto's own form (protobuf), with the schedule as
 * Linux tells it: sched_switch and sched_waking. Its UI shows them as CPUs and
 * threads, and its SQL has them in the tables sched and thread_state. All other
 * records are in the forms csv, json and ctf.
 *
 * A message is built from the inside out: field numbers are those of Perfetto's
 * public .proto files (trace_packet, ftrace_event_bundle, ftrace_event, sched).
 */
#include <stdint.h>
#include <string.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/export.h"

#define MESSAGE_MAX 256u

enum { /* field numbers */
       TRACE_PACKET = 1,
       PACKET_FTRACE_EVENTS = 1,
       BUNDLE_CPU = 1,
       BUNDLE_EVENT = 2,
       EVENT_TIMESTAMP = 1,
       EVENT_PID = 2,
       EVENT_SCHED_SWITCH = 4,
       EVENT_SCHED_WAKING = 20,
       SWITCH_PREV_COMM = 1, /* then pid, prio, and state */
       SWITCH_PREV_STATE = 4,
       SWITCH_NEXT_COMM = 5, /* then pid, prio */
       WAKING_COMM = 1,      /* then pid, prio */
       WAKING_TARGET_CPU = 5,
};

struct message {
    uint8_t data[MESSAGE_MAX];
    size_t bytes;
};

/* By CPU: whose run ended last, and the state it went to. */
static struct left {
    uint32_t who, state;
    bool known;
} left_on[SOURCE_CPUS];

static void put_varint(struct message *m, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        m->data[m->bytes++] = (uint8_t)(value | 0x80);
    m->data[m->bytes++] = (uint8_t)value;
}

static void put_number(struct message *m, unsigned field, uint64_t value)
{
    put_varint(m, field << 3);
    put_varint(m, value);
}

static void put_bytes(struct message *m, unsigned field, const void *data,
                      size_t bytes)
{
    put_varint(m, field << 3 | 2);
    put_varint(m, bytes);
    memcpy(m->data + m->bytes, data, bytes);
    m->bytes += bytes;
}

/* A vCPU as a task: comm, pid, prio, in fields that follow each other. Idling
 * has pid 0, as in Linux. */
static void put_task(struct export *e, struct message *m, unsigned field,
                     uint32_t who)
{
    char comm[40];
    bool idles = who >> 16 == IDLE_DOMAIN;

    if (idles)
        snprintf(comm, sizeof(comm), "swapper/%u", who & 0xffff);
    else
        snprintf(comm, sizeof(comm), "%s.%u",
                 command_domain(e->meta, who >> 16), who & 0xffff);
    put_bytes(m, field, comm, strlen(comm));
    put_number(m, field + 1, idles ? 0 : who + 1);
    put_number(m, field + 2, 120);
}

/* Wrap what happened: event, bundle of its CPU, packet, trace. */
static void write_event(struct export *e, const struct rec *r, unsigned field,
                        const struct message *what, uint32_t pid)
{
    struct message event = { .bytes = 0 }, bundle = { .bytes = 0 };
    struct message packet = { .bytes = 0 }, trace = { .bytes = 0 };

    put_number(&event, EVENT_TIMESTAMP, export_ns(e, r->tsc));
    put_number(&event, EVENT_PID, pid);
    put_bytes(&event, field, what->data, what->bytes);
    put_number(&bundle, BUNDLE_CPU, r->cpu);
    put_bytes(&bundle, BUNDLE_EVENT, event.data, event.bytes);
    put_bytes(&packet, PACKET_FTRACE_EVENTS, bundle.data, bundle.bytes);
    put_bytes(&trace, TRACE_PACKET, packet.data, packet.bytes);
    export_put(e, trace.data, trace.bytes);
}

static void begins(struct export *e, const struct rec *r)
{
    struct left *l = &left_on[r->cpu];
    uint32_t prev = l->known ? l->who : trace_id(IDLE_DOMAIN, r->cpu);
    struct message m = { .bytes = 0 };

    put_task(e, &m, SWITCH_PREV_COMM, prev);
    put_number(&m, SWITCH_PREV_STATE, l->state);
    put_task(e, &m, SWITCH_NEXT_COMM, r->word[0]);
    write_event(e, r, EVENT_SCHED_SWITCH, &m,
                prev >> 16 == IDLE_DOMAIN ? 0 : prev + 1);
}

static void wakes(struct export *e, const struct rec *r)
{
    struct message m = { .bytes = 0 };

    put_task(e, &m, WAKING_COMM, r->word[0]);
    put_number(&m, WAKING_TARGET_CPU, r->cpu);
    write_event(e, r, EVENT_SCHED_WAKING, &m, 0);
}

static void perfetto_record(struct export *e, const struct rec *r)
{
    /* As Linux has them: 0 runs or waits, 1 sleeps, 4 is stopped. */
    static const uint32_t state[] = { 0, 0, 1, 4 };
    unsigned old = r->event >> 8 & 3, new = r->event >> 4 & 3;

    if ((r->event & 0x0ffff00f) != TRC_SCHED_RUNSTATE_CHANGE || !r->nr)
        return;
    if (old == RUNSTATE_running)
        left_on[r->cpu] = (struct left){ r->word[0], state[new], true };
    if (new == RUNSTATE_running)
        begins(e, r);
    if (old == RUNSTATE_blocked && new == RUNSTATE_runnable)
        wakes(e, r);
}

const struct export_form export_perfetto = { .name = "perfetto",
                                             .record = perfetto_record };
