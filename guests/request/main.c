/*
 * request: a client asks, a server answers, over a ring in shared memory and an
 * event channel; for latency (one small request at a time) or in bulk (large
 * ones, many on their way).
 *
 * role=client|server  peer=DOMID
 * client:
 *   period=T (10ms; 0: whenever there is room)  when requests are due; from
 * then a response counts, so one that has to wait for room, or for this domain
 * to run, is not forgotten (an open loop) arrivals=fixed|exponential  the gaps
 * between them  seed=N (1) work=T (0)         CPU time before a request is sent
 *   size=BYTES (0, to 4096)  copied into the ring, and the answer out of it
 *   depth=N (1, to 32) so many may be on their way
 *   deadline=T (0: none)  later than that is a miss
 *   start=T (0)  duration=T (10s; 0: no limit)  count=N (0: no limit)
 * server:
 *   work=T (1ms) service=fixed|exponential  CPU time of each request
 *
 * Output: request: requests=N misses=N bytes=N time=.. response_min=.. .. (ns;
 * bytes: of requests and answers) and request: served=N work=T
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/histogram.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/runstate.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "guests/request/ring.h"

static struct {
    const char *role, *arrivals, *service;
    long peer, period, seed, work, size, depth, deadline;
    long start, duration, count;
    bool random_gaps, random_work;
    struct random random;
    struct link link;
    ns_t due[RING_DEPTH_MAX];
    uint64_t misses;
    struct histogram response;
} request = { .arrivals = "fixed",
              .service = "fixed",
              .peer = -1,
              .period = 10 * NS_PER_MS,
              .work = -1,
              .depth = 1,
              .duration = 10 * NS_PER_S,
              .seed = 1 };

static char *slot(uint64_t number)
{
    return request.link.data[number % request.link.depth];
}

/* ---- client ---- */

static void send(uint64_t number, ns_t due)
{
    volatile struct ring *ring = request.link.ring;

    if (request.work)
        runstate_consume(request.work);
    request.due[number % request.link.depth] = due;
    memcpy(slot(number), request.link.copy, (size_t)request.size);
    ring_write(&ring->asked, number + 1);
    link_notify(&request.link, &ring->server_blocks);
}

/* Takes what is answered, from number `taken` on; returns how many are. */
static uint64_t take(uint64_t taken)
{
    uint64_t answered = ring_read(&request.link.ring->answered);
    ns_t response;

    for (; taken < answered; taken++) {
        memcpy(request.link.copy, slot(taken), (size_t)request.size);
        response = clock_now() - request.due[taken % request.link.depth];
        histogram_add(&request.response, response);
        if (request.deadline && response > request.deadline)
            request.misses++;
    }
    return taken;
}

static ns_t gap(void)
{
    return request.random_gaps
               ? random_exponential(&request.random, request.period)
               : request.period;
}

/* Requests that are due at or after the end are not sent. */
static bool over(uint64_t sent, ns_t due, ns_t start)
{
    return (request.count && sent >= (uint64_t)request.count) ||
           (request.duration && due >= start + request.duration);
}

/* Until an answer comes, or, where there is room for another request, until
 * that one is due. */
static void wait(uint64_t taken, bool room, ns_t due)
{
    volatile struct ring *ring = request.link.ring;

    (void)event_mask(); /* the timer is not to fire before it blocks */
    if (room)
        clock_set_timer(due);
    link_wait(&request.link, &ring->client_blocks, &ring->answered, taken);
}

static void ask(ns_t start)
{
    uint64_t sent = 0, taken = 0;
    ns_t due = start;

    for (;;) {
        bool more, room;

        taken = take(taken); /* first: it may make room */
        more = !over(sent, due, start);
        room = more && sent - taken < (uint64_t)request.depth;
        if (room && clock_now() >= due) {
            send(sent++, due);
            due = request.period ? due + gap() : clock_now();
        } else if (more || taken < sent) {
            wait(taken, room, due);
        } else {
            break;
        }
    }
}

static void be_client(void)
{
    volatile struct ring *ring;
    ns_t start;

    link_offer(&request.link, (unsigned)request.peer, (unsigned)request.depth,
               (unsigned)request.size);
    ring = request.link.ring;
    clock_sleep_until(request.start);
    start = request.start ? request.start : clock_now();
    ask(start);
    print("request: requests=%lu misses=%lu bytes=%lu time=%ld",
          request.response.count, request.misses,
          2 * request.response.count * (uint64_t)request.size,
          clock_now() - start);
    histogram_print("response", &request.response);
    print("\n");
    ring_write(&ring->stop, 1);
    (void)event_send(request.link.port);
}

/* ---- server ---- */

static void serve_one(uint64_t number)
{
    volatile struct ring *ring = request.link.ring;

    memcpy(request.link.copy, slot(number), (size_t)request.size);
    if (request.work)
        runstate_consume(request.random_work
                             ? random_exponential(&request.random, request.work)
                             : request.work);
    memcpy(slot(number), request.link.copy, (size_t)request.size);
    ring_write(&ring->answered, number + 1);
    link_notify(&request.link, &ring->client_blocks);
}

static void be_server(void)
{
    volatile struct ring *ring;
    uint64_t served = 0;

    link_accept(&request.link, (unsigned)request.peer);
    ring = request.link.ring;
    request.size = (long)request.link.size;
    while (!ring_read(&ring->stop)) {
        if (ring_read(&ring->asked) == served)
            link_wait(&request.link, &ring->server_blocks, &ring->asked,
                      served);
        else
            serve_one(served++);
    }
    print("request: served=%lu work=%ld\n", served, request.work);
}

static bool choose(const char *key, const char *value)
{
    if (!strcmp(value, "exponential"))
        return true;
    if (strcmp(value, "fixed"))
        guest_fail("request: %s=%s: fixed or exponential", key, value);
    return false;
}

static bool check_options(void)
{
    bool client = request.role && !strcmp(request.role, "client");

    if (request.peer < 0 || !request.role ||
        (!client && strcmp(request.role, "server")))
        guest_fail("request: role=client|server and peer=DOMID are needed");
    if (request.depth < 1 || request.depth > RING_DEPTH_MAX)
        guest_fail("request: depth= is 1 to %d", RING_DEPTH_MAX);
    if (request.size > (long)PAGE_SIZE)
        guest_fail("request: size= is at most %lu", PAGE_SIZE);
    request.random_gaps = choose("arrivals", request.arrivals);
    request.random_work = choose("service", request.service);
    if (request.work < 0)
        request.work = client ? 0 : NS_PER_MS;
    return client;
}

void guest_main(void)
{
    static const struct option table[] = {
        { "role", NULL, &request.role, "client or server" },
        { "peer", &request.peer, NULL, "domain id" },
        { "period", &request.period, NULL, "between requests" },
        { "arrivals", NULL, &request.arrivals, "fixed or exponential" },
        { "seed", &request.seed, NULL, "of what chance there is" },
        { "work", &request.work, NULL, "CPU time of each" },
        { "service", NULL, &request.service, "fixed or exponential" },
        { "size", &request.size, NULL, "bytes that are copied" },
        { "depth", &request.depth, NULL, "on their way" },
        { "deadline", &request.deadline, NULL, "later is a miss" },
        { "start", &request.start, NULL, "begin at this system time" },
        { "duration", &request.duration, NULL, "system time" },
        { "count", &request.count, NULL, "requests" },
    };
    bool client;

    options_parse("request", table, sizeof(table) / sizeof(*table));
    client = check_options();
    if (!runstate_register())
        guest_fail("request: no runstate area");
    random_seed(&request.random, (uint64_t)request.seed);
    event_unmask();
    if (client)
        be_client();
    else
        be_server();
}
