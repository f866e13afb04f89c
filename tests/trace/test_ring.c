/*
 * test_ring.c - the very ring of the hypervisor, on the host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/trace/consume.h"
#include "trace/events.h"
#include "trace/recent.h"
#include "trace/ring.h"
#include "trace/setup.h"
#include "trace/switch.h"
#include "trace/trace.h"

#define BYTES 4096u
#define SIZE  (BYTES - 8)

static struct trace_ring ring;
static uint32_t lost_total;
static struct t_buf *buf;
static struct trace_ring *this_ring;
static uint64_t clock_now;

static struct trace_ring *trace_this_ring(void)
{
    return this_ring;
}

/* What comes between the reading of the clock and what is done with it. */
static void (*interrupt)(void);

static uint64_t trace_clock(void)
{
    uint64_t now = ++clock_now;
    void (*come)(void) = interrupt;

    interrupt = NULL;
    if (come)
        come();
    return now;
}

#include "trace/put.def"

static int fresh(void **state)
{
    (void)state;
    free(buf);
    buf = malloc(BYTES);
    lost_total = 0;
    trace_ring_init(&ring, buf, BYTES, false, &lost_total);
    return 0;
}

static int fresh_overwrite(void **state)
{
    (void)fresh(state);
    trace_ring_init(&ring, buf, BYTES, true, &lost_total);
    return 0;
}

static void emit(uint32_t seq, unsigned nr)
{
    uint32_t words[7];

    for (unsigned i = 0; i < 7; i++)
        words[i] = seq + i;
    trace_emit(&ring, 0x28000 | (seq & 0xfff), 1000 + seq, nr, words);
}

static void one_record_has_xens_layout(void **state)
{
    struct t_rec *rec = (struct t_rec *)(buf + 1);

    (void)state;
    trace_emit(&ring, TRC_SCHED_BLOCK, 0x123456789abcull, 2,
               (const uint32_t[]){ 7, 8 });
    assert_int_equal(buf->prod, 20);
    assert_int_equal(buf->cons, 0);
    assert_int_equal(rec->event, TRC_SCHED_BLOCK);
    assert_int_equal(rec->extra_u32, 2);
    assert_int_equal(rec->cycles_included, 1);
    assert_int_equal(rec->u.cycles.cycles_lo, 0x56789abc);
    assert_int_equal(rec->u.cycles.cycles_hi, 0x1234);
    assert_int_equal(rec->u.cycles.extra_u32[0], 7);
    assert_int_equal(rec->u.cycles.extra_u32[1], 8);
}

static void full_drops_newest_and_counts(void **state)
{
    struct seen s;
    uint32_t i, kept = 0, next = 0;

    (void)state;
    for (i = 0; i < 400; i++)
        emit(i, i % 8);
    assert_true(lost_total > 0);
    kept = 400 - lost_total;
    while (ring_take(buf, SIZE, &s)) {
        assert_int_equal(s.tsc, 1000 + next);
        assert_int_equal(s.nr, next % 8);
        for (unsigned w = 0; w < s.nr; w++)
            assert_int_equal(s.word[w], next + w);
        next++;
    }
    assert_int_equal(next, kept);
    /* The gap is told by the next record, exactly. */
    emit(1000, 3);
    assert_true(ring_take(buf, SIZE, &s));
    assert_int_equal(s.event, TRC_LOST_RECORDS);
    assert_int_equal(s.word[0], lost_total);
    assert_int_equal(s.word[2], 1000 + kept);
    assert_true(ring_take(buf, SIZE, &s));
    assert_int_equal(s.tsc, 2000);
    assert_false(ring_take(buf, SIZE, &s));
}

/* Random sizes, a consumer that lags at random: what comes out, with the lost
 * ones as counted at their gaps, is what went in. */
static void random_lag_loses_nothing_silently(void **state)
{
    struct seen s;
    uint32_t seq = 0, next = 0;

    (void)state;
    srandom(1);
    for (int round = 0; round < 20000; round++) {
        for (long n = random() % 60; n > 0; n--, seq++)
            emit(seq, (unsigned)random() % 8);
        for (long n = random() % 70; n > 0 && ring_take(buf, SIZE, &s); n--) {
            if (s.event == TRC_LOST_RECORDS) {
                assert_int_equal(s.word[2], 1000 + next);
                next += s.word[0];
                continue;
            }
            assert_int_equal(s.tsc, 1000ull + next);
            assert_int_equal(s.event, 0x28000 | (next & 0xfff));
            for (unsigned w = 0; w < s.nr; w++)
                assert_int_equal(s.word[w], next + w);
            next++;
        }
    }
    assert_true(next > 100000);
}

/* A ring of the default size (tbuf_size=32), a million records of the usual
 * size in each of two seconds, and a consumer that comes so many times a second
 * and takes all that is there. How many are lost? */
static uint32_t lost_at(unsigned times_a_second)
{
    enum { DEFAULT_BYTES = 32 * 4096, RECORDS = 2000000 };
    struct t_buf *memory = malloc(DEFAULT_BYTES);
    struct seen s;
    uint32_t seq = 0, taken = 0, told = 0, lost = 0;

    trace_ring_init(&ring, memory, DEFAULT_BYTES, false, &lost);
    while (seq < RECORDS) {
        for (unsigned n = 0; n < 1000000 / times_a_second; n++, seq++)
            emit(seq, 4);
        while (ring_take(memory, DEFAULT_BYTES - 8, &s)) {
            if (s.event == TRC_LOST_RECORDS)
                told += s.word[0];
            else
                assert_int_equal(s.tsc, 1000ull + taken++ + told);
        }
    }
    /* What is lost last is told by the next record. */
    assert_true(taken + lost == seq && told <= lost);
    free(memory);
    return lost;
}

static void a_consumer_that_keeps_up_loses_nothing(void **state)
{
    (void)state;
    assert_int_equal(lost_at(1000), 0);
    assert_int_equal(lost_at(250), 0);
    assert_true(lost_at(100) > 0);
}

/* ---- the last records, read in place ---- */

struct walked {
    uint64_t first, last; /* times */
    uint32_t nr, bytes;
};

static void in_order(const struct trace_seen *seen, void *arg)
{
    struct walked *w = arg;

    if ((seen->header & 0x0fffffff) == TRC_LOST_RECORDS)
        return;
    if (seen->tsc <= w->last) /* kept ones that are older */
        return;
    if (!w->nr++)
        w->first = seen->tsc;
    w->last = seen->tsc;
    w->bytes += trace_record_bytes(seen->header);
    for (unsigned i = 0; i < (seen->header >> 28 & 7); i++)
        assert_int_equal(seen->word[i], seen->tsc - 1000 + i);
}

/* Whatever the consumer does, the newest can be seen, without a hole but where
 * records were dropped, and half a ring's worth of them. */
static void the_newest_can_be_seen(void **state)
{
    static struct trace_kept kept[TRACE_KEPT];
    uint32_t seq = 0, all = 0;
    struct seen s;

    (void)state;
    trace_ring_keep(&ring, kept);
    srandom(2);
    for (int round = 0; round < 20000; round++) {
        struct walked w = { 0 };
        uint32_t lost = lost_total;
        bool caught_up = random() % 4 == 0;

        for (long n = random() % 60; n > 0; n--, seq++) {
            unsigned nr = (unsigned)random() % 8;

            all += 12 + 4 * nr;
            emit(seq, nr);
        }
        trace_ring_walk(&ring, in_order, &w);
        if (seq)
            assert_int_equal(w.last, 1000 + seq - 1);
        if (lost_total == 0 && lost == 0) {
            assert_int_equal(w.last - w.first + 1, w.nr);
            assert_true(w.bytes >= (all < SIZE / 2 ? all : SIZE / 2 - 80));
        }
        for (long n = random() % 70;
             (caught_up || n > 0) && ring_take(buf, SIZE, &s); n--)
            ;
        if (round < 5000) /* at first it never falls behind */
            while (ring_take(buf, SIZE, &s))
                ;
        if (round == 5000)
            assert_int_equal(lost_total, 0);
    }
    assert_true(lost_total > 0);
}

static void wild_cons_does_no_harm(void **state)
{
    (void)state;
    srandom(2);
    for (uint32_t i = 0; i < 200000; i++) {
        if (i % 7 == 0)
            buf->cons = (uint32_t)random() * 2u;
        if (i % 11 == 0)
            buf->prod = (uint32_t)random() * 2u;
        emit(i, (unsigned)random() % 8);
    }
    buf->cons = buf->prod;
    for (uint32_t i = 0; i < 10; i++)
        emit(i, 1);
}

static void overwrite_keeps_the_newest(void **state)
{
    struct seen s;
    uint32_t last = 0, first = 0, n = 0;

    (void)state;
    srandom(3);
    for (uint32_t i = 1; i <= 50000; i++) {
        emit(i, (unsigned)random() % 8);
        if (i % 997)
            continue;
        struct t_buf saved = *buf; /* look without taking */
        for (n = 0; ring_take(buf, SIZE, &s); n++) {
            if (n)
                assert_int_equal(s.tsc, 1000ull + last + 1);
            else
                first = (uint32_t)s.tsc - 1000;
            last = (uint32_t)s.tsc - 1000;
        }
        *buf = saved;
        assert_int_equal(last, i);
        assert_true(n == last - first + 1);
        assert_true(n > 60);
    }
    assert_int_equal(lost_total, 0);
}

/* Each of the functions that write, by turns; `seq` says which. */
static void put(uint32_t seq)
{
    uint32_t e = TRC_SCHED_BLOCK, b = seq + 1, c = seq + 2, d = seq + 3;
    uint64_t low = b | (uint64_t)c << 32;
    uint64_t high = d | (uint64_t)(seq + 4) << 32;

    switch (seq % 8) {
    case 0:
        trace_put_0(trace_header(e, 0));
        break;
    case 1:
        trace_put_1(trace_header(e, 1), seq);
        break;
    case 2:
        trace_put_2(trace_header(e, 2), seq, b);
        break;
    case 3:
        trace_put_3(trace_header(e, 3), seq, b, c);
        break;
    case 4:
        trace_put_4(trace_header(e, 4), seq, b, c, d);
        break;
    case 5:
        trace_put_5(trace_header(e, 5), seq, b, c, d, seq + 4);
        break;
    case 6:
        trace_put_6_times(trace_header(e, 6), seq, low, high, seq + 5);
        break;
    default:
        trace_put_1_at(trace_header(e, 1), ~(uint64_t)seq, seq);
    }
}

/* By the usual path and, at a lap's end and after a gap, by the other: word i
 * of the record `seq` is seq + i, and its time is the clock's,
 * which goes forward from record to record. */
static void what_is_put_is_there(void **state)
{
    struct seen s;
    uint32_t next = 0, lost = 0;
    uint64_t before = clock_now;

    (void)state;
    srandom(5);
    this_ring = &ring;
    for (uint32_t seq = 0; seq < 100000; seq++) {
        put(seq);
        if (random() % (seq % 1000 < 500 ? 3 : 400))
            continue;
        while (ring_take(buf, SIZE, &s)) {
            if (s.event == TRC_LOST_RECORDS) {
                lost += s.word[0];
                next += s.word[0];
                continue;
            }
            assert_int_equal(s.event, TRC_SCHED_BLOCK);
            assert_int_equal(s.nr, next % 8 == 7 ? 1 : next % 8);
            for (uint32_t i = 0; i < s.nr; i++)
                assert_int_equal(s.word[i], next + i);
            if (next % 8 == 7)
                assert_true(s.tsc == ~(uint64_t)next);
            else
                assert_true(s.tsc > before && s.tsc <= clock_now);
            if (next % 8 != 7)
                before = s.tsc;
            next++;
        }
    }
    assert_int_equal(lost + ring.lost, lost_total);
    assert_true(lost > 0 && next > 50000);
}

static void come_between(void)
{
    trace_put_1(trace_header(TRACE_IRQ, 1), 0);
}

/* The times of a ring's records stand in order, whatever comes between, by the
 * usual path and by the other. */
static void times_stand_in_order(void **state)
{
    uint64_t before = clock_now;
    uint32_t n = 0;
    struct seen s;

    (void)state;
    this_ring = &ring;
    for (uint32_t seq = 0; seq < 50000; seq++) {
        if (seq % 8 == 7) /* its time is given */
            continue;
        if (seq % 3 == 0)
            interrupt = come_between;
        if (seq % 7)
            put(seq);
        else
            trace_write(TRC_SCHED_BLOCK, 1, &seq);
        if (!ring.overwrite && seq % 100 > 50)
            while (ring_take(buf, SIZE, &s)) {
                assert_true(s.event == TRC_LOST_RECORDS || s.tsc > before);
                before = s.tsc;
                n++;
            }
    }
    while (ring_take(buf, SIZE, &s)) {
        assert_true(s.tsc > before);
        before = s.tsc;
        n++;
    }
    assert_true(n > (ring.overwrite ? 50 : 40000));
    assert_int_equal(lost_total, 0);
}

/* The words of number `seq`, all different. */
static struct trace_switch switch_of(uint32_t seq)
{
    uint64_t wide = (uint64_t)(seq + 1) << 32;

    return (struct trace_switch){ wide | 1, wide | 2, seq + 3, 4,
                                  5,        seq + 6,  seq + 7, 8,
                                  9,        seq + 10, seq + 11 };
}

/* Are the next four records those of this switch, with one time? */
static void see_switch(const struct trace_switch *w)
{
    const uint32_t want[4][7] = {
        { TRACE_SCHED_PICK, w->dom << 16 | w->vcpu, (uint32_t)w->run_for,
          (uint32_t)(w->run_for >> 32), (uint32_t)w->now,
          (uint32_t)(w->now >> 32), w->locked },
        { TRC_SCHED_SWITCH_INFPREV, w->from_dom, w->from_vcpu, w->ran,
          w->from_granted },
        { TRC_SCHED_SWITCH_INFNEXT, w->dom, w->vcpu, w->waited, w->granted },
        { TRC_SCHED_SWITCH, w->from_dom, w->from_vcpu, w->dom, w->vcpu },
    };
    uint64_t tsc = 0;
    struct seen s;

    for (unsigned i = 0; i < 4; i++) {
        assert_true(ring_take(buf, SIZE, &s));
        assert_int_equal(s.event, want[i][0]);
        assert_int_equal(s.nr, i ? 4 : 6);
        assert_memory_equal(s.word, want[i] + 1, 4 * s.nr);
        assert_true(!i || s.tsc == tsc);
        tsc = s.tsc;
    }
}

/* In one piece where there is room; where that is not known, nothing at all:
 * one by one, the next one finds it. */
static void a_switch_is_four_records(void **state)
{
    uint32_t written = 0;
    struct seen s;

    (void)state;
    for (uint32_t seq = 0; seq < 2000; seq++) {
        struct trace_switch w = switch_of(seq);

        if (trace_put_switch(&ring, trace_clock, &w)) {
            see_switch(&w);
            written++;
        } else {
            emit(seq, 4);
            assert_true(ring_take(buf, SIZE, &s));
            assert_int_equal(s.tsc, 1000 + seq);
        }
        assert_false(ring_take(buf, SIZE, &s));
    }
    assert_int_equal(lost_total, 0);
    assert_true(written > 1500);
}

static unsigned told;

static void note_half_full(void)
{
    told++;
}

/* Records of 12 bytes, by the usual path. */
static void emit_up_to(uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at += 12)
        trace_put_0(trace_header(TRC_SCHED_BLOCK, 0));
}

static void half_full_is_told_in_time(void **state)
{
    (void)state;
    told = 0;
    this_ring = &ring;
    ring.half_full = note_half_full;
    emit_up_to(SIZE / 2 - 24);
    assert_int_equal(told, 0);
    emit_up_to(36);
    assert_int_equal(told, 1);
    emit_up_to(SIZE / 2 - 48); /* full, and nobody reads */
    emit_up_to(SIZE);
    assert_in_range(told, 1, 4);
    assert_true(lost_total > 0);

    for (unsigned lap = 0; lap < 20; lap++) { /* whoever keeps up is told ... */
        buf->cons = buf->prod;
        told = 0;
        emit_up_to(SIZE / 2 - 48);
        assert_int_equal(told, 0);
        emit_up_to(72); /* ... when half is reached, not earlier */
        assert_true(told > 0);
    }
}

static void mask_selects_class_and_subclass(void **state)
{
    struct seen s;

    (void)state;
    this_ring = &ring;
    trace_set_mask(TRC_SCHED_MIN | 0x00200000);
    assert_int_equal(trace_get_mask(), TRC_SCHED_MIN | 0x00200000);
    assert_true(trace_enabled(TRC_SCHED_RUNSTATE_CHANGE));
    assert_true(trace_enabled(TRC_PV_TRAP));
    assert_false(trace_enabled(TRC_SCHED_WAKE));
    assert_false(trace_enabled(TRC_HW_IRQ_HANDLED));
    trace_2(TRC_SCHED_WAKE, 1, 0);
    assert_false(ring_take(buf, SIZE, &s));
    trace_runstate(3, 1, 0, 2, 77);
    assert_true(ring_take(buf, SIZE, &s));
    assert_int_equal(s.event, TRC_SCHED_RUNSTATE_CHANGE | 0x20);
    assert_int_equal(s.word[0], 3 << 16 | 1);
    assert_int_equal(s.tsc, 77);
    trace_set_mask(TRC_ALL);
    trace_2(TRC_SCHED_WAKE, 1, 0);
    assert_true(ring_take(buf, SIZE, &s));
    this_ring = &(struct trace_ring){ .buf = NULL }; /* not begun */
    trace_2(TRC_SCHED_WAKE, 1, 0);
    assert_int_equal(this_ring->pos, 0);
    assert_false(ring_take(buf, SIZE, &s));
    trace_set_mask(0);
    assert_false(trace_enabled(TRC_SCHED_WAKE));
}

static void anchor_and_info_tell_where_the_rings_are(void **state)
{
    static const char *const events[] = { "pick",
                                          "a name that is too long "
                                          "for its place",
                                          NULL };
    struct trace_anchor *a = malloc(TRACE_ANCHOR_PAGES * 4096);
    struct t_info *info = calloc(1, 4096);
    struct trace_ring r[2];

    (void)state;
    trace_anchor_begin(a, 0x5000, 0);
    trace_anchor_add_ring(0, &r[0], buf, 0x10000, BYTES);
    trace_anchor_add_ring(1, &r[1], buf, 0x20000, BYTES);
    trace_anchor_clock(1000000, 5);
    trace_anchor_scheduler("bvt", TRACE_SCHED_ID_BVT, events);
    trace_anchor_plugin("mine", trace_plugin_first(7, 1), events);
    trace_anchor_domain(1, 2, "lat");
    trace_anchor_domain(2, 1, "hog");
    trace_anchor_domain(1, 2, "latency");
    assert_int_equal(a->magic[0], 0);
    trace_anchor_publish();
    assert_string_equal(a->magic, TRACE_ANCHOR_MAGIC);
    assert_int_equal(a->nr_cpus, 2);
    assert_int_equal(a->nr_domains, 2);
    assert_string_equal(a->domain[0].name, "latency");
    assert_int_equal(a->nr_plugins, 1);
    assert_int_equal(a->plugin[0].first, trace_plugin_event(7, 0) + 64);
    assert_int_equal(a->plugin[0].nr_events, 2);
    assert_int_equal(a->nr_events, 2);
    assert_int_equal(strlen(a->event_name[1]), 23);

    assert_int_equal(trace_fill_info(info, 4096), 0);
    assert_int_equal(info->tbuf_size, 1);
    assert_int_equal(((uint32_t *)info)[info->mfn_offset[0]], 0x10);
    assert_int_equal(((uint32_t *)info)[info->mfn_offset[1]], 0x20);
    assert_true(trace_fill_info(info, 12) < 0);
    free(a);
    free(info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_record_has_xens_layout, fresh),
        cmocka_unit_test_setup(full_drops_newest_and_counts, fresh),
        cmocka_unit_test_setup(random_lag_loses_nothing_silently, fresh),
        cmocka_unit_test_setup(a_consumer_that_keeps_up_loses_nothing, fresh),
        cmocka_unit_test_setup(the_newest_can_be_seen, fresh),
        cmocka_unit_test_setup(wild_cons_does_no_harm, fresh),
        cmocka_unit_test_setup(wild_cons_does_no_harm, fresh_overwrite),
        cmocka_unit_test_setup(overwrite_keeps_the_newest, fresh_overwrite),
        cmocka_unit_test_setup(what_is_put_is_there, fresh),
        cmocka_unit_test_setup(times_stand_in_order, fresh),
        cmocka_unit_test_setup(times_stand_in_order, fresh_overwrite),
        cmocka_unit_test_setup(a_switch_is_four_records, fresh),
        cmocka_unit_test_setup(half_full_is_told_in_time, fresh),
        cmocka_unit_test_setup(mask_selects_class_and_subclass, fresh),
        cmocka_unit_test_setup(anchor_and_info_tell_where_the_rings_are, fresh),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(buf);
    return failed;
}
