/*
 * elf.h - a paravirtual kernel: its segments, and what its Xen notes say.
 *
 * Pure: reads a file in memory and checks every length; the file is hostile.
 * Nothing is copied: the segments point into the file.
 */
#ifndef XEN_DOM_ELF_H
#define XEN_DOM_ELF_H

#include "xen/lib/types.h"

#define ELF_SEGMENTS 16u

struct elf_segment {
    uint64_t start;      /* guest virtual address */
    const uint8_t *data; /* file_size bytes */
    uint64_t file_size;
    uint64_t memory_size; /* the rest is zero */
};

struct elf_kernel {
    uint64_t entry;      /* guest virtual addresses */
    uint64_t virt_base;  /* where pfn 0 is mapped */
    uint64_t start, end; /* of the image: [start, end) */
    uint64_t hypercall_page;
    uint64_t p2m; /* where it wants the frame list */
    bool has_hypercall_page, has_p2m;
    bool unmapped_module; /* takes an initrd that is not mapped */
    bool no_dom0;         /* its features say: not as dom0 */
    char os[16];          /* GUEST_OS note, for the log */
    unsigned nr_segments;
    struct elf_segment segment[ELF_SEGMENTS];
};

/* Fill in *out from a file of size bytes. 0, or -EINVAL (-ENOEXEC: no ELF
 * file at all) with *why, a phrase such as "it is cut short". */
int elf_parse(const void *file, size_t size, struct elf_kernel *out,
              const char **why);

#endif
