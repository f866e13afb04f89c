/*
 * local.h - single instructions that are atomic against interruption.
 *
 * Without a lock prefix they are not atomic against other CPUs, and need not
 * be: what they work on belongs to one CPU, and only an interrupt or an NMI of
 * that CPU can come between. What changes memory is also a barrier to the
 * compiler.
 */
#ifndef TRACE_LOCAL_H
#define TRACE_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

static inline void local_inc(uint32_t *p)
{
    asm volatile("incl %0" : "+m"(*p) : : "memory", "cc");
}

/* To the compiler: no access to memory moves from one side to the other. */
static inline void local_barrier(void)
{
    asm volatile("" : : : "memory");
}

/* Add 1; the value before. */
static inline uint32_t local_fetch_inc(uint32_t *p)
{
    uint32_t before = 1;

    asm volatile("xaddl %0, %1" : "+r"(before), "+m"(*p) : : "memory", "cc");
    return before;
}

/* *p = new if it still is old; true if so. */
static inline bool local_cas64(uint64_t *p, uint64_t old, uint64_t new)
{
    bool same;

    asm volatile("cmpxchgq %3, %1"
                 : "+a"(old), "+m"(*p), "=@ccz"(same)
                 : "r"(new)
                 : "memory");
    return same;
}

static inline bool local_cas32(uint32_t *p, uint32_t old, uint32_t new)
{
    bool same;

    asm volatile("cmpxchgl %3, %1"
                 : "+a"(old), "+m"(*p), "=@ccz"(same)
                 : "r"(new)
                 : "memory");
    return same;
}

/* Reads that an interrupt, or another CPU, may have changed just now. */
static inline uint32_t local_read32(const uint32_t *p)
{
    return *(const volatile uint32_t *)p;
}

static inline uint64_t local_read64(const uint64_t *p)
{
    return *(const volatile uint64_t *)p;
}

/*
 * What a consumer on another CPU reads or writes as well. Any load of x86
 * acquires and any store releases (SDM 3A 8.2.2): these are plain moves, but
 * say to the compiler, and to a checker of races, what they are for.
 */
static inline uint32_t local_acquire32(const uint32_t *p)
{
    return __atomic_load_n((const volatile uint32_t *)p, __ATOMIC_ACQUIRE);
}

static inline void local_release32(uint32_t *p, uint32_t value)
{
    __atomic_store_n((volatile uint32_t *)p, value, __ATOMIC_RELEASE);
}

static inline void local_write32(uint32_t *p, uint32_t value)
{
    *(volatile uint32_t *)p = value;
}

static inline void local_write64(uint64_t *p, uint64_t value)
{
    *(volatile uint64_t *)p = value;
}

#endif
