/*
 * logdirty.h - the watched domain: made by dom0, two vCPUs that do what they
 * are told (child.S). Its frame number f stands at child_virt(f), page frame
 * number f; its own L1 and L2 read-only. All waits give way to it.
 */
#ifndef GUEST_ABI_LOGDIRTY_H
#define GUEST_ABI_LOGDIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <xen/xen.h>
#include "guests/lib/pages.h"

enum frame {
    L4,
    L3,
    L2,
    L1,
    L4_USER,
    CODE,
    MAIL,
    MAIL_1,
    STACK,
    STACK_1,
    DATA
};

#define NR_DATA    16u
#define NR_FRAMES  ((unsigned)DATA + NR_DATA)
#define NR_ALIASES 140u /* ways to its L1 table */
#define TABLE_SPAN (2ul << 20)
#define GRANT_REF  8u

void child_make(void);
void child_end(void);
domid_t child_id(void);
uint64_t child_virt(unsigned f);
uint64_t child_frame(unsigned f); /* its machine frame */

/* ---- its first vCPU ---- */

void child_store(unsigned f, uint64_t value);
void child_store_at(uint64_t virt, uint64_t value);
/* `times` stores, each `stride` behind the last. */
void child_stores(uint64_t virt, uint64_t value, uint64_t stride,
                  unsigned times);
void child_store_as_user(unsigned f, uint64_t value);
uint64_t child_load(unsigned f);
long child_call(unsigned long number, uint64_t a, uint64_t b, uint64_t c,
                uint64_t d);
/* Its third argument is the address of a copy of *arg. */
long child_call_with(unsigned long number, uint64_t a, uint64_t b,
                     const void *arg, size_t size);
/* mmu_update and mmuext_op, of one request. */
long child_update(uint64_t machine, uint64_t value);
/* All its aliases but the first lead to this. */
long child_update_aliases(uint64_t value);
long child_extended(unsigned cmd, uint64_t arg);
/* Page faults since this was asked last, and the last one's error code. */
long child_faults(void);
uint64_t child_error_code(void);

/* ---- its second ---- */

void child_count(unsigned f);   /* up, at child_virt(f), till it faults */
void child_touch(unsigned f);   /* 0, again and again */
void child_wait(unsigned vcpu); /* until it has done its command */
unsigned child_faults_of(unsigned vcpu); /* in all */

/* ---- from outside ---- */

uint64_t child_peek(unsigned f);     /* the first word of a frame */
uint64_t child_entry(unsigned f);    /* its L1 entry for it, */
uint64_t child_entry_at(unsigned f); /* where that is, */
uint64_t child_alias_at(unsigned i); /* and an L2 entry */
bool child_grant(unsigned f);        /* GRANT_REF lets dom0 write it */
void child_pause(void);
void child_unpause(void);
void child_wait_change(unsigned f, uint64_t from); /* of its first word */

#endif
