/*
 * load.h - taking a compiled plug-in into a running host.
 *
 * A plug-in object is what `make plugin DIR=...` makes: an ELF64 relocatable
 * for x86-64 with one SCHED_PLUGIN(), no writable data, a note that says for
 * which version of sched.h it was compiled, and no undefined symbol but the
 * services (sched/api/services.def). The same object is loaded by the
 * hypervisor at boot and by programs on the host.
 *
 * Pure C: the host brings the object's bytes and two pieces of memory, and
 * makes the first executable and both read-only when all is done. The bytes are
 * not trusted: each offset, size and index is compared with what is there
 * before it is used, so a damaged object is refused, with the reason in one
 * line, and never harms the loader. (An object that is well-formed is code that
 * will run with the host's rights: who may put it on a boot line is trusted.)
 *
 * Calls of services reach 2 GiB; where a service is farther away, as it may be
 * in a process, they go by way of a stub at the end of the text.
 *
 * No locks, no allocation; one caller at a time.
 */
#ifndef SCHED_LOAD_LOAD_H
#define SCHED_LOAD_LOAD_H

#include "sched/api/sched.h"

#define LOAD_WHY      160u              /* enough for any reason */
#define LOAD_AREA_MAX ((size_t)1 << 20) /* of code, and of constants */

struct load_object {
    const void *data;
    size_t size;
};

/* Where a plug-in is to stand: page-aligned pieces within 2 GiB of each other,
 * writable while load_place() is at work. */
struct load_memory {
    uint8_t *text, *constants;
    size_t text_size, constants_size; /* bytes */
};

/* How many bytes of each it needs; looks at all that can be checked before.
 * 0; or a negative errno, and why[LOAD_WHY] says what is wrong. */
int load_measure(const struct load_object *o, size_t *text_size,
                 size_t *constants_size, char *why);

/* Copy and relocate it to *m, which has room for what load_measure() said, and
 * check its table. 0 and *ops, or as above. */
int load_place(const struct load_object *o, const struct load_memory *m,
               const struct sched_ops **ops, char *why);

/* Add it to the registry. 0, or as above. */
int load_register(const struct sched_ops *ops, char *why);

#endif
