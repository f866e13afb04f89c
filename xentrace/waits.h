/*
 * waits.h - every wait of a vCPU from its wake-up to its run, out of a stream:
 * why it woke, how long it waited, and who had the CPU meanwhile.
 *
 * A wait begins with the change from blocked to runnable and ends with the
 * change to running; both readings are those that runstates are accounted with.
 * Blame: whoever ran, during the wait, on the CPU on which the vCPU then ran;
 * the last WAITS_RUNS runs of a CPU are known.
 */
#ifndef XENTRACE_WAITS_H
#define XENTRACE_WAITS_H

#include "xentrace/stream.h"
#include "xentrace/whos.h"

#define WAITS_RUNS   4096u
#define WAITS_CAUSES 7u /* enum trace_cause, and "not told" */

struct wait {
    uint32_t who;
    unsigned cpu;      /* on which it runs now */
    uint64_t from, to; /* cycles */
    unsigned cause;    /* enum trace_cause, or WAITS_CAUSES - 1 */
    uint32_t detail;   /* port, virq ... */
};

/* Who had the CPU for how long. */
struct blame {
    uint32_t who; /* first: whos.h */
    uint64_t span, times;
};

struct waits {
    const struct stream *stream;
    struct waits_cpu *cpu;
    struct whos vcpus;
    /* A wait that ended. */
    void (*on_wait)(const struct wait *w, void *arg);
    /* One that a gap hides, or that the trace's end leaves open. */
    void (*on_hidden)(uint32_t who, bool open, void *arg);
    void *arg;
};

/* Before the first record. The stream's on_read is used. */
void waits_begin(struct waits *w, struct stream *st);
/* Each record. */
void waits_take(struct waits *w, const struct rec *r);
/* After the last: what is open is told. */
void waits_end(struct waits *w);

/* From on_wait: call `tell` for each run on the wait's CPU, newest first;
 * `span` is the part within the wait. What is not known is told as
 * WAITS_UNKNOWN. */
#define WAITS_UNKNOWN 0xfffffffeu
void waits_blame(const struct waits *w, const struct wait *wait,
                 void (*tell)(uint32_t who, uint64_t from, uint64_t span,
                              void *arg),
                 void *arg);

extern const char *const waits_cause_name[WAITS_CAUSES];

#endif
