/*
 * compiler.h - names for what the compiler offers; included before every file.
 */
#ifndef XEN_LIB_COMPILER_H
#define XEN_LIB_COMPILER_H

/* The public ABI headers take these types for granted. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKED       __attribute__((packed))
#define ALIGNED(n)   __attribute__((aligned(n)))
#define NORETURN     __attribute__((noreturn))
#define USED         __attribute__((used))
#define WEAK         __attribute__((weak))
#define SECTION(s)   __attribute__((section(s)))
#define NOINLINE     __attribute__((noinline)) /* keeps a hot path short */
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK   __attribute__((warn_unused_result))

#define likely(x)        __builtin_expect(!!(x), 1)
#define unlikely(x)      __builtin_expect(!!(x), 0)
#define barrier()        __asm__ volatile("" ::: "memory")
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member)                                          \
    ((type *)(void *)((char *)(p)-offsetof(type, member)))

#endif
