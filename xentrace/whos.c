/*
 * whos.c - see whos.h: a hash table with open addressing.
 */
#include "xentrace/whos.h"

#include <stdlib.h>
#include <string.h>

#include "xentrace/command.h"

static struct who **place_of(const struct whos *w, uint32_t who)
{
    unsigned i = (who * 2654435761u) >> 7;

    for (;; i++) {
        struct who **p = &w->slot[i & (w->room - 1)];

        if (!*p || (*p)->who == who)
            return p;
    }
}

static void grow(struct whos *w)
{
    struct whos old = *w;

    w->room = w->room ? 2 * w->room : 64;
    w->slot = command_must(calloc(w->room, sizeof(struct who *)));
    for (unsigned i = 0; i < old.room; i++)
        if (old.slot[i])
            *place_of(w, old.slot[i]->who) = old.slot[i];
    free(old.slot);
}

void *whos_get(struct whos *w, uint32_t who)
{
    struct who **p;

    if (2 * w->nr >= w->room)
        grow(w);
    p = place_of(w, who);
    if (!*p) {
        *p = command_must(calloc(1, w->bytes));
        (*p)->who = who;
        w->nr++;
    }
    return *p;
}

static int by_who(const void *a, const void *b)
{
    const struct who *const *x = a, *const *y = b;

    return ((*x)->who > (*y)->who) - ((*x)->who < (*y)->who);
}

struct who **whos_sorted(const struct whos *w)
{
    struct who **all = command_must(calloc(w->nr + 1, sizeof(struct who *)));
    unsigned n = 0;

    for (unsigned i = 0; i < w->room; i++)
        if (w->slot[i])
            all[n++] = w->slot[i];
    qsort(all, n, sizeof(struct who *), by_who);
    return all;
}

void whos_free(struct whos *w)
{
    for (unsigned i = 0; i < w->room; i++)
        free(w->slot[i]);
    free(w->slot);
    *w = (struct whos){ .bytes = w->bytes };
}
