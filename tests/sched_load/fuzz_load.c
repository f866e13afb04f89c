/*
 * fuzz_load.c - any bytes as a plug-in object, driven by libFuzzer:
 * `make fuzz-load FUZZ_SECONDS=60`. Whatever the loader lets pass has a table
 * that can be read.
 */
#include "sched/api/core.h"
#include "tests/sched_load/try.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sched_ops *ops = NULL;
    char why[LOAD_WHY];

    if (!try_load(data, size, &ops, why) && sched_check(ops))
        __builtin_trap();
    return 0;
}
