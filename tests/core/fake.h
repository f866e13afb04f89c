/*
 * fake.h - what the files of xen/core find on the host, besides what the
 * tests of memory do: a clock at rest, and the registers of the guest.
 */
#ifndef TESTS_CORE_FAKE_H
#define TESTS_CORE_FAKE_H

#include "tests/mm/fake.h"
#include "tests/event/fake_time.h"

struct cpu_user_regs *guest_regs(void);

#endif
