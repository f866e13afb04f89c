/*
 * feed.c - see feed.h.
 */
#include "xentrace/feed.h"

#include <sched.h>
#include <stdlib.h>

#include "xentrace/command.h"

static struct scan_chunk *chunk_of(struct feed_cpu *c, unsigned number)
{
    return &c->chunk[number % (1 + FEED_AHEAD)];
}

/* Under the lock: let the CPU's next chunk be filled, if there is one and room
 * for it. Signal `asked` behind it: who is woken wants the lock. */
static void ask(struct feed *f, unsigned i)
{
    struct feed_cpu *c = &f->cpu[i];

    c->asked = !c->ended && c->filled - c->taken < FEED_AHEAD;
    if (c->asked)
        f->queue[f->tail++ % f->nr_cpus] = i;
}

/* Under the lock, which is given up meanwhile. */
static void fill(struct feed *f, unsigned i)
{
    struct feed_cpu *c = &f->cpu[i];
    struct scan_chunk *chunk = chunk_of(c, c->filled);

    pthread_mutex_unlock(&f->lock);
    scan_fill(&c->scan, chunk);
    pthread_mutex_lock(&f->lock);
    c->filled++;
    c->ended = chunk->last;
    ask(f, i);
    pthread_cond_signal(&f->filled);
}

static void *work(void *arg)
{
    struct feed *f = arg;

    pthread_mutex_lock(&f->lock);
    while (!f->stop)
        if (f->head == f->tail)
            pthread_cond_wait(&f->asked, &f->lock);
        else
            fill(f, f->queue[f->head++ % f->nr_cpus]);
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

static unsigned how_many_threads(unsigned nr_cpus)
{
    cpu_set_t may;
    unsigned nr = sched_getaffinity(0, sizeof(may), &may) < 0
                      ? 1
                      : (unsigned)CPU_COUNT(&may);

    nr = nr < nr_cpus ? nr : nr_cpus;
    return nr < FEED_THREADS ? nr : FEED_THREADS;
}

void feed_begin(struct feed *f, struct source *s)
{
    *f = (struct feed){ .nr_cpus = s->nr_cpus };
    f->cpu = command_must(calloc(s->nr_cpus + 1, sizeof(*f->cpu)));
    f->queue = command_must(calloc(s->nr_cpus + 1, sizeof(*f->queue)));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->asked, NULL);
    pthread_cond_init(&f->filled, NULL);
    for (unsigned i = 0; i < s->nr_cpus; i++) {
        scan_begin(&f->cpu[i].scan, s, s->cpus[i]);
        ask(f, i);
    }
    while (f->nr_threads < how_many_threads(s->nr_cpus)) {
        if (pthread_create(&f->thread[f->nr_threads], NULL, work, f)) {
            fputs("xentrace: no thread could be made\n", stderr);
            exit(EXIT_CANNOT);
        }
        f->nr_threads++;
    }
}

const struct scan_chunk *feed_next(struct feed *f, unsigned i)
{
    struct feed_cpu *c = &f->cpu[i];

    pthread_mutex_lock(&f->lock);
    c->taken++;
    if (!c->asked) {
        ask(f, i);
        pthread_cond_signal(&f->asked);
    }
    while (c->filled < c->taken)
        pthread_cond_wait(&f->filled, &f->lock);
    pthread_mutex_unlock(&f->lock);
    return chunk_of(c, c->taken - 1);
}

void feed_end(struct feed *f, struct event_counts *total)
{
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_mutex_unlock(&f->lock);
    pthread_cond_broadcast(&f->asked);
    for (unsigned i = 0; i < f->nr_threads; i++)
        pthread_join(f->thread[i], NULL);
    for (unsigned i = 0; i < f->nr_cpus; i++) {
        scan_end(&f->cpu[i].scan, total);
        for (unsigned n = 0; n <= FEED_AHEAD; n++)
            free(f->cpu[i].chunk[n].gap);
    }
    free(f->queue);
}
