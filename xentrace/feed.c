/*
 * feed.c - see feed.h.
 */
#include "xentrace/feed.h"

#include <stdlib.h>

#include "xentrace/command.h"

#define STOP UINT32_MAX

/* Under the lock. Signal `asked` behind it: who is woken wants the lock. */
static void ask(struct feed *f, unsigned what)
{
    f->queue[f->tail++ % (2 * f->nr_cpus + 2)] = what;
}

static void *work(void *arg)
{
    struct feed *f = arg;

    for (;;) {
        struct feed_cpu *c;
        unsigned what;

        pthread_mutex_lock(&f->lock);
        while (f->head == f->tail)
            pthread_cond_wait(&f->asked, &f->lock);
        what = f->queue[f->head++ % (2 * f->nr_cpus + 2)];
        pthread_mutex_unlock(&f->lock);
        if (what == STOP)
            return NULL;
        c = &f->cpu[what / 2];
        scan_fill(&c->scan, &c->chunk[what % 2]);
        pthread_mutex_lock(&f->lock);
        c->full[what % 2] = true;
        pthread_mutex_unlock(&f->lock);
        pthread_cond_signal(&f->filled);
    }
}

void feed_begin(struct feed *f, struct source *s)
{
    *f = (struct feed){ .nr_cpus = s->nr_cpus };
    f->cpu = command_must(calloc(s->nr_cpus + 1, sizeof(*f->cpu)));
    f->queue = command_must(calloc(2 * s->nr_cpus + 2, sizeof(*f->queue)));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->asked, NULL);
    pthread_cond_init(&f->filled, NULL);
    for (unsigned i = 0; i < s->nr_cpus; i++) {
        scan_begin(&f->cpu[i].scan, s, s->cpus[i]);
        f->cpu[i].using = 1;
        ask(f, 2 * i);
    }
    if (pthread_create(&f->thread, NULL, work, f)) {
        fputs("xentrace: no thread could be made\n", stderr);
        exit(EXIT_CANNOT);
    }
}

const struct scan_chunk *feed_next(struct feed *f, unsigned i)
{
    struct feed_cpu *c = &f->cpu[i];

    pthread_mutex_lock(&f->lock);
    c->full[c->using] = false;
    c->using ^= 1;
    while (!c->full[c->using])
        pthread_cond_wait(&f->filled, &f->lock);
    if (!c->chunk[c->using].last)
        ask(f, 2 * i + (c->using ^ 1));
    pthread_mutex_unlock(&f->lock);
    pthread_cond_signal(&f->asked);
    return &c->chunk[c->using];
}

void feed_end(struct feed *f, struct event_counts *total)
{
    pthread_mutex_lock(&f->lock);
    ask(f, STOP);
    pthread_mutex_unlock(&f->lock);
    pthread_cond_signal(&f->asked);
    pthread_join(f->thread, NULL);
    for (unsigned i = 0; i < f->nr_cpus; i++) {
        scan_end(&f->cpu[i].scan, total);
        free(f->cpu[i].chunk[0].gap);
        free(f->cpu[i].chunk[1].gap);
    }
    free(f->queue);
}
