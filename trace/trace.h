/*
 * trace.h - how to write a trace record. The front door for all layers.
 *
 *     trace_2(TRC_SCHED_BLOCK, dom, vcpu);
 *
 * Event numbers and the meaning of the words: events.def. If the event is off,
 * the cost is one load, one test, one branch. Any context may write, an NMI's
 * too; no lock is taken and interrupts stay as they are. A record that finds
 * the ring full is counted, and the count stands in the trace at the gap.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/events.h"

/* For each class (bit 16 + index of the event number), the subclasses (bits
 * 12-15) that are on. Written at boot and by the toolstack, read everywhere. */
extern uint8_t trace_on[12];

/* Is `event` recorded? One load and one test where event is a constant. */
static inline bool trace_enabled(uint32_t event)
{
    return (trace_on[(unsigned)__builtin_ctz(event >> TRC_CLS_SHIFT) % 12] &
            (event >> TRC_SUBCLS_SHIFT)) &
           0xf;
}

/* Turn on exactly the events of `mask`, which is as Xen's tevt_mask: class
 * bits 16-27, subclass bits 12-15. TRC_ALL is everything, 0 nothing. */
void trace_set_mask(uint32_t mask);
uint32_t trace_get_mask(void);

/* Write a record of nr <= 7 words with the time now, or with a given one (for
 * an event whose clock reading is also used elsewhere). Unconditional: test
 * trace_enabled() first. Here and below, the host defines the functions that
 * write: see put.def. */
void trace_write(uint32_t event, unsigned nr, const uint32_t *words);
void trace_write_at(uint32_t event, uint64_t tsc, unsigned nr,
                    const uint32_t *words);

/* The same, and quicker, with the words in registers; `header` is the record's
 * first word. */
void trace_put_0(uint32_t header);
void trace_put_1(uint32_t header, uint32_t a);
void trace_put_2(uint32_t header, uint32_t a, uint32_t b);
void trace_put_3(uint32_t header, uint32_t a, uint32_t b, uint32_t c);
void trace_put_4(uint32_t header, uint32_t a, uint32_t b, uint32_t c,
                 uint32_t d);
void trace_put_5(uint32_t header, uint32_t a, uint32_t b, uint32_t c,
                 uint32_t d, uint32_t e);
/* Six words: a, two times of two words each (low first), f. */
void trace_put_6_times(uint32_t header, uint32_t a, uint64_t bc, uint64_t de,
                       uint32_t f);
void trace_put_1_at(uint32_t header, uint64_t tsc, uint32_t a);

/* A record's first word: event, count of words, "has a time". */
static inline uint32_t trace_header(uint32_t event, unsigned nr)
{
    return event | nr << TRACE_EXTRA_SHIFT | 1u << 31;
}

static inline void trace_0(uint32_t event)
{
    if (trace_enabled(event))
        trace_put_0(trace_header(event, 0));
}

static inline void trace_1(uint32_t event, uint32_t a)
{
    if (trace_enabled(event))
        trace_put_1(trace_header(event, 1), a);
}

static inline void trace_2(uint32_t event, uint32_t a, uint32_t b)
{
    if (trace_enabled(event))
        trace_put_2(trace_header(event, 2), a, b);
}

static inline void trace_3(uint32_t event, uint32_t a, uint32_t b, uint32_t c)
{
    if (trace_enabled(event))
        trace_put_3(trace_header(event, 3), a, b, c);
}

static inline void trace_4(uint32_t event, uint32_t a, uint32_t b, uint32_t c,
                           uint32_t d)
{
    if (trace_enabled(event))
        trace_put_4(trace_header(event, 4), a, b, c, d);
}

static inline void trace_5(uint32_t event, uint32_t a, uint32_t b, uint32_t c,
                           uint32_t d, uint32_t e)
{
    if (trace_enabled(event))
        trace_put_5(trace_header(event, 5), a, b, c, d, e);
}

/* With a time behind it: two words, low first. */
static inline void trace_1_time(uint32_t event, uint32_t a, int64_t ns)
{
    trace_3(event, a, (uint32_t)ns, (uint32_t)((uint64_t)ns >> 32));
}

/* A vCPU goes from one RUNSTATE_* (0-3) to another, at this reading of the TSC.
 * Use the same reading for the vCPU that leaves and the one that comes. */
static inline void trace_runstate(uint32_t dom, uint32_t vcpu, uint32_t from,
                                  uint32_t to, uint64_t tsc)
{
    if (trace_enabled(TRC_SCHED_RUNSTATE_CHANGE))
        trace_put_1_at(
            trace_header(TRC_SCHED_RUNSTATE_CHANGE | from << 8 | to << 4, 1),
            tsc, trace_id(dom, vcpu));
}

#endif
