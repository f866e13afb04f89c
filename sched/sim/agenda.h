/*
 * agenda.h - what happens when: the next time of each CPU, and the alarms of
 * vCPUs.
 *
 * CPUs stand in a tournament: win[1] is the one whose time comes first. A new
 * time replays the matches on the way up, O(log CPUs), and there is never a
 * time in it that no longer counts. Alarms stand in a heap with four children
 * a node, one cache line, and know their places, so that they can be moved and
 * taken out.
 *
 * Equal times: the lowest number first. So a run never depends on the order in
 * which times were entered.
 */
#ifndef SCHED_SIM_AGENDA_H
#define SCHED_SIM_AGENDA_H

#include "xen/lib/compiler.h"
#include "xen/lib/types.h"

struct course {
    ns_t *time;    /* by CPU; FOREVER: never */
    uint32_t *win; /* of each match; of 1 the winner of all */
    uint32_t size; /* a power of 2 */
};

struct alarm {
    ns_t time;
    uint32_t index;
};

struct alarms {
    struct alarm *heap;
    uint32_t *place; /* in the heap, from 1 on, by number; 0: none */
    uint32_t nr, room;
};

void course_begin(struct course *c, unsigned nr);
void course_end(struct course *c);

/* Numbers below `room` may be used from now on. */
void alarms_reserve(struct alarms *a, unsigned room);
void alarms_end(struct alarms *a);
void alarm_set(struct alarms *a, uint32_t index, ns_t time);
void alarm_clear(struct alarms *a, uint32_t index);

static inline uint32_t course_first(const struct course *c)
{
    return c->win[1];
}

static inline void course_set(struct course *c, uint32_t index, ns_t time)
{
    uint32_t i, left, right;

    if (c->time[index] == time)
        return;
    c->time[index] = time;
    for (i = (c->size + index) / 2; i; i /= 2) {
        left = c->win[2 * i];
        right = c->win[2 * i + 1];
        c->win[i] = c->time[right] < c->time[left] ? right : left;
    }
}

static inline ns_t alarm_first(const struct alarms *a)
{
    return a->nr ? a->heap[0].time : FOREVER;
}

static inline bool alarm_is_set(const struct alarms *a, uint32_t index)
{
    return a->place[index] != 0;
}

#endif
