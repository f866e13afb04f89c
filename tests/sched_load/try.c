/*
 * try.c - see try.h.
 */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sched_load/try.h"

/* Next to each other, so that they reach each other. */
static uint8_t text[LOAD_AREA_MAX] ALIGNED(PAGE_SIZE);
static uint8_t constants[LOAD_AREA_MAX] ALIGNED(PAGE_SIZE);

static int place(const struct load_object *o, const struct sched_ops **ops,
                 char *why)
{
    struct load_memory m = { .text = text, .constants = constants };
    int rc = load_measure(o, &m.text_size, &m.constants_size, why);

    if (rc)
        return rc;
    if (m.text_size > sizeof(text) || m.constants_size > sizeof(constants))
        abort(); /* more than the front door says */
    ASAN_POISON_MEMORY_REGION(text + m.text_size, sizeof(text) - m.text_size);
    ASAN_POISON_MEMORY_REGION(constants + m.constants_size,
                              sizeof(constants) - m.constants_size);
    return load_place(o, &m, ops, why);
}

int try_load(const void *object, size_t size, const struct sched_ops **ops,
             char *why)
{
    const struct sched_ops *mine = NULL;
    void *copy = malloc(size ? size : 1);
    struct load_object o = { copy, size };
    int rc;

    if (!copy)
        abort();
    memcpy(copy, object, size);
    ASAN_UNPOISON_MEMORY_REGION(text, sizeof(text));
    ASAN_UNPOISON_MEMORY_REGION(constants, sizeof(constants));
    why[0] = '\0';
    rc = place(&o, ops ? ops : &mine, why);
    free(copy);
    if (!rc != !why[0])
        abort(); /* a reason, if and only if it is refused */
    return rc;
}
