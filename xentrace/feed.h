/*
 * feed.h - chunks of changes of all CPUs, made ahead by threads.
 *
 * A few chunks a CPU: one is used, and those behind it are filled, by one
 * thread at a time. Whoever uses the feed has a chunk until he asks for that
 * CPU's next. There are as many threads as processors that may run them, and no
 * more than CPUs in the trace.
 */
#ifndef XENTRACE_FEED_H
#define XENTRACE_FEED_H

#include <pthread.h>

#include "xentrace/scan.h"

#define FEED_AHEAD   3u
#define FEED_THREADS 8u

struct feed_cpu {
    struct scan scan;
    struct scan_chunk chunk[1 + FEED_AHEAD]; /* in turn */
    unsigned filled, taken;                  /* how many were so far */
    bool asked;                              /* stands in the queue, or is
                                                filled just now */
    bool ended;                              /* the last one was filled */
};

struct feed {
    struct feed_cpu *cpu;
    unsigned nr_cpus;
    unsigned *queue, head, tail; /* of CPUs: a chunk is to be filled */
    bool stop;
    pthread_mutex_t lock; /* all of the above, but for scans and chunks */
    pthread_cond_t asked, filled;
    pthread_t thread[FEED_THREADS];
    unsigned nr_threads;
};

void feed_begin(struct feed *f, struct source *s);
/* The next chunk of a CPU; what it had before is given back. Not after a chunk
 * that was the last. */
const struct scan_chunk *feed_next(struct feed *f, unsigned i);
void feed_end(struct feed *f, struct event_counts *total);

#endif
