/*
 * setup.c - see setup.h. One anchor; written at boot and, for domains, under
 * the caller's lock.
 */
#include "trace/setup.h"

#include <stddef.h>

static struct trace_anchor *anchor;

static void copy_name(char *to, size_t room, const char *from)
{
    size_t i = 0;

    for (; i + 1 < room && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}

void trace_anchor_begin(struct trace_anchor *memory, uint64_t paddr,
                        uint32_t flags)
{
    for (size_t i = 0; i < sizeof(*memory); i++)
        ((uint8_t *)memory)[i] = 0;
    memory->version = TRACE_ANCHOR_VERSION;
    memory->bytes = (uint32_t)sizeof(*memory);
    memory->self = paddr;
    memory->flags = flags;
    anchor = memory;
}

void trace_anchor_add_ring(unsigned cpu, struct trace_ring *ring, void *memory,
                           uint64_t paddr, uint32_t bytes)
{
    if (!anchor || cpu >= TRACE_ANCHOR_CPUS)
        return;
    trace_ring_init(ring, memory, bytes, anchor->flags & TRACE_ANCHOR_OVERWRITE,
                    &anchor->cpu[cpu].lost_total);
    anchor->cpu[cpu].paddr = paddr;
    anchor->cpu[cpu].bytes = bytes;
    if (cpu >= anchor->nr_cpus)
        anchor->nr_cpus = cpu + 1;
}

void trace_anchor_clock(uint64_t tsc_khz, uint64_t tsc_zero)
{
    if (!anchor)
        return;
    anchor->tsc_khz = tsc_khz;
    anchor->tsc_zero = tsc_zero;
}

void trace_anchor_scheduler(const char *name, unsigned sched_id,
                            const char *const *events)
{
    unsigned n = 0;

    if (!anchor)
        return;
    copy_name(anchor->scheduler, sizeof(anchor->scheduler), name);
    anchor->sched_id = sched_id;
    for (; events && events[n] && n < TRACE_ANCHOR_EVENTS; n++)
        copy_name(anchor->event_name[n], sizeof(anchor->event_name[n]),
                  events[n]);
    anchor->nr_events = n;
}

void trace_anchor_plugin(const char *name, uint32_t first,
                         const char *const *events)
{
    struct trace_anchor_plugin *p;
    unsigned n = 0;

    if (!anchor || anchor->nr_plugins++ >= TRACE_ANCHOR_PLUGINS)
        return;
    p = &anchor->plugin[anchor->nr_plugins - 1];
    p->first = first;
    copy_name(p->name, sizeof(p->name), name);
    for (; events && events[n] && n < TRACE_ANCHOR_EVENTS; n++)
        copy_name(p->event_name[n], sizeof(p->event_name[n]), events[n]);
    p->nr_events = n;
}

void trace_anchor_domain(uint32_t id, uint32_t nr_vcpus, const char *name)
{
    uint32_t i = 0;

    if (!anchor)
        return;
    while (i < anchor->nr_domains && i < TRACE_ANCHOR_DOMAINS &&
           anchor->domain[i].id != id)
        i++;
    if (i >= TRACE_ANCHOR_DOMAINS) {
        anchor->nr_domains++; /* the reader says that names are missing */
        return;
    }
    anchor->domain[i].id = id;
    anchor->domain[i].nr_vcpus = nr_vcpus;
    copy_name(anchor->domain[i].name, sizeof(anchor->domain[i].name), name);
    if (i == anchor->nr_domains)
        anchor->nr_domains++;
}

void trace_anchor_publish(void)
{
    static const char magic[16] = TRACE_ANCHOR_MAGIC;

    if (!anchor)
        return;
    asm volatile("" : : : "memory");
    for (size_t i = 0; i < sizeof(magic); i++)
        ((volatile char *)anchor->magic)[i] = magic[i];
}

int trace_fill_info(struct t_info *info, uint32_t bytes)
{
    uint32_t *list = (uint32_t *)info;
    uint32_t next, pages;

    if (!anchor || !anchor->nr_cpus)
        return -28; /* ENOSPC */
    pages = anchor->cpu[0].bytes / 4096;
    /* The lists begin behind the offsets, which are 16 bits each. */
    next = (uint32_t)(sizeof(*info) + 2ul * anchor->nr_cpus + 3) / 4;
    if (pages > UINT16_MAX || next + anchor->nr_cpus * pages > bytes / 4 ||
        next + (anchor->nr_cpus - 1) * pages > UINT16_MAX)
        return -28;
    info->tbuf_size = (uint16_t)pages;
    for (uint32_t c = 0; c < anchor->nr_cpus; c++) {
        info->mfn_offset[c] = (uint16_t)next;
        for (uint32_t i = 0; i < pages; i++)
            list[next++] = (uint32_t)(anchor->cpu[c].paddr / 4096) + i;
    }
    return 0;
}
