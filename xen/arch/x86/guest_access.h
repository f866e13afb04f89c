/*
 * guest_access.h - reading and writing memory at addresses that a guest gave.
 *
 * The guest's page tables are in force, so its virtual addresses are used as
 * they are, after a check that they don't reach into the hypervisor's hole. A
 * fault in between ends the copy through the exception table. Context: the
 * vCPU itself, in a hypercall; no spin lock that the page-fault path takes.
 */
#ifndef XEN_ARCH_X86_GUEST_ACCESS_H
#define XEN_ARCH_X86_GUEST_ACCESS_H

#include <xen/errno.h>
#include "xen/arch/x86/layout.h"
#include "xen/lib/types.h"

/* May a guest name [address, address + size)? */
static inline bool guest_range_ok(uintptr_t address, size_t size)
{
    uintptr_t end = address + size;

    return end >= address && (end <= HOLE_START || address >= HOLE_END);
}

/* Copy size bytes, without a range check. Returns how many were NOT copied. */
size_t guest_copy_raw(void *to, const void *from, size_t size);

/* The general cases of copy_from_guest() and copy_to_guest(), below. */
MUST_CHECK int guest_copy_in(void *to, uintptr_t guest, size_t size);
MUST_CHECK int guest_copy_out(uintptr_t guest, const void *from, size_t size);

/* One store or load of 8 bytes at a checked address; on a fault it jumps to
 * the label. Only a macro can name a label of its user. */
#define GUEST_WORD(address) "m"(*(const uint64_t *)(uintptr_t)(address))
#define GUEST_PUT64(address, value, fault)                                     \
    __asm__ volatile goto("1: movq %0, %1\n\t"                                 \
                          ".pushsection .ex_table, \"a\"\n\t"                  \
                          ".quad 1b, %l2\n\t"                                  \
                          ".popsection"                                        \
                          :                                                    \
                          : "r"((uint64_t)(value)), GUEST_WORD(address)        \
                          : "memory"                                           \
                          : fault)
#define GUEST_GET64(value, address, fault)                                     \
    __asm__ volatile goto("1: movq %1, %0\n\t"                                 \
                          ".pushsection .ex_table, \"a\"\n\t"                  \
                          ".quad 1b, %l2\n\t"                                  \
                          ".popsection"                                        \
                          : "=r"(value)                                        \
                          : GUEST_WORD(address)                                \
                          : "memory"                                           \
                          : fault)

#define GUEST_PUT32(address, value, fault)                                     \
    __asm__ volatile goto("1: movl %0, (%1)\n\t"                               \
                          ".pushsection .ex_table, \"a\"\n\t"                  \
                          ".quad 1b, %l2\n\t"                                  \
                          ".popsection"                                        \
                          :                                                    \
                          : "r"((uint32_t)(value)), "r"(address)               \
                          : "memory"                                           \
                          : fault)
#define GUEST_GET32(value, address, fault)                                     \
    __asm__ volatile goto("1: movl (%1), %0\n\t"                               \
                          ".pushsection .ex_table, \"a\"\n\t"                  \
                          ".quad 1b, %l2\n\t"                                  \
                          ".popsection"                                        \
                          : "=r"(value)                                        \
                          : "r"(address)                                       \
                          : "memory"                                           \
                          : fault)

/* Two or three words of 8 bytes in line, for hot paths. An address that wraps
 * goes on at 0, which is the guest's own. A fault skips the XOR. */
static inline bool guest_words_ok(uintptr_t guest, unsigned n)
{
    return guest - (HOLE_START - 8 * n) >= HOLE_END - HOLE_START + 8 * n;
}

MUST_CHECK static inline int guest_get2(uint64_t to[2], uintptr_t guest)
{
    int rc = -XEN_EFAULT;

    if (unlikely(!guest_words_ok(guest, 2)))
        return rc;
    __asm__ volatile("1: movq (%3), %1\n\t"
                     "2: movq 8(%3), %2\n\t"
                     "xorl %0, %0\n"
                     "3:\n\t"
                     ".pushsection .ex_table, \"a\"\n\t"
                     ".quad 1b, 3b, 2b, 3b\n\t"
                     ".popsection"
                     : "+r"(rc), "=&r"(to[0]), "=&r"(to[1])
                     : "r"(guest)
                     : "memory", "cc");
    return rc;
}

MUST_CHECK static inline int guest_get3(uint64_t to[3], uintptr_t guest)
{
    int rc = -XEN_EFAULT;

    if (unlikely(!guest_words_ok(guest, 3)))
        return rc;
    __asm__ volatile("1: movq (%4), %1\n\t"
                     "2: movq 8(%4), %2\n\t"
                     "3: movq 16(%4), %3\n\t"
                     "xorl %0, %0\n"
                     "4:\n\t"
                     ".pushsection .ex_table, \"a\"\n\t"
                     ".quad 1b, 4b, 2b, 4b, 3b, 4b\n\t"
                     ".popsection"
                     : "+r"(rc), "=&r"(to[0]), "=&r"(to[1]), "=&r"(to[2])
                     : "r"(guest)
                     : "memory", "cc");
    return rc;
}

MUST_CHECK static inline int guest_put1(uintptr_t guest, uint64_t a)
{
    if (unlikely(!guest_words_ok(guest, 1)))
        goto fault;
    GUEST_PUT64(guest, a, fault);
    return 0;
fault:
    return -XEN_EFAULT;
}

MUST_CHECK static inline int guest_put16(uintptr_t guest, uint16_t a)
{
    if (unlikely(guest - (HOLE_START - 2) < HOLE_END - HOLE_START + 2))
        goto fault;
    __asm__ volatile goto("1: movw %0, %1\n\t"
                          ".pushsection .ex_table, \"a\"\n\t"
                          ".quad 1b, %l2\n\t"
                          ".popsection"
                          :
                          : "r"(a), "m"(*(const uint16_t *)guest)
                          : "memory"
                          : fault);
    return 0;
fault:
    return -XEN_EFAULT;
}

MUST_CHECK static inline int guest_put2(uintptr_t guest, uint64_t a, uint64_t b)
{
    if (unlikely(!guest_words_ok(guest, 2)))
        goto fault;
    GUEST_PUT64(guest, a, fault);
    GUEST_PUT64(guest + 8, b, fault);
    return 0;
fault:
    return -XEN_EFAULT;
}

/* Sizes that are copied word by word in line, when they are constants. */
#define GUEST_COPY_SMALL(size)                                                 \
    (__builtin_constant_p(size) && (size) <= 24 && (size) % 4 == 0)

/* Not by GUEST_GET64(): of words that it loads one after the other into an
 * object, gcc 12 loses the last when the object is looked at by its members
 * (seen with 24 bytes: two members were 0; it also ends in an internal error).
 */
static inline int guest_load64(uint64_t *to, uintptr_t guest)
{
    int rc = -XEN_EFAULT;
    uint64_t word;

    __asm__ volatile("1: movq (%2), %1\n\t"
                     "xorl %0, %0\n"
                     "2:\n\t"
                     ".pushsection .ex_table, \"a\"\n\t"
                     ".quad 1b, 2b\n\t"
                     ".popsection"
                     : "+r"(rc), "=&r"(word)
                     : "r"(guest)
                     : "memory", "cc");
    *to = word;
    return rc;
}

static inline int guest_load32(uint32_t *to, uintptr_t guest)
{
    int rc = -XEN_EFAULT;
    uint32_t half;

    __asm__ volatile("1: movl (%2), %1\n\t"
                     "xorl %0, %0\n"
                     "2:\n\t"
                     ".pushsection .ex_table, \"a\"\n\t"
                     ".quad 1b, 2b\n\t"
                     ".popsection"
                     : "+r"(rc), "=&r"(half)
                     : "r"(guest)
                     : "memory", "cc");
    *to = half;
    return rc;
}

static inline int guest_copy_in_small(void *to, uintptr_t guest, size_t size)
{
    uint64_t *words = to;
    int rc = 0;

    if (unlikely(!guest_words_ok(guest, 3)))
        return -XEN_EFAULT;
    if (size >= 8)
        rc |= guest_load64(&words[0], guest);
    if (size >= 16)
        rc |= guest_load64(&words[1], guest + 8);
    if (size >= 24)
        rc |= guest_load64(&words[2], guest + 16);
    if (size % 8)
        rc |= guest_load32((uint32_t *)to + size / 4 - 1, guest + size - 4);
    return rc;
}

static inline int guest_copy_out_small(uintptr_t guest, const void *from,
                                       size_t size)
{
    const uint64_t *words = from;

    if (unlikely(!guest_words_ok(guest, 3)))
        return -XEN_EFAULT;
    if (size >= 8)
        GUEST_PUT64(guest, words[0], fault);
    if (size >= 16)
        GUEST_PUT64(guest + 8, words[1], fault);
    if (size >= 24)
        GUEST_PUT64(guest + 16, words[2], fault);
    if (size % 8)
        GUEST_PUT32(guest + size - 4, ((const uint32_t *)from)[size / 4 - 1],
                    fault);
    return 0;
fault:
    return -XEN_EFAULT;
}

/* 0, or -EFAULT (then part may have been copied). */
MUST_CHECK static inline int copy_from_guest(void *to, uintptr_t guest,
                                             size_t size)
{
    if (GUEST_COPY_SMALL(size))
        return guest_copy_in_small(to, guest, size);
    return guest_copy_in(to, guest, size);
}

MUST_CHECK static inline int copy_to_guest(uintptr_t guest, const void *from,
                                           size_t size)
{
    if (GUEST_COPY_SMALL(size))
        return guest_copy_out_small(guest, from, size);
    return guest_copy_out(guest, from, size);
}

/* The value of a XEN_GUEST_HANDLE as an address. */
#define guest_handle(h) ((uintptr_t)(h).p)

#endif
