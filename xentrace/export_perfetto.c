/*
 * export_perfetto.c - Perfetto's own form (protobuf), with the schedule as
 * Linux tells it: sched_switch and sched_waking. Its UI shows them as CPUs and
 * threads, and its SQL has them in the tables sched and thread_state. A domain
 * is a process, its vCPUs are its threads. All other records are in other
 * forms.
 *
 * A message is built from the inside out: field numbers are those of Perfetto's
 * public .proto files (trace_packet, process_tree, ftrace_event_bundle,
 * ftrace_event, sched).
 */
#include <stdint.h>
#include <string.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/export.h"
#include "xentrace/whos.h"

#define MESSAGE_MAX 256u

enum { /* field numbers */
       TRACE_PACKET = 1,
       PACKET_FTRACE_EVENTS = 1,
       PACKET_PROCESS_TREE = 2,
       TREE_PROCESSES = 1,
       TREE_THREADS = 2,
       PROCESS_PID = 1,
       PROCESS_CMDLINE = 3,
       THREAD_TID = 1,
       THREAD_NAME = 2,
       THREAD_TGID = 3,
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

/* The vCPUs that the trace tells of by now. */
struct vcpu {
    uint32_t who; /* first: whos.h */
    bool told;
};

static struct whos vcpus;

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

static void name_vcpu(struct export *e, uint32_t who, char *to, size_t room)
{
    if (who >> 16 == IDLE_DOMAIN)
        snprintf(to, room, "swapper/%u", who & 0xffff);
    else
        snprintf(to, room, "%s.%u", command_domain(e->meta, who >> 16),
                 who & 0xffff);
}

static void write_packet(struct export *e, unsigned field,
                         const struct message *what)
{
    struct message packet = { .bytes = 0 }, trace = { .bytes = 0 };

    put_bytes(&packet, field, what->data, what->bytes);
    put_bytes(&trace, TRACE_PACKET, packet.data, packet.bytes);
    export_put(e, trace.data, trace.bytes);
}

/* Once, before it is first met: whose it is. A domain's pid is its vCPU 0's. */
static void tell_of(struct export *e, uint32_t who)
{
    struct message process = { .bytes = 0 }, thread = { .bytes = 0 };
    struct message tree = { .bytes = 0 };
    const char *domain = command_domain(e->meta, who >> 16);
    uint32_t pid = (who & 0xffff0000) + 1;
    struct vcpu *vcpu = whos_get(&vcpus, who);
    char name[40];

    if (vcpu->told || who >> 16 == IDLE_DOMAIN)
        return;
    vcpu->told = true;
    name_vcpu(e, who, name, sizeof(name));
    put_number(&process, PROCESS_PID, pid);
    put_bytes(&process, PROCESS_CMDLINE, domain, strlen(domain));
    put_number(&thread, THREAD_TID, who + 1);
    put_bytes(&thread, THREAD_NAME, name, strlen(name));
    put_number(&thread, THREAD_TGID, pid);
    put_bytes(&tree, TREE_PROCESSES, process.data, process.bytes);
    put_bytes(&tree, TREE_THREADS, thread.data, thread.bytes);
    write_packet(e, PACKET_PROCESS_TREE, &tree);
}

/* A vCPU as a task: comm, pid, prio, in fields that follow each other. Idling
 * has pid 0, as in Linux. */
static void put_task(struct export *e, struct message *m, unsigned field,
                     uint32_t who)
{
    char comm[40];
    bool idles = who >> 16 == IDLE_DOMAIN;

    name_vcpu(e, who, comm, sizeof(comm));
    put_bytes(m, field, comm, strlen(comm));
    put_number(m, field + 1, idles ? 0 : who + 1);
    put_number(m, field + 2, 120);
}

/* Wrap what happened: event, bundle of its CPU, packet, trace. */
static void write_event(struct export *e, const struct rec *r, unsigned field,
                        const struct message *what, uint32_t pid)
{
    struct message event = { .bytes = 0 }, bundle = { .bytes = 0 };

    put_number(&event, EVENT_TIMESTAMP, export_ns(e, r->tsc));
    put_number(&event, EVENT_PID, pid);
    put_bytes(&event, field, what->data, what->bytes);
    put_number(&bundle, BUNDLE_CPU, r->cpu);
    put_bytes(&bundle, BUNDLE_EVENT, event.data, event.bytes);
    write_packet(e, PACKET_FTRACE_EVENTS, &bundle);
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
    tell_of(e, r->word[0]);
    if (old == RUNSTATE_running)
        left_on[r->cpu] = (struct left){ r->word[0], state[new], true };
    if (new == RUNSTATE_running)
        begins(e, r);
    if (old == RUNSTATE_blocked && new == RUNSTATE_runnable)
        wakes(e, r);
}

static void perfetto_begin(struct export *e)
{
    (void)e;
    vcpus.bytes = sizeof(struct vcpu);
}

static void perfetto_end(struct export *e, const struct stream *st)
{
    (void)e;
    (void)st;
    whos_free(&vcpus);
}

const struct export_form export_perfetto = { .name = "perfetto",
                                             .begin = perfetto_begin,
                                             .record = perfetto_record,
                                             .end = perfetto_end };
