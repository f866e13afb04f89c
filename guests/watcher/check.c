/*
 * check.c - is every frame that has changed in the log? See watcher.h.
 */
#include "guests/watcher/watcher.h"

#include <xen/domctl.h>

#include "guests/lib/control.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"

#define FRAMES_MAX 32768u /* 128 MiB */
#define M2P        ((const volatile uint64_t *)0xffff800000000000ul)
#define TOLD       8u /* frames that are named */

static uint64_t frame[FRAMES_MAX], sum[FRAMES_MAX];
static unsigned nr_frames;
static unsigned long *window;

static bool look(domid_t id, uint64_t mfn)
{
    return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain,
                      (unsigned long)window, mfn << PAGE_SHIFT | PTE_READ,
                      UVMF_INVLPG | UVMF_LOCAL, id) == 0;
}

/* Order counts. */
static uint64_t sum_of_window(void)
{
    uint64_t s = 0;
    unsigned i;

    for (i = 0; i < PAGE_SIZE / 8; i++)
        s = s * 0x9e3779b97f4a7c15ul + window[i];
    return s;
}

void check_begin(domid_t id)
{
    uint64_t mfn,
        end = (uint64_t)hypercall_memory_op(XENMEM_maximum_ram_page, NULL);

    if (!window)
        window = page_alloc();
    nr_frames = 0;
    for (mfn = 0; mfn < end && nr_frames < FRAMES_MAX; mfn++)
        if (look(id, mfn)) {
            frame[nr_frames] = mfn;
            sum[nr_frames++] = sum_of_window();
        }
}

static bool in_log(const uint64_t *map, uint64_t pages, uint64_t pfn)
{
    return pfn >= pages || (map[pfn / 64] >> pfn % 64 & 1);
}

unsigned check_against(domid_t id, const uint64_t *map, uint64_t pages)
{
    unsigned i, missed = 0;
    uint64_t now;

    for (i = 0; i < nr_frames; i++) {
        if (!look(id, frame[i]))
            continue; /* it has given it up */
        now = sum_of_window();
        if (now != sum[i] && !in_log(map, pages, M2P[frame[i]]) &&
            missed++ < TOLD)
            print("watcher: domain %u frame %lx (%lx) has changed unseen\n", id,
                  frame[i], M2P[frame[i]]);
        sum[i] = now;
    }
    return missed;
}
