/*
 * test_follow.c - sim_follow(): what falls due takes place when it did in
 * another run, and nothing else changes.
 */
#include <stdlib.h>
#include "sched/sim/sim_private.h"
#include "tests/sched/kit.h"

static struct sim *begin(unsigned cpus, struct record *r)
{
    struct sim *sim = kit_sim("rr", cpus, 1); /* turns of 10 ms */

    sim->watch = kit_watch;
    sim->watch_arg = r;
    sim_run(sim, 0); /* the CPUs are up, and idle */
    sim->decisions = 0;
    return sim;
}

static void end(struct sim *sim, struct record *r)
{
    sim_destroy(sim);
    kit_end(r);
}

/* The clock is read when the CPU acts. */
static void at(struct sim_follow **list, ns_t time)
{
    sim_follow(list, time, time);
}

/* `cost` of work each `period`, from the first decision on. */
static struct sim_vcpu *job(struct sim *sim, ns_t period, ns_t cost)
{
    struct sim_vcpu *sv = kit_load(sim, sim_periodic, period, cost);

    assert_int_equal(sim_start(sv), 0);
    return sv;
}

/* A wake-up is followed by a decision at the next time of the list; behind the
 * last one, after the usual cost. A time at which nothing is due passes by. */
static void a_decision_takes_as_long_as_it_did(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);
    struct sim_vcpu *sv;

    (void)state;
    sim->conf.cost.decide = US(3);
    at(&sim->cpus[0].decided, MS(1));
    at(&sim->cpus[0].decided, MS(2)); /* it sleeps */
    at(&sim->cpus[0].decided, MS(5));
    at(&sim->cpus[0].decided, MS(11) + US(700));
    at(&sim->cpus[0].decided, MS(12) + US(800)); /* 100 us late, too */
    sv = job(sim, MS(10), MS(1));
    sim_run(sim, MS(30));
    assert_int_equal(r.nr, 3);
    assert_int_equal(r.ran[0].from, MS(1));
    assert_int_equal(r.ran[0].to, MS(2));
    assert_int_equal(r.ran[1].from, MS(11) + US(700));
    assert_int_equal(r.ran[1].to, MS(12) + US(800));
    assert_int_equal(r.ran[2].from, MS(21) + US(3));
    assert_int_equal(sv->nr_latency, 2);
    assert_int_equal(sv->latency[0], US(700));
    assert_int_equal(sv->latency[1], US(3));
    assert_int_equal(sim->decisions, 6); /* to run, and to be idle */
    end(sim, &r);
}

/* It may be far: an emulated CPU stands still while another one goes on. */
static void a_decision_may_be_far(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);

    (void)state;
    at(&sim->cpus[0].decided, S(3));
    (void)kit_hog(sim, 0);
    sim_run(sim, S(2));
    assert_int_equal(sim->decisions, 0);
    sim_run(sim, S(4));
    assert_int_equal(sim_ran(sim->vcpus[0]), S(1));
    end(sim, &r);
}

static void a_timer_fires_as_late_as_it_did(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);

    (void)state;
    sim->conf.timer_late = US(2);
    at(&sim->cpus[0].fired, MS(9)); /* before it is due */
    at(&sim->cpus[0].fired, MS(12));
    (void)kit_hog(sim, 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, MS(40));
    assert_int_equal(r.nr, 3); /* the fourth still runs */
    assert_int_equal(r.ran[0].to, MS(12));
    assert_int_equal(r.ran[1].to, MS(22) + US(2));
    assert_int_equal(r.ran[2].to, MS(32) + US(4));
    end(sim, &r);
}

/* A timer has read the clock and waits for a lock. What another CPU asks it for
 * meanwhile is neither that firing nor in its place: it fires once more. */
static void a_timer_that_fires_is_asked_for_more(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(2, &r);

    (void)state;
    at(&sim->cpus[0].decided, MS(1));
    at(&sim->cpus[0].decided, MS(20));
    sim_follow(&sim->cpus[0].fired, MS(12), MS(14)); /* due at 11 ms */
    at(&sim->cpus[0].fired, MS(15));
    (void)kit_hog(sim, 0);
    sim_run(sim, MS(13));
    sim_program(sim, 0, MS(13));
    assert_int_equal(sim->cpus[0].timer_at, MS(14));
    sim_run(sim, MS(14) + US(1));
    assert_int_equal(sim->cpus[0].timer_at, MS(15));
    sim_run(sim, MS(16));
    assert_int_equal(sim->cpus[0].timer_then, FOREVER);
    end(sim, &r);
}

/* Two on CPU 0, one on CPU 1 that has done its work at 1 ms. When does CPU 1
 * take over who waits? */
static ns_t stolen_at(unsigned busy_cpu, ns_t busy)
{
    struct record r = { 0 };
    struct sim *sim = begin(2, &r);
    ns_t from;

    at(&sim->cpus[busy_cpu].busy, busy);
    (void)kit_hog(sim, 0);
    (void)job(sim, S(1), MS(1));
    (void)kit_hog(sim, 0);
    sim_run(sim, MS(2));
    sim_pause(sim->vcpus[2]);
    sim_run(sim, MS(3));
    assert_int_equal(r.nr, 2);
    assert_int_equal(r.ran[1].index, 2);
    assert_int_equal(r.ran[1].cpu, 1);
    from = r.ran[1].from;
    end(sim, &r);
    return from;
}

static void a_peer_is_as_busy_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(stolen_at(1, MS(1)), MS(1) + US(10)); /* asked again */
    assert_int_equal(stolen_at(1, MS(1) + 1), MS(1)); /* another decision */
    assert_int_equal(stolen_at(1, MS(1) - 1), MS(1));
    assert_int_equal(stolen_at(0, MS(1)), MS(1)); /* another CPU's */
}

/* Two CPUs, a list each; more times than a list has room for at first. */
static void each_cpu_has_its_own_times(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(2, &r);
    struct sim_vcpu *a, *b;
    ns_t i;

    (void)state;
    for (i = 0; i < 200; i++) {
        ns_t a_wakes = MS(i) + i * 100, b_wakes = MS(i) + i * 300;

        at(&sim->cpus[0].decided, a_wakes);
        at(&sim->cpus[0].decided, a_wakes + US(100));
        at(&sim->cpus[1].decided, b_wakes);
        at(&sim->cpus[1].decided, b_wakes + US(100));
    }
    a = job(sim, MS(1), US(100));
    b = job(sim, MS(1), US(100));
    sim_run(sim, MS(200) - 1);
    assert_int_equal(a->nr_latency, 199);
    assert_int_equal(b->nr_latency, 199);
    for (i = 1; i < 200; i++) {
        assert_int_equal(a->latency[i - 1], i * 100);
        assert_int_equal(b->latency[i - 1], i * 300);
    }
    end(sim, &r);
}

/* Times decide when, never who: with those of a run, the same run again. */
static void a_run_follows_itself(void **state)
{
    struct record r = { 0 }, again = { 0 };
    struct sim *sim = begin(1, &r);
    size_t i;

    (void)state;
    (void)kit_hog(sim, 0);
    (void)kit_hog(sim, 0);
    (void)job(sim, MS(7), MS(2));
    sim_run(sim, MS(200));
    sim_destroy(sim);
    sim = begin(1, &again);
    at(&sim->cpus[0].decided, 0);
    for (i = 0; i < r.nr; i++) {
        at(&sim->cpus[0].decided, r.ran[i].to);
        at(&sim->cpus[0].fired, r.ran[i].to);
    }
    (void)kit_hog(sim, 0);
    (void)kit_hog(sim, 0);
    (void)job(sim, MS(7), MS(2));
    sim_run(sim, MS(200));
    assert_true(r.nr > 20);
    assert_int_equal(again.nr, r.nr);
    assert_memory_equal(again.ran, r.ran, r.nr * sizeof(*r.ran));
    kit_end(&r);
    end(sim, &again);
}

/* The clock is read, the lock had later: until then nothing happens, and then
 * all counts by the clock. */
static void a_decision_waits_for_a_lock(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);
    struct sim_vcpu *a;

    (void)state;
    at(&sim->cpus[0].decided, 0);
    at(&sim->cpus[0].decided, MS(1)); /* it sleeps */
    sim_follow(&sim->cpus[0].decided, MS(11), MS(13));
    at(&sim->cpus[0].decided, MS(15));
    a = job(sim, MS(10), MS(1));
    sim_run(sim, MS(13) - 1);
    assert_int_equal(a->v.core.state, SCHED_STATE_RUNNABLE);
    sim_run(sim, MS(14));
    assert_int_equal(a->v.core.state, SCHED_STATE_RUNNING);
    assert_int_equal(a->latency[0], MS(1));
    assert_int_equal(sim->now, MS(14));
    /* It is done at 12 ms, by then; the first decision after that comes. */
    sim_run(sim, MS(16));
    assert_int_equal(r.nr, 2);
    assert_int_equal(r.ran[1].from, MS(11));
    assert_int_equal(r.ran[1].to, MS(15));
    end(sim, &r);
}

/* What runs has left its CPU when that has begun to decide, and does not get on
 * while it waits for the lock. */
static void work_rests_while_a_decision_waits(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);
    struct sim_vcpu *a;

    (void)state;
    at(&sim->cpus[0].decided, 0);
    sim_follow(&sim->cpus[0].decided, MS(10), MS(14));
    at(&sim->cpus[0].decided, MS(22));
    at(&sim->cpus[0].fired, MS(10));
    at(&sim->cpus[0].fired, MS(20));
    a = job(sim, S(1), MS(12)); /* done within the wait, if it went on */
    (void)kit_hog(sim, 0);
    sim_run(sim, MS(15));
    assert_int_equal(r.nr, 1);
    assert_int_equal(r.ran[0].index, a->index);
    assert_int_equal(r.ran[0].to, MS(10));
    assert_int_equal(a->v.core.state, SCHED_STATE_RUNNABLE);
    sim_run(sim, MS(25));
    assert_int_equal(r.nr, 3);
    assert_int_equal(r.ran[1].from, MS(10)); /* the hog, by the clock */
    assert_int_equal(r.ran[1].to, MS(22));
    assert_int_equal(r.ran[2].to, MS(24)); /* the 2 ms that were left */
    end(sim, &r);
}

/* The same, and the decision is to go on: the work is over at 12 ms by the
 * clock, which is found at 14 ms; the CPU had read the clock for that in time.
 */
static void work_goes_on_by_the_clock(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);
    struct sim_vcpu *a;

    (void)state;
    at(&sim->cpus[0].decided, 0);
    sim_follow(&sim->cpus[0].decided, MS(10), MS(14));
    sim_follow(&sim->cpus[0].decided, MS(12), MS(15));
    at(&sim->cpus[0].decided, MS(22));
    at(&sim->cpus[0].fired, MS(10));
    a = job(sim, S(1), MS(12));
    sim_run(sim, MS(16));
    assert_int_equal(r.nr, 1);
    assert_int_equal(r.ran[0].to, MS(12));
    assert_int_equal(a->v.core.state, SCHED_STATE_BLOCKED);
    end(sim, &r);
}

static void what_is_over_is_not_taken_again(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);
    struct sim_follow *list = NULL;

    (void)state;
    sim_follow(&list, MS(2), MS(3));
    sim_follow(&list, MS(4), MS(5));
    sim_run(sim, MS(3));
    assert_int_equal(sim_followed(sim, list, MS(1), 0), MS(3));
    sim_run(sim, MS(3) + 1);
    assert_int_equal(sim_followed(sim, list, MS(1), 0), MS(5));
    assert_int_equal(sim_followed(sim, list, MS(4), 0), MS(5));
    assert_int_equal(sim_followed(sim, list, MS(5), 7), MS(5) + 7);
    assert_int_equal(sim_followed(sim, NULL, MS(1), 7), MS(3) + 1);
    free(list);
    end(sim, &r);
}

/* A poke that comes between the clock reading of a decision and that decision:
 * another one has to answer it. */
static void a_poke_asks_for_a_reading_of_its_own(void **state)
{
    struct record r = { 0 };
    struct sim *sim = begin(1, &r);

    (void)state;
    at(&sim->cpus[0].decided, MS(1));
    sim_follow(&sim->cpus[0].decided, MS(2), MS(4));
    at(&sim->cpus[0].decided, MS(5));
    (void)kit_hog(sim, 0);
    sim_run(sim, MS(1) + 1);
    sim->decisions = 0;
    sim_poke(sim, 0, sim_delay(sim, 0, MS(2), 0));
    sim_run(sim, MS(3));
    assert_int_equal(sim->decisions, 0);
    sim_poke(sim, 0, sim_delay(sim, 0, MS(3), 0));
    sim_run(sim, MS(4));
    assert_int_equal(sim->decisions, 1);
    sim_run(sim, MS(6));
    assert_int_equal(sim->decisions, 2);
    end(sim, &r);
}

static void what_is_out_of_order_is_told(void **state)
{
    struct sim_follow *list = NULL;

    (void)state;
    sim_follow(&list, 10, 20);
    assert_false(sim_before_last(list, 10, 20));
    assert_false(sim_before_last(list, 11, 21));
    assert_true(sim_before_last(list, 9, 21));
    assert_true(sim_before_last(list, 11, 19));
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_takes_as_long_as_it_did),
        cmocka_unit_test(a_decision_may_be_far),
        cmocka_unit_test(a_timer_fires_as_late_as_it_did),
        cmocka_unit_test(a_timer_that_fires_is_asked_for_more),
        cmocka_unit_test(a_peer_is_as_busy_as_it_was),
        cmocka_unit_test(each_cpu_has_its_own_times),
        cmocka_unit_test(a_run_follows_itself),
        cmocka_unit_test(a_decision_waits_for_a_lock),
        cmocka_unit_test(work_rests_while_a_decision_waits),
        cmocka_unit_test(work_goes_on_by_the_clock),
        cmocka_unit_test(what_is_over_is_not_taken_again),
        cmocka_unit_test(a_poke_asks_for_a_reading_of_its_own),
        cmocka_unit_test(what_is_out_of_order_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
