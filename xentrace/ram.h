/*
 * ram.h - traces out of a machine's memory: QEMU's RAM file, a crash image.
 *
 * Nothing is written to it: the machine, which may be running, does not notice
 * (and a deterministic one stays so).
 */
#ifndef XENTRACE_RAM_H
#define XENTRACE_RAM_H

#include "xentrace/source.h"

struct ram {
    const char *name;
    int fd;
    uint64_t size, high_shift; /* high_shift: file place of 4 GiB and up */
    struct trace_anchor anchor;
    bool overwritten[TRACE_ANCHOR_CPUS]; /* as ram_ring() found */
};

/* Open FILE and find the anchor. False, with a message if `tell`. */
bool ram_open(struct ram *ram, const char *file, bool tell);
void ram_close(struct ram *ram);

/* A CPU's ring as it is now: *bytes bytes of whole records, to be freed; or
 * NULL, with *bytes 0, if there is none or it is empty. */
uint8_t *ram_ring(struct ram *ram, unsigned cpu, size_t *bytes);

/* Look again at the anchor (names and counts may have changed). */
bool ram_refresh(struct ram *ram);

/* What the anchor says, as meta data of a trace. */
void ram_meta(const struct ram *ram, struct trace_meta *meta);

#endif
