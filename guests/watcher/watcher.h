/*
 * watcher.h - comparing the memory of a domain with what the log says of it.
 *
 * One domain at a time, which is paused meanwhile.
 */
#ifndef GUEST_WATCHER_H
#define GUEST_WATCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

/* Remember its frames and what is in them; its log is on, and clean. */
void check_begin(domid_t id);
/* How many have changed since then, or the last call, though the log that was
 * fetched meanwhile does not say so. The first few are printed. */
unsigned check_against(domid_t id, const uint64_t *map, uint64_t pages);

#endif
