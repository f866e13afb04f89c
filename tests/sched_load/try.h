/*
 * try.h - what the tests of the loader share: load from memory, with everything
 * around what the loader may touch poisoned for the address sanitizer.
 */
#ifndef TESTS_SCHED_LOAD_TRY_H
#define TESTS_SCHED_LOAD_TRY_H

#include "sched/load/load.h"

/* Load a copy of the object, without registering it. 0; or a negative errno,
 * and why[LOAD_WHY] says why. *ops, where given: stays until the next call. */
int try_load(const void *object, size_t size, const struct sched_ops **ops,
             char *why);

#endif
