/*
 * agenda.c - see agenda.h.
 */
#include "sched/sim/agenda.h"
#include <stdlib.h>
#include "xen/lib/bug.h"

void course_begin(struct course *c, unsigned nr)
{
    uint32_t i;

    for (c->size = COURSE_LEAST; c->size < nr;)
        c->size *= 2;
    c->time = calloc(c->size, sizeof(*c->time));
    c->win = calloc(2 * (size_t)c->size, sizeof(*c->win));
    BUG_ON(!c->time || !c->win);
    for (i = 0; i < c->size; i++) {
        c->time[i] = FOREVER;
        c->win[c->size + i] = i;
    }
    for (i = c->size - 1; i; i--)
        c->win[i] = c->win[2 * i];
}

void course_end(struct course *c)
{
    free(c->time);
    free(c->win);
    *c = (struct course){ 0 };
}

/* ---- alarms ---- */

/* A heap of more alarms than that is dealt out into slots. */
#define ALARM_CROWD 8u
/* Of a slot, at first. */
#define ALARM_ROOM 8u

/* How many slots are in use for nr alarms, and about how many of them shall
 * stand in each: few, for the heap's size counts each time that its first one
 * goes; but all but the latest shall find a slot. */
static uint32_t slots_for(uint32_t nr)
{
    uint32_t slots = 16;

    while (slots < 2 * nr && slots < ALARM_SLOTS)
        slots *= 2;
    return slots;
}

static uint32_t share_of(uint32_t nr)
{
    return 1 + nr / (ALARM_SLOTS / 2);
}

void alarms_begin(struct alarms *a)
{
    *a = (struct alarms){ .horizon = FOREVER };
}

void alarms_reserve(struct alarms *a, unsigned room)
{
    uint32_t i, want = a->room ? a->room : 64;

    if (room <= a->room)
        return;
    while (want < room)
        want *= 2;
    a->place = realloc(a->place, want * sizeof(*a->place));
    BUG_ON(!a->place);
    for (i = a->room; i < want; i++)
        a->place[i] = (struct alarm_place){ 0, 0 };
    a->room = want;
}

void alarms_end(struct alarms *a)
{
    uint32_t i;

    for (i = 0; i < ALARM_SLOTS + 2; i++)
        free(a->slot[i].alarm);
    free(a->spare.alarm);
    free(a->place);
    alarms_begin(a);
}

static bool before(const struct alarm *a, const struct alarm *b)
{
    return a->time != b->time ? a->time < b->time : a->index < b->index;
}

static void put(struct alarms *a, uint32_t slot, uint32_t i, struct alarm x)
{
    a->slot[slot].alarm[i] = x;
    a->place[x.index] = (struct alarm_place){ (uint16_t)slot, i + 1 };
}

/* Room for one more in the slot, which is the last one of it. */
static uint32_t more_room(struct alarm_slot *s)
{
    if (s->nr == s->room) {
        s->room = s->room ? 2 * s->room : ALARM_ROOM;
        s->alarm = realloc(s->alarm, s->room * sizeof(*s->alarm));
        BUG_ON(!s->alarm);
    }
    return s->nr++;
}

/* ---- the heap ---- */

/* x belongs at i or above it. */
static void rise(struct alarms *a, uint32_t i, struct alarm x)
{
    struct alarm *heap = a->slot[ALARM_NEAR].alarm;
    uint32_t up;

    for (; i; i = up) {
        up = (i - 1) / 4;
        if (!before(&x, &heap[up]))
            break;
        heap[i] = heap[up];
    }
    heap[i] = x;
}

static uint32_t first_child(const struct alarm *heap, uint32_t nr, uint32_t i)
{
    uint32_t child = 4 * i + 1, best = child, end = child + 4;

    if (end > nr)
        end = nr;
    while (++child < end)
        if (before(&heap[child], &heap[best]))
            best = child;
    return best;
}

/* x belongs at i or below it. */
static void sink(struct alarms *a, uint32_t i, struct alarm x)
{
    const struct alarm_slot *s = &a->slot[ALARM_NEAR];
    uint32_t down;

    for (; 4 * i + 1 < s->nr; i = down) {
        down = first_child(s->alarm, s->nr, i);
        if (!before(&s->alarm[down], &x))
            break;
        s->alarm[i] = s->alarm[down];
    }
    s->alarm[i] = x;
}

/* Where index stands in the heap: almost always it is the first. */
static uint32_t find_near(const struct alarms *a, uint32_t index)
{
    const struct alarm *heap = a->slot[ALARM_NEAR].alarm;
    uint32_t i = 0;

    while (heap[i].index != index)
        i++;
    return i;
}

/* ---- the slots ---- */

static void insert(struct alarms *a, struct alarm x)
{
    uint64_t slot;

    if (x.time < a->horizon || a->horizon == FOREVER) {
        a->place[x.index] = (struct alarm_place){ ALARM_NEAR, 1 };
        rise(a, more_room(&a->slot[ALARM_NEAR]), x);
        return;
    }
    slot = (uint64_t)(x.time - a->base) >> a->wide;
    if (slot >= a->slots)
        slot = ALARM_FAR;
    put(a, (uint32_t)slot, more_room(&a->slot[slot]), x);
}

/* Deal out again what is far, into slots that begin with the earliest and are
 * as wide as fits those that are not much later than the mean. */
static void deal(struct alarms *a)
{
    struct alarm_slot far = a->slot[ALARM_FAR];
    ns_t least = FOREVER;
    double sum = 0, wide;
    uint32_t i;

    for (i = 0; i < far.nr; i++) {
        if (far.alarm[i].time < least)
            least = far.alarm[i].time;
    }
    for (i = 0; i < far.nr; i++)
        sum += (double)(far.alarm[i].time - least);
    wide = 2 * sum / far.nr * share_of(far.nr) / far.nr;
    for (a->wide = 0; a->wide < 40 && (double)((ns_t)1 << a->wide) < wide;)
        a->wide++;
    a->base = a->horizon = least;
    a->next = 0;
    a->slots = slots_for(far.nr);
    a->slot[ALARM_FAR] = a->spare;
    for (i = 0; i < far.nr; i++)
        insert(a, far.alarm[i]);
    a->spare = far;
    a->spare.nr = 0;
}

void alarm_refill(struct alarms *a)
{
    struct alarm_slot *s;
    uint32_t i;

    do {
        if (a->next == a->slots)
            deal(a);
        s = &a->slot[a->next++];
        a->horizon = a->base + (ns_t)((uint64_t)a->next << a->wide);
    } while (!s->nr);
    for (i = 0; i < s->nr; i++)
        rise(a, more_room(&a->slot[ALARM_NEAR]), s->alarm[i]);
    s->nr = 0;
}

/* The heap has grown large, and the slots are not in use: use them. */
static void spread_out(struct alarms *a)
{
    struct alarm_slot *near = &a->slot[ALARM_NEAR], *far = &a->slot[ALARM_FAR];
    struct alarm_slot swap = *near;

    *near = *far;
    *far = swap;
    deal(a);
}

void alarm_set(struct alarms *a, uint32_t index, ns_t time)
{
    alarm_clear(a, index);
    a->nr++;
    insert(a, (struct alarm){ time, index });
    if (unlikely(a->horizon == FOREVER) &&
        unlikely(a->slot[ALARM_NEAR].nr > ALARM_CROWD))
        spread_out(a);
}

void alarm_take_out(struct alarms *a, uint32_t index)
{
    struct alarm_place at = a->place[index];
    struct alarm_slot *s;
    struct alarm last;
    uint32_t i;

    if (at.slot < a->next) /* since it was put there, that went into the heap */
        at.slot = ALARM_NEAR;
    s = &a->slot[at.slot];
    i = at.slot == ALARM_NEAR ? find_near(a, index) : at.place - 1;
    a->place[index].place = 0;
    a->nr--;
    last = s->alarm[--s->nr];
    if (last.index == index)
        return;
    if (at.slot != ALARM_NEAR)
        put(a, at.slot, i, last);
    else if (i && before(&last, &s->alarm[(i - 1) / 4]))
        rise(a, i, last);
    else
        sink(a, i, last);
}
