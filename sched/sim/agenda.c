/*
 * agenda.c - see agenda.h.
 */
#include "sched/sim/agenda.h"
#include <stdlib.h>
#include "xen/lib/bug.h"

void course_begin(struct course *c, unsigned nr)
{
    uint32_t i;

    for (c->size = 1; c->size < nr;)
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

void alarms_reserve(struct alarms *a, unsigned room)
{
    uint32_t i, want = a->room ? a->room : 64;

    if (room <= a->room)
        return;
    while (want < room)
        want *= 2;
    a->heap = realloc(a->heap, want * sizeof(*a->heap));
    a->place = realloc(a->place, want * sizeof(*a->place));
    BUG_ON(!a->heap || !a->place);
    for (i = a->room; i < want; i++)
        a->place[i] = 0;
    a->room = want;
}

void alarms_end(struct alarms *a)
{
    free(a->heap);
    free(a->place);
    *a = (struct alarms){ 0 };
}

static bool before(const struct alarm *a, const struct alarm *b)
{
    return a->time != b->time ? a->time < b->time : a->index < b->index;
}

static void put(struct alarms *a, uint32_t i, struct alarm x)
{
    a->heap[i] = x;
    a->place[x.index] = i + 1;
}

/* x belongs at i or above it. */
static void rise(struct alarms *a, uint32_t i, struct alarm x)
{
    uint32_t up;

    for (; i; i = up) {
        up = (i - 1) / 4;
        if (!before(&x, &a->heap[up]))
            break;
        put(a, i, a->heap[up]);
    }
    put(a, i, x);
}

static uint32_t first_child(const struct alarms *a, uint32_t i)
{
    uint32_t child = 4 * i + 1, best = child, end = child + 4;

    if (end > a->nr)
        end = a->nr;
    while (++child < end)
        if (before(&a->heap[child], &a->heap[best]))
            best = child;
    return best;
}

/* x belongs at i or below it. */
static void sink(struct alarms *a, uint32_t i, struct alarm x)
{
    uint32_t down;

    for (; 4 * i + 1 < a->nr; i = down) {
        down = first_child(a, i);
        if (!before(&a->heap[down], &x))
            break;
        put(a, i, a->heap[down]);
    }
    put(a, i, x);
}

void alarm_set(struct alarms *a, uint32_t index, ns_t time)
{
    struct alarm x = { time, index };
    uint32_t i = a->place[index];

    if (!i)
        rise(a, a->nr++, x);
    else if (before(&x, &a->heap[i - 1]))
        rise(a, i - 1, x);
    else
        sink(a, i - 1, x);
}

void alarm_clear(struct alarms *a, uint32_t index)
{
    uint32_t i = a->place[index];
    struct alarm last;

    if (!i)
        return;
    a->place[index] = 0;
    last = a->heap[--a->nr];
    if (last.index == index)
        return;
    if (i > 1 && before(&last, &a->heap[(i - 2) / 4]))
        rise(a, i - 1, last);
    else
        sink(a, i - 1, last);
}
