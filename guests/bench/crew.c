/* The further vCPUs of this domain: each waits for a job, blocked. */
#include <stddef.h>

#include "guests/bench/bench.h"
#include "guests/lib/event.h"
#include "guests/lib/vcpu.h"

static struct {
    struct {
        void (*job)(unsigned id); /* null: none; cleared by the member */
        uint32_t port;            /* 0 until the member is ready */
        bool started;
    } member[VCPU_MAX];
} crew;

static void woken(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static void member_run(void *arg)
{
    unsigned id = vcpu_self()->id;

    (void)arg;
    __atomic_store_n(&crew.member[id].port, event_bind_ipi(id, woken, NULL),
                     __ATOMIC_RELEASE);
    for (;;) {
        void (*job)(unsigned);

        (void)event_mask();
        while (
            !(job = __atomic_load_n(&crew.member[id].job, __ATOMIC_ACQUIRE))) {
            event_block();
            (void)event_mask();
        }
        event_unmask();
        job(id);
        __atomic_store_n(&crew.member[id].job, NULL, __ATOMIC_RELEASE);
    }
}

/* Waits a while for the member's port. */
static bool member_ready(unsigned id)
{
    if (!crew.member[id].started) {
        if (vcpu_start(id, member_run, NULL))
            return false;
        crew.member[id].started = true;
    }
    for (unsigned i = 0; i < 1000; i++) {
        if (__atomic_load_n(&crew.member[id].port, __ATOMIC_ACQUIRE))
            return true;
        clock_sleep_until(clock_now() + NS_PER_MS);
    }
    return false;
}

bool crew_start(unsigned count, void (*job)(unsigned id))
{
    if (count > vcpu_count())
        return false;
    for (unsigned id = 1; id < count; id++) {
        if (!member_ready(id))
            return false;
    }
    for (unsigned id = 1; id < count; id++) {
        __atomic_store_n(&crew.member[id].job, job, __ATOMIC_RELEASE);
        (void)event_send(crew.member[id].port);
    }
    return true;
}

bool crew_busy(void)
{
    for (unsigned id = 1; id < VCPU_MAX; id++) {
        if (__atomic_load_n(&crew.member[id].job, __ATOMIC_ACQUIRE))
            return true;
    }
    return false;
}
