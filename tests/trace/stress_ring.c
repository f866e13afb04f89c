/*
 * stress_ring.c - nested producers and a consumer at full speed.
 *
 * A thread stands for the CPU; two signals stand for its interrupt and its NMI
 * (the second interrupts the handler of the first). A single instruction is
 * atomic against a signal as it is against an interrupt. Another thread
 * consumes. Each context numbers its records; nothing may be torn, doubled or
 * out of order, and what is missing must be counted.
 *
 * Built twice: plain, and for ThreadSanitizer, which finds what consumer and
 * producer do to the same memory without an order between them. It holds
 * signals back until a thread is outside of what it watches: nesting is the
 * plain program's part.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/trace/consume.h"
#include "trace/ring.h"

#define BYTES  (4u * 4096)
#define SIZE   (BYTES - 8)
#define LEVELS 3

static struct trace_ring ring;
static struct t_buf *buf;
static uint32_t lost_total;
static uint32_t sent[LEVELS];
static atomic_bool stop_signals, done;
static unsigned long records = STRESS_RECORDS;

static void produce(uint32_t level)
{
    uint32_t n = sent[level]++;
    unsigned nr = 2 + n % 6;
    uint32_t words[7] = { level, n, ~n, n * 3, n * 5, n * 7, n * 9 };

    trace_emit(&ring, 0x28000 + level, n, nr, words);
}

static void on_signal(int sig)
{
    produce(sig == SIGUSR1 ? 1 : 2);
}

static void *producer(void *arg)
{
    (void)arg;
    for (unsigned long i = 0; i < records; i++) {
        produce(0);
        if (i % 128 == 0) /* let the others run now and then */
            sched_yield();
    }
    atomic_store(&stop_signals, true);
    return NULL;
}

static void *signaller(void *arg)
{
    pthread_t target = *(pthread_t *)arg;
    unsigned n = 0;

    while (!atomic_load(&stop_signals))
        pthread_kill(target, n++ % 3 ? SIGUSR1 : SIGUSR2);
    return NULL;
}

static struct {
    uint64_t taken, lost;
    uint32_t next[LEVELS], count[LEVELS];
} got;

static void fail(const char *why, const struct seen *s)
{
    fprintf(stderr, "stress_ring: %s: event %#x level %u number %u\n", why,
            s->event, s->word[0], s->word[1]);
    exit(1);
}

static void check(const struct seen *s)
{
    uint32_t level = s->word[0], n = s->word[1];

    if (s->event == TRC_LOST_RECORDS) {
        got.lost += s->word[0];
        return;
    }
    if (level >= LEVELS || s->event != 0x28000 + level || s->tsc != n ||
        s->nr != 2 + n % 6)
        fail("torn", s);
    for (unsigned w = 2; w < s->nr; w++)
        if (s->word[w] != (w == 2 ? ~n : n * (2 * w - 3)))
            fail("torn words", s);
    if (n < got.next[level])
        fail("doubled or out of order", s);
    got.next[level] = n + 1;
    got.count[level]++;
    got.taken++;
}

static void *consumer(void *arg)
{
    struct seen s;

    (void)arg;
    while (!atomic_load(&done))
        while (ring_take(buf, SIZE, &s))
            check(&s);
    while (ring_take(buf, SIZE, &s))
        check(&s);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t p, s, c;
    struct sigaction act = { .sa_handler = on_signal };
    uint64_t all;

    if (argc > 1)
        records = strtoul(argv[1], NULL, 0);
    buf = malloc(BYTES);
    trace_ring_init(&ring, buf, BYTES, false, &lost_total);
    (void)sigaction(SIGUSR2, &act, NULL);
    (void)sigaction(SIGUSR1, &act, NULL);
    pthread_create(&c, NULL, consumer, NULL);
    pthread_create(&p, NULL, producer, NULL);
    pthread_create(&s, NULL, signaller, &p);
    pthread_join(s, NULL);
    pthread_join(p, NULL);
    atomic_store(&done, true);
    pthread_join(c, NULL);

    got.lost += ring.lost; /* no record came after them */
    all = (uint64_t)sent[0] + sent[1] + sent[2];
    printf("stress_ring: %lu records (%u and %u nested), %lu taken, %lu lost\n",
           (unsigned long)all, sent[1], sent[2], (unsigned long)got.taken,
           (unsigned long)got.lost);
    if (got.taken + got.lost != all || got.lost != lost_total) {
        fprintf(stderr, "stress_ring: %lu are unaccounted for\n",
                (unsigned long)(all - got.taken - got.lost));
        return 1;
    }
    free(buf);
    return 0;
}
