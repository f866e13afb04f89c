/*
 * store.c - see store.h. A question is written whole before its answer is
 * waited for, so the ring never fills; whoever waits yields.
 */
#include "guests/lib/store.h"

#include <xen/event_channel.h>
#include <xen/io/xs_wire.h>
#include <xen/sched.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

static volatile struct xenstore_domain_interface *ring;

bool store_init(void)
{
    if (start_is_dom0() || !start_info()->store_mfn)
        return false;
    ring = mfn_to_virt(start_info()->store_mfn);
    return true;
}

static void notify(void)
{
    struct evtchn_send send = { .port = start_info()->store_evtchn };

    (void)hypercall_event_channel_op(EVTCHNOP_send, &send);
}

static void put(const void *data, size_t size)
{
    const char *from = data;
    size_t i;

    for (i = 0; i < size; i++) {
        while (ring->req_prod - ring->req_cons >= XENSTORE_RING_SIZE) {
            notify();
            (void)hypercall_sched_op(SCHEDOP_yield, NULL);
        }
        ring->req[MASK_XENSTORE_IDX(ring->req_prod)] = from[i];
        barrier();
        ring->req_prod = ring->req_prod + 1;
    }
}

/* What does not fit is read and forgotten. */
static void get(void *data, size_t room, size_t size)
{
    char *to = data;
    size_t i;

    for (i = 0; i < size; i++) {
        while (ring->rsp_cons == ring->rsp_prod) {
            notify();
            (void)hypercall_sched_op(SCHEDOP_yield, NULL);
        }
        if (i < room)
            to[i] = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons)];
        barrier();
        ring->rsp_cons = ring->rsp_cons + 1;
    }
}

/* A question about a path, with the bytes of a value; its answer. */
static bool ask(uint32_t type, const char *path, const char *value,
                size_t length, char *out, size_t room)
{
    size_t name = strlen(path) + 1;
    struct xsd_sockmsg head = { .type = type,
                                .len = (uint32_t)(name + length) };

    put(&head, sizeof(head));
    put(path, name);
    put(value, length);
    notify();
    get(&head, sizeof(head), sizeof(head));
    get(out, room - 1, head.len);
    out[head.len < room - 1 ? head.len : room - 1] = '\0';
    notify();
    return head.type == type;
}

bool store_read(const char *path, char *out, size_t size)
{
    return ask(XS_READ, path, NULL, 0, out, size);
}

bool store_write(const char *path, const char *text)
{
    char answer[16];

    return ask(XS_WRITE, path, text, strlen(text), answer, sizeof(answer));
}

bool store_write_number(const char *path, unsigned value)
{
    char text[16];

    (void)print_to(text, sizeof(text), "%u", value);
    return store_write(path, text);
}

void store_wait(const char *path, const char *text)
{
    char now[64];

    while (!store_read(path, now, sizeof(now)) || strcmp(now, text) != 0)
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}
