/*
 * divide.c - division of 128-bit numbers, which the compiler calls by these
 * names. (The compiler's own library is built for a red zone below the stack
 * pointer, which interrupts would overwrite.)
 */
#include "xen/lib/types.h"

typedef unsigned __int128 u128;

u128 __udivti3(u128 a, u128 b);
u128 __umodti3(u128 a, u128 b);

/* high:low / divisor, where high < divisor. */
static uint64_t divide_64(uint64_t high, uint64_t low, uint64_t divisor,
                          uint64_t *rest)
{
    uint64_t quotient;

    __asm__("divq %4"
            : "=a"(quotient), "=d"(*rest)
            : "a"(low), "d"(high), "rm"(divisor)
            : "cc");
    return quotient;
}

static u128 divide(u128 a, u128 b, u128 *rest)
{
    uint64_t high = (uint64_t)(a >> 64), r = 0;
    u128 quotient = 0, remainder = 0;

    if (b >> 64 == 0) {
        quotient = (u128)divide_64(0, high, (uint64_t)b, &r) << 64;
        quotient |= divide_64(r, (uint64_t)a, (uint64_t)b, &r);
        *rest = r;
        return quotient;
    }
    for (int bit = 127; bit >= 0; bit--) { /* rare: b is 2^64 or more */
        remainder = remainder << 1 | ((a >> bit) & 1);
        if (remainder >= b) {
            remainder -= b;
            quotient |= (u128)1 << bit;
        }
    }
    *rest = remainder;
    return quotient;
}

u128 __udivti3(u128 a, u128 b)
{
    u128 rest;

    return divide(a, b, &rest);
}

u128 __umodti3(u128 a, u128 b)
{
    u128 rest;

    (void)divide(a, b, &rest);
    return rest;
}
