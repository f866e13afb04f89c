/*
 * redis-load: asks a redis server as clients do who don't wait for one
 * another, and says how long each waited. For Linux; no library but C's.
 *
 * Open loop: when a request is due is chosen beforehand (exponential gaps, by
 * the window's seed) and does not depend on answers. A latency counts from when
 * a request is due, so a server that stands still costs each request that came
 * due meanwhile; it ends when the answer is read. Requests go over one
 * connection and are answered in order. Nine of ten GET, one SETs, a key of
 * 1,000 with 100 bytes; all keys are there before the first window.
 *
 * redis-load ADDRESS [gap_us=1000] [window_ms=1000] [pause_ms=100] [seeds=10]
 *            [first=1] [after_ms=0]
 * ADDRESS: a path with a slash (a Unix socket), or a port of 127.0.0.1.
 * Window k has seed first + k, and begins window + pause after the one before,
 * or when that one's answers are there. Each gives one line, times in ns:
 *
 *   redis-load: seed=1 begin_tsc=.. end_tsc=.. requests=.. p50=.. p90=..
 *   p99=.. p999=.. max=.. mean=..
 *
 * The TSC says when, in the hypervisor's trace, the window was. Quantiles are
 * values that occurred (the rank is rounded up). Nothing is printed in a
 * window.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "guests/lib/random.h"

#define NS_PER_S   1000000000L
#define KEYS       1000
#define VALUE      100
#define SAMPLES    (1 << 20) /* of a window */
#define IN_FLIGHT  (1 << 16)
#define REPLY_ROOM 65536

static struct {
    long gap_us, window_ms, pause_ms, seeds, first, after_ms;
} option = { 1000, 1000, 100, 10, 1, 0 };

static struct {
    int fd;
    struct random random;
    int64_t due[IN_FLIGHT]; /* of those without an answer, a ring */
    unsigned sent, answered;
    int64_t *latency;
    size_t count;
    char reply[REPLY_ROOM]; /* what is read and not yet understood */
    size_t have;
} load;

static void __attribute__((noreturn)) fail(const char *what)
{
    fprintf(stderr, "redis-load: %s%s%s\n", what, errno ? ": " : "",
            errno ? strerror(errno) : "");
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void sleep_until(int64_t when)
{
    struct timespec t = { when / NS_PER_S, when % NS_PER_S };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
        continue;
}

/* ---- the server ---- */

static int try_connect(const char *address)
{
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct sockaddr_in inet = { .sin_family = AF_INET };
    bool path = strchr(address, '/');
    int fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM, 0), on = 1, error;

    if (fd < 0)
        fail("socket");
    if (path) {
        strncpy(local.sun_path, address, sizeof(local.sun_path) - 1);
        error = connect(fd, (void *)&local, sizeof(local));
    } else {
        inet.sin_port = htons((uint16_t)atoi(address));
        inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        error = connect(fd, (void *)&inet, sizeof(inet));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (!error)
        return fd;
    close(fd);
    return -1;
}

/* It may still be starting. */
static void connect_to(const char *address)
{
    for (int tries = 0; tries < 100; tries++) {
        load.fd = try_connect(address);
        if (load.fd >= 0)
            return;
        usleep(100000);
    }
    fail(address);
}

static void send_all(const char *text, size_t size)
{
    while (size) {
        ssize_t done = write(load.fd, text, size);

        if (done <= 0)
            fail("the server has closed the connection");
        text += done;
        size -= (size_t)done;
    }
}

static void ask(unsigned key, bool set)
{
    static const char fill[VALUE + 1] = { [0 ... VALUE - 1] = 'x' };
    char text[256];
    int size = set ? snprintf(
                         text, sizeof(text),
                         "*3\r\n$3\r\nSET\r\n$7\r\nkey%04u\r\n$%d\r\n%s\r\n",
                         key, VALUE, fill)
                   : snprintf(text, sizeof(text),
                              "*2\r\n$3\r\nGET\r\n$7\r\nkey%04u\r\n", key);

    send_all(text, (size_t)size);
}

/* The length of the first whole answer of what is there; 0: there is none. */
static size_t answer(const char *text, size_t have)
{
    const char *end = memchr(text, '\n', have);
    size_t head = end ? (size_t)(end - text) + 1 : 0, size;

    errno = 0;
    if (!head)
        return 0;
    if (text[0] == '+')
        return head;
    if (text[0] != '$' || atoi(text + 1) != VALUE)
        fail("the server's answer is an error, or of another length");
    size = head + VALUE + 2;
    return size <= have ? size : 0;
}

/* Reads what is there (or waits for something), and counts whole answers. */
static unsigned hear(void)
{
    ssize_t got = read(load.fd, load.reply + load.have,
                       sizeof(load.reply) - load.have);
    size_t at = 0, size;
    unsigned answers = 0;

    if (got <= 0)
        fail("the server has closed the connection");
    load.have += (size_t)got;
    for (; (size = answer(load.reply + at, load.have - at)); at += size)
        answers++;
    memmove(load.reply, load.reply + at, load.have - at);
    load.have -= at;
    return answers;
}

static void fill_keys(void)
{
    for (unsigned key = 0, heard; key < KEYS; key++) {
        ask(key, true);
        for (heard = 0; !heard;)
            heard = hear();
    }
}

/* ---- a window ---- */

static int64_t gap(void)
{
    double u = (double)((random_next(&load.random) >> 11) + 1) * 0x1p-53;

    return (int64_t)(-log(u) * (double)option.gap_us * 1000.0);
}

static void request(int64_t due)
{
    unsigned key = (unsigned)random_below(&load.random, KEYS);

    if (load.sent - load.answered == IN_FLIGHT)
        fail("65,536 requests have no answer: gap_us is too short");
    load.due[load.sent++ % IN_FLIGHT] = due;
    ask(key, random_below(&load.random, 10) == 0);
}

static void collect(void)
{
    unsigned answers = hear();
    int64_t time = now();

    for (; answers; answers--) {
        if (load.count == SAMPLES)
            fail("a window of more than a million requests");
        load.latency[load.count++] = time -
                                     load.due[load.answered++ % IN_FLIGHT];
    }
}

/* Until `when`, or, if something is to be heard, until that is heard. */
static void wait_until(int64_t when)
{
    struct pollfd one = { .fd = load.fd, .events = POLLIN };
    int64_t left = when - now();
    struct timespec t;

    if (left < 0)
        left = 0;
    t = (struct timespec){ left / NS_PER_S, left % NS_PER_S };
    if (ppoll(&one, 1, &t, NULL) > 0)
        collect();
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static long quantile(unsigned per_mille)
{
    size_t rank = (load.count * per_mille + 999) / 1000;

    return load.latency[rank ? rank - 1 : 0];
}

static void report(long seed, uint64_t begin, uint64_t end)
{
    double sum = 0;

    if (!load.count)
        fail("no request in a window: gap_us is too long");
    qsort(load.latency, load.count, sizeof(*load.latency), by_value);
    for (size_t i = 0; i < load.count; i++)
        sum += (double)load.latency[i];
    printf("redis-load: seed=%ld begin_tsc=%lu end_tsc=%lu requests=%zu "
           "p50=%ld p90=%ld p99=%ld p999=%ld max=%ld mean=%ld\n",
           seed, begin, end, load.count, quantile(500), quantile(900),
           quantile(990), quantile(999), quantile(1000),
           (long)(sum / (double)load.count));
    fflush(stdout);
}

static void window(long seed, int64_t start)
{
    int64_t due = start, stop = start + option.window_ms * 1000000;
    uint64_t begin;

    random_seed(&load.random, (uint64_t)seed);
    load.count = 0;
    sleep_until(start);
    begin = __rdtsc();
    for (due += gap(); due < stop; due += gap()) {
        while (now() < due)
            wait_until(due);
        request(due);
    }
    while (load.answered != load.sent)
        collect();
    report(seed, begin, __rdtsc());
}

/* Where the value of a word NAME=NUMBER goes; NULL: there is no such name. */
static long *option_of(const char *word)
{
    static const struct {
        const char *name;
        long *value;
    } known[] = {
        { "gap_us=", &option.gap_us },     { "window_ms=", &option.window_ms },
        { "pause_ms=", &option.pause_ms }, { "seeds=", &option.seeds },
        { "first=", &option.first },       { "after_ms=", &option.after_ms }
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (!strncmp(word, known[i].name, strlen(known[i].name)))
            return known[i].value;
    return NULL;
}

static void read_options(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        long *value = option_of(argv[i]);

        if (!value)
            fail("known options: gap_us= window_ms= pause_ms= seeds= first= "
                 "after_ms=");
        *value = strtol(strchr(argv[i], '=') + 1, NULL, 10);
    }
    if (option.gap_us <= 0 || option.window_ms <= 0)
        fail("gap_us= and window_ms= must be above 0");
}

int main(int argc, char **argv)
{
    int64_t start;

    if (argc < 2)
        fail("redis-load ADDRESS [NAME=NUMBER]...: the head of "
             "guests/linux/redis-load.c says which");
    read_options(argc, argv);
    load.latency = calloc(SAMPLES, sizeof(*load.latency));
    if (!load.latency || mlockall(MCL_CURRENT))
        fail("memory");
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    connect_to(argv[1]);
    fill_keys();
    printf("redis-load: ready gap_us=%ld window_ms=%ld\n", option.gap_us,
           option.window_ms);
    fflush(stdout);
    start = now() + option.after_ms * 1000000;
    for (long k = 0; k < option.seeds; k++) {
        window(option.first + k, start);
        start += (option.window_ms + option.pause_ms) * 1000000;
        if (start < now())
            start = now() + option.pause_ms * 1000000;
    }
    return 0;
}
