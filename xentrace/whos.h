/*
 * whos.h - something for each vCPU, found by its number as traces have it.
 */
#ifndef XENTRACE_WHOS_H
#define XENTRACE_WHOS_H

#include <stddef.h>
#include <stdint.h>

/* What is kept of a vCPU begins with its number, domain << 16 | vCPU. */
struct who {
    uint32_t who;
};

struct whos {
    size_t bytes; /* of one; set by the owner, the rest is 0 at first */
    struct who **slot;
    unsigned room, nr; /* room is a power of two */
};

/* This vCPU's; all zero but for the number if it is new. Stays where it is. */
void *whos_get(struct whos *w, uint32_t who);

/* All of them, by number: nr pointers, to be freed by the caller. */
struct who **whos_sorted(const struct whos *w);

void whos_free(struct whos *w);

#endif
