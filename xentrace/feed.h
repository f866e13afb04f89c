/*
 * feed.h - chunks of changes of all CPUs, made ahead by a thread.
 *
 * Two chunks a CPU: while one is used, the other is filled. The thread is the
 * only one that touches scans and source; whoever uses the feed has a chunk
 * until he asks for that CPU's next.
 */
#ifndef XENTRACE_FEED_H
#define XENTRACE_FEED_H

#include <pthread.h>

#include "xentrace/scan.h"

struct feed_cpu {
    struct scan scan;
    struct scan_chunk chunk[2];
    bool full[2];
    unsigned using; /* chunk */
};

struct feed {
    struct feed_cpu *cpu;
    unsigned nr_cpus;
    unsigned *queue, head, tail; /* of 2 * CPU + chunk: to be filled */
    pthread_mutex_t lock;        /* full[], queue, head, tail */
    pthread_cond_t asked, filled;
    pthread_t thread;
};

void feed_begin(struct feed *f, struct source *s);
/* The next chunk of a CPU; what it had before is given back. Not after a chunk
 * that was the last. */
const struct scan_chunk *feed_next(struct feed *f, unsigned i);
void feed_end(struct feed *f, struct event_counts *total);

#endif
