/*
 * mem.h - memory for the hypervisor's own structures, for every layer. The
 * heap (xen/base/heap.c) supplies it; host tests bring their own.
 *
 * At creation only: never on an interrupt, scheduling or fault path.
 */
#ifndef XEN_LIB_MEM_H
#define XEN_LIB_MEM_H

#include <stddef.h>

/* Zeroed, at least 16-byte aligned, or NULL. Any size. */
void *mem_alloc(size_t size);
void mem_free(void *p); /* NULL is fine */

/* 2^order whole pages, contiguous, so aligned, zeroed, in the direct map; or
 * NULL. */
void *mem_alloc_pages(unsigned order);
void mem_free_pages(void *p, unsigned order); /* NULL is fine */

#endif
