/*
 * fake.h - what the files of xen/core find on the host, besides what the
 * tests of memory do: a clock that a test moves, and the registers of the
 * guest.
 */
#ifndef TESTS_CORE_FAKE_H
#define TESTS_CORE_FAKE_H

#define XEN_BASE_TIME_H /* in place of xen/base/time.h */

#include "tests/mm/fake.h"
#include "xen/lib/types.h"

extern ns_t fake_now;

static inline ns_t time_now(void)
{
    return fake_now;
}

struct cpu_user_regs *guest_regs(void);

#endif
