/*
 * agenda.h - what happens when: the next time of each CPU, and the alarms of
 * vCPUs.
 *
 * CPUs stand in a tournament: win[1] is the one whose time comes first. A new
 * time replays the matches on the way up, O(log CPUs), and there is never a
 * time in it that no longer counts.
 *
 * Alarms that are near stand in a heap with four children a node, one cache
 * line; those from `horizon` on in slots of equal width, unordered, and what
 * lies behind the last slot in one more. When the heap is empty the next slot
 * goes into it. So an alarm costs O(1) and a few cache lines, however many
 * there are. One in a slot knows its place and can be moved or taken out; one
 * in the heap, which is small or the only one there is, is searched for.
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

struct alarm_slot {
    struct alarm *alarm;
    uint32_t nr, room;
};

#define ALARM_SLOTS 4096u
#define ALARM_NEAR  ALARM_SLOTS       /* the slot that is the heap */
#define ALARM_FAR   (ALARM_SLOTS + 1) /* ... of all that is behind the others */

struct alarm_place {
    uint16_t slot;  /* where it stands; one before `next`: in the heap */
    uint32_t place; /* in a slot, from 1 on; 0: nowhere */
};

struct alarms {
    struct alarm_slot slot[ALARM_SLOTS + 2];
    struct alarm_slot spare;   /* nobody's: room to deal with */
    struct alarm_place *place; /* by number */
    uint32_t nr, room;
    ns_t horizon;   /* what is before it is in the heap */
    ns_t base;      /* slot 0 begins there; */
    unsigned wide;  /* ... and lasts for 1 << wide ns */
    uint32_t next;  /* the slot that begins at horizon */
    uint32_t slots; /* of slot[], which are in use */
};

void course_begin(struct course *c, unsigned nr);
void course_end(struct course *c);

/* Empty. Numbers below `room` may be used from now on. */
void alarms_begin(struct alarms *a);
void alarms_reserve(struct alarms *a, unsigned room);
void alarms_end(struct alarms *a);
void alarm_set(struct alarms *a, uint32_t index, ns_t time);
void alarm_take_out(struct alarms *a, uint32_t index); /* one that is set */
/* The heap is empty, and there are alarms: fill it. */
void alarm_refill(struct alarms *a);

/* The least size: then the matches take place when they are asked for. */
#define COURSE_LEAST 4

static inline uint32_t course_first(const struct course *c)
{
    const ns_t *time = c->time;
    uint32_t a, b;

    if (c->size > COURSE_LEAST)
        return c->win[1];
    a = time[1] < time[0];
    b = 2 + (time[3] < time[2]);
    return time[b] < time[a] ? b : a;
}

static inline void course_set(struct course *c, uint32_t index, ns_t time)
{
    uint32_t i, left, right;

    if (c->time[index] == time)
        return;
    c->time[index] = time;
    if (c->size == COURSE_LEAST)
        return;
    for (i = (c->size + index) / 2; i; i /= 2) {
        left = c->win[2 * i];
        right = c->win[2 * i + 1];
        c->win[i] = c->time[right] < c->time[left] ? right : left;
    }
}

static inline bool alarm_is_set(const struct alarms *a, uint32_t index)
{
    return a->place[index].place != 0;
}

static inline void alarm_clear(struct alarms *a, uint32_t index)
{
    if (alarm_is_set(a, index))
        alarm_take_out(a, index);
}

/* An alarm that is going to be cleared soon: fetch what that takes. */
static inline void alarm_warm(const struct alarms *a, const struct alarm *next)
{
    __builtin_prefetch(&a->place[next->index], 1);
}

/* The first alarm, or NULL. */
static inline const struct alarm *alarm_first(struct alarms *a)
{
    if (unlikely(!a->slot[ALARM_NEAR].nr)) {
        if (!a->nr)
            return NULL;
        alarm_refill(a);
    }
    return a->slot[ALARM_NEAR].alarm;
}

/* The first alarm and so many after it, less one: one of these is the second
 * (but for one that is still dealt out). */
static inline unsigned alarm_soon(const struct alarms *a)
{
    unsigned nr = a->slot[ALARM_NEAR].nr;

    return nr < 5 ? nr : 5;
}

#endif
