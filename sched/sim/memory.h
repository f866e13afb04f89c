/*
 * memory.h - where a big simulation keeps its vCPUs: one after another, in huge
 * pages, so that with tens of thousands of them a step costs few misses of the
 * caches and of the TLB.
 *
 * Off until memory_pack(), as in the tests, where each piece is malloc()'s and
 * the sanitizers see its bounds.
 */
#ifndef SCHED_SIM_MEMORY_H
#define SCHED_SIM_MEMORY_H

#include <stddef.h>

/* From now on. Before the first simulation. */
void memory_pack(void);

/* Zeroed; NULL: none left. */
void *memory_get(size_t size);
void memory_put(void *p); /* NULL is fine */

#endif
