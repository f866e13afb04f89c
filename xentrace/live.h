/*
 * live.h - what `xentrace live` knows of a machine: live.c reads and waits,
 * live_view.c counts and prints.
 */
#ifndef XENTRACE_LIVE_H
#define XENTRACE_LIVE_H

#include <stdbool.h>

#include "xentrace/histogram.h"
#include "xentrace/whos.h"

enum { LIVE_BY_CPU, LIVE_BY_WAIT, LIVE_BY_MAX, LIVE_BY_NAME, LIVE_SORTS };

struct live_change {
    uint64_t tsc;
    uint32_t who; /* domain << 16 | vCPU */
    uint16_t cpu;
    uint8_t old, new;
};

struct live_vcpu {
    uint32_t who; /* first: whos.h */
    unsigned state, came_from, cpu;
    uint64_t since; /* 0: not seen yet */
};

/* In the frame; cycles. */
struct live_domain {
    uint32_t who; /* first: its number */
    uint64_t ran, waited;
    struct histogram wake;
};

struct live_name {
    unsigned dom;
    char name[24];
};

struct live {
    struct live_change *change; /* not taken yet */
    size_t nr, room;
    uint64_t newest, from; /* of all; where the next frame begins */
    uint64_t tsc_first;
    double ns_first, cycle; /* cycle: ns; 0: not known yet */
    double every;           /* ns of a frame */
    unsigned frames, drawn; /* to draw, 0: no end */
    unsigned sort;
    uint64_t lost;
    struct whos vcpus, domains;
    uint64_t *busy; /* by CPU, in the frame */
    unsigned nr_cpus;
    struct live_name *name;
    unsigned nr_names;
};

/* Names out of a file with lines "NUMBER NAME"; NULL: none. */
void live_names(struct live *l, const char *file);
/* The first frame begins with the first change. */
void live_begin(struct live *l);
/* Count the changes up to `to`: a frame. */
void live_take(struct live *l, uint64_t to);
/* The frame, in so many lines at most; 0: any. */
void live_print(struct live *l, unsigned lines);

#endif
