/*
 * dom0_size.c - how much memory dom0 gets, and how many vCPUs.
 *
 *     dom0_mem=512M            that much, now and for ever
 *     dom0_mem=512M,max:768M   that much; its balloon may grow to max
 *     dom0_mem=min:256M,max:2G all but a reserve, within these bounds
 *     dom0_max_vcpus=4         that many
 *     dom0_max_vcpus=2-4       one for each CPU, within these bounds
 *
 * A negative amount of memory is all but that much.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/smp.h"
#include "xen/base/frame.h"
#include "xen/core/domain.h"
#include "xen/dom/dom.h"
#include "xen/lib/cmdline.h"
#include "xen/lib/log.h"

struct amount {
    uint64_t bytes;
    bool given, leave; /* leave: all but that */
};

static struct {
    struct amount size, min, max;
    unsigned least_vcpus, most_vcpus;
} wanted = { .least_vcpus = 1, .most_vcpus = MAX_VCPUS };

/* ---- memory ---- */

static int parse_amount(char *text)
{
    struct amount *a = &wanted.size;

    if (strncmp(text, "min:", 4) == 0)
        a = &wanted.min;
    else if (strncmp(text, "max:", 4) == 0)
        a = &wanted.max;
    if (a != &wanted.size)
        text += 4;
    a->leave = *text == '-';
    a->given = true;
    return cmdline_size(text + a->leave, &a->bytes);
}

static int parse_memory(const char *value)
{
    char list[96], *at = list, *next;
    int rc = 0;

    if (strlen(value) >= sizeof(list))
        return -XEN_EINVAL;
    memcpy(list, value, strlen(value) + 1);
    for (; !rc && at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        rc = parse_amount(at);
    }
    return rc;
}

CMDLINE_OPTION(dom0_mem) = { "dom0_mem",
                             "a size such as 512M, or -128M to leave that "
                             "much; then, or instead, ,min:SIZE ,max:SIZE",
                             .kind = CMDLINE_PARSED, .parse = parse_memory };

static uint64_t pages_of(const struct amount *a, uint64_t free_bytes)
{
    if (!a->leave)
        return a->bytes >> PAGE_SHIFT;
    if (a->bytes >= free_bytes)
        die("dom0_mem=: %lu MiB to be left, but %lu MiB are there",
            a->bytes >> 20, free_bytes >> 20);
    return (free_bytes - a->bytes) >> PAGE_SHIFT;
}

/* What dom0 is not to have: the hypervisor's own needs later on. */
static struct amount all_but_reserve(uint64_t free_bytes)
{
    uint64_t part = free_bytes / 16, most = 128ul << 20;

    return (struct amount){ part < most ? part : most, false, true };
}

uint64_t dom0_pages(uint64_t *max_pages)
{
    uint64_t free_bytes = frame_count_free() << PAGE_SHIFT, pages, least, most;
    struct amount usual = all_but_reserve(free_bytes);

    pages = pages_of(wanted.size.given ? &wanted.size : &usual, free_bytes);
    least = wanted.min.given ? pages_of(&wanted.min, free_bytes) : 0;
    most = wanted.max.given ? pages_of(&wanted.max, free_bytes) : UINT64_MAX;
    if (least > most)
        die("dom0_mem=: min: is more than max:");
    if (pages < least)
        pages = least;
    if (pages > most)
        pages = most;
    *max_pages = wanted.max.given ? most : pages;
    return pages;
}

/* ---- vCPUs ---- */

/* One end of the range: 1 to 128; an empty one stays as it is. */
static int parse_end(const char *text, unsigned *end)
{
    uint64_t n = *end;

    if (*text && cmdline_unsigned(text, &n))
        return -XEN_EINVAL;
    if (n < 1 || n > MAX_VCPUS)
        return -XEN_EINVAL;
    *end = (unsigned)n;
    return 0;
}

static int parse_vcpus(const char *value)
{
    const char *dash = strchr(value, '-');
    size_t n = dash ? (size_t)(dash - value) : strlen(value);
    unsigned least = 1, most = MAX_VCPUS;
    char first[8];

    if (!value[0] || (dash && !value[1]) || n >= sizeof(first))
        return -XEN_EINVAL;
    memcpy(first, value, n);
    first[n] = '\0';
    if (parse_end(first, &least) || parse_end(dash ? dash + 1 : first, &most) ||
        least > most)
        return -XEN_EINVAL;
    wanted.least_vcpus = least;
    wanted.most_vcpus = most;
    return 0;
}

CMDLINE_OPTION(dom0_max_vcpus) = { "dom0_max_vcpus",
                                   "1 to 128, or a range such as 2-4",
                                   .kind = CMDLINE_PARSED,
                                   .parse = parse_vcpus };

unsigned dom0_vcpus(void)
{
    unsigned n = smp_nr_cpus;

    if (n < wanted.least_vcpus)
        n = wanted.least_vcpus;
    return n > wanted.most_vcpus ? wanted.most_vcpus : n;
}
