/*
 * elf_private.h - between elf.c and elf_notes.c.
 */
#ifndef XEN_DOM_ELF_PRIVATE_H
#define XEN_DOM_ELF_PRIVATE_H

#include "xen/dom/elf.h"

/* What the notes gave, before it is checked against the segments. */
struct elf_facts {
    bool any; /* there are Xen notes, of either kind */
    bool has_entry, has_base, has_offset;
    uint64_t entry, base, offset;
    bool legacy;              /* from a __xen_guest section */
    bool has_hypercall_frame; /* legacy: a frame number, not an address */
    uint64_t hypercall_frame;
    bool has_hypercall, has_p2m, module_pfn;
    uint64_t hypercall, p2m;
    bool unsupported, no_dom0;
    char os[16];
};

/* An ELF note section, and the legacy string "KEY=value,KEY=value". */
void elf_take_notes(const uint8_t *data, size_t size, struct elf_facts *f);
void elf_take_legacy(const uint8_t *data, size_t size, struct elf_facts *f);

#endif
