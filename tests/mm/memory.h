/*
 * memory.h - a small machine for the tests of page types and grants: FRAMES
 * frames, three domains, a TLB that remembers what it may have seen.
 */
#ifndef TESTS_MM_MEMORY_H
#define TESTS_MM_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"

#define FRAMES  200u
#define DOMAINS 3u
#define ENTRIES 6u /* entries of a table that tests use */

extern struct domain dom[DOMAINS];
extern struct vcpu vcpu[DOMAINS];
extern unsigned flushes;
extern void (*on_flush)(void);   /* if set, before each flush */
extern bool preempting;          /* softirqs are pending now and then */
extern void (*on_preempt)(void); /* if set, while others are let run */

void memory_start(void);
unsigned rnd(unsigned below); /* per thread */
void rnd_start(unsigned seed);
extern __thread struct vcpu *running; /* of this thread; NULL: none */

/* References and type references that the tests themselves hold. */
extern unsigned held_refs[FRAMES], held_types[FRAMES];

/* All counts are what the entries, pins, bases and holds add up to. */
void check_counts(void);

/* No table of a guest's may be written through a translation that the TLB may
 * still hold. Call after every step, single-threaded. */
void check_tlb(void);

/* Whatever of a frame of a guest's has changed since the last call, entries or
 * what it is, has been told to the log. Likewise. */
void check_dirty(void);

#endif
