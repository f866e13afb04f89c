/*
 * unpack.h - from a kernel file as distributions ship it to its ELF image.
 *
 * A bzImage wraps the kernel, usually compressed (the Linux/x86 boot protocol,
 * Documentation/arch/x86/boot.rst: payload_offset, payload_length). gzip, xz
 * and zstd are undone by zlib, liblzma and libzstd, at boot only, before any
 * guest runs. Files are hostile: the libraries check theirs, we the wrapping.
 */
#ifndef XEN_DOM_UNPACK_H
#define XEN_DOM_UNPACK_H

#include "xen/lib/types.h"

enum payload_kind { PAYLOAD_ELF, PAYLOAD_GZIP, PAYLOAD_XZ, PAYLOAD_ZSTD };

struct payload {
    enum payload_kind kind;
    const uint8_t *data;
    size_t size;          /* of the compressed stream */
    size_t unpacked_size; /* as the file says; PAYLOAD_ELF: same as size */
};

#define UNPACK_LIMIT ((size_t)1 << 30) /* of a sane kernel */

/* Pure: find the kernel in a file. 0, or -EINVAL with *why a phrase. */
int payload_find(const void *file, size_t size, struct payload *out,
                 const char **why);

/* Unpack a compressed payload into out, which has p->unpacked_size bytes. 0;
 * -EINVAL: damaged; -ENOMEM. Boot only, on the boot stack. */
int payload_unpack(const struct payload *p, void *out, const char **why);

/* The processor as the libraries expect it: SSE, and a word at FS:0x28 for
 * their stack protector. Between the two, nothing may be scheduled. */
struct unpack_state {
    uint64_t cr0, cr4;
};
void unpack_begin(struct unpack_state *s);
void unpack_end(const struct unpack_state *s);

#endif
