/*
 * unpack.c - gzip, xz and zstd, by the libraries that everybody uses.
 *
 * Each is called once, from whole buffer to whole buffer, and must produce
 * exactly the size that the file said.
 */
#define ZLIB_CONST /* its input is not written to */
#include <string.h>
#include <lzma.h>
#include <xen/errno.h>
#include <zlib.h>
#include <zstd.h>
#include "xen/dom/unpack.h"

static int damaged(const char **why)
{
    *why = "its compressed part is damaged or cut short";
    return -XEN_EINVAL;
}

static int no_memory(const char **why)
{
    *why = "there is too little memory to unpack it";
    return -XEN_ENOMEM;
}

static int unpack_gzip(const struct payload *p, void *out, const char **why)
{
    z_stream z;
    int rc;

    memset(&z, 0, sizeof(z));
    z.next_in = p->data;
    z.avail_in = (uInt)p->size;
    z.next_out = out;
    z.avail_out = (uInt)p->unpacked_size;
    rc = inflateInit2(&z, 15 + 16); /* the largest window; a gzip header */
    if (rc == Z_OK) {
        rc = inflate(&z, Z_FINISH);
        (void)inflateEnd(&z);
    }
    if (rc == Z_MEM_ERROR)
        return no_memory(why);
    return rc == Z_STREAM_END && z.avail_out == 0 ? 0 : damaged(why);
}

static int unpack_xz(const struct payload *p, void *out, const char **why)
{
    uint64_t limit = UINT64_MAX;
    size_t in_at = 0, out_at = 0;
    lzma_ret rc;

    rc = lzma_stream_buffer_decode(&limit, 0, NULL, p->data, &in_at, p->size,
                                   out, &out_at, p->unpacked_size);
    if (rc == LZMA_MEM_ERROR)
        return no_memory(why);
    return rc == LZMA_OK && out_at == p->unpacked_size ? 0 : damaged(why);
}

/* One frame only, whose magic number has been seen: so the decoders of old
 * formats, which want large stacks, are never entered. */
static int unpack_zstd(const struct payload *p, void *out, const char **why)
{
    size_t frame = ZSTD_findFrameCompressedSize(p->data, p->size);
    size_t rc;

    if (ZSTD_isError(frame) || frame > p->size)
        return damaged(why);
    rc = ZSTD_decompress(out, p->unpacked_size, p->data, frame);
    return rc == p->unpacked_size ? 0 : damaged(why);
}

int payload_unpack(const struct payload *p, void *out, const char **why)
{
    switch (p->kind) {
    case PAYLOAD_ELF:
        memcpy(out, p->data, p->size);
        return 0;
    case PAYLOAD_GZIP:
        return unpack_gzip(p, out, why);
    case PAYLOAD_XZ:
        return unpack_xz(p, out, why);
    case PAYLOAD_ZSTD:
        return unpack_zstd(p, out, why);
    }
    return damaged(why);
}
