/*
 * payload.c - finding the kernel inside of a bzImage, or of a plain file.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/dom/unpack.h"

/* Offsets in the first sectors of a bzImage: Linux/x86 boot protocol. */
enum {
    SETUP_SECTORS = 0x1f1,
    BOOT_FLAG = 0x1fe,
    HEADER_MAGIC = 0x202,
    PROTOCOL_VERSION = 0x206,
    PAYLOAD_OFFSET = 0x248,
    PAYLOAD_LENGTH = 0x24c,
    HEADER_END = 0x250,
};

static uint32_t read32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static bool is_bzimage(const uint8_t *file, size_t size)
{
    return size >= HEADER_END && file[BOOT_FLAG] == 0x55 &&
           file[BOOT_FLAG + 1] == 0xaa &&
           memcmp(file + HEADER_MAGIC, "HdrS", 4) == 0;
}

/* Narrow *out from the file to the payload of the bzImage that it is. */
static int open_bzimage(struct payload *out, const char **why)
{
    const uint8_t *file = out->data;
    size_t sectors = file[SETUP_SECTORS] ? file[SETUP_SECTORS] : 4;
    size_t start = (sectors + 1) * 512;
    size_t offset = read32(file + PAYLOAD_OFFSET);
    size_t length = read32(file + PAYLOAD_LENGTH);

    if (file[PROTOCOL_VERSION + 1] < 2 ||
        (file[PROTOCOL_VERSION + 1] == 2 && file[PROTOCOL_VERSION] < 8)) {
        *why = "it is a bzImage of before 2008, which has no ELF payload";
        return -XEN_EINVAL;
    }
    if (length < 8 || start > out->size || offset > out->size - start ||
        length > out->size - start - offset) {
        *why = "it is cut short";
        return -XEN_EINVAL;
    }
    out->data = file + start + offset;
    out->size = length;
    return 0;
}

static const struct {
    enum payload_kind kind;
    const char *magic;
    size_t length;
    size_t trailer; /* bytes after the stream that give its unpacked size */
} kinds[] = {
    { PAYLOAD_ELF, "\177ELF", 4, 0 },
    { PAYLOAD_GZIP, "\037\213\010", 3, 0 }, /* the stream's own last word */
    { PAYLOAD_XZ, "\3757zXZ", 6, 4 },
    { PAYLOAD_ZSTD, "\050\265\057\375", 4, 4 },
};

static int identify(struct payload *out, const char **why)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(kinds); i++)
        if (out->size >= 16 &&
            memcmp(out->data, kinds[i].magic, kinds[i].length) == 0)
            break;
    if (i == ARRAY_SIZE(kinds)) {
        *why = "it is neither ELF nor compressed by gzip, xz or zstd";
        return -XEN_EINVAL;
    }
    out->kind = kinds[i].kind;
    out->unpacked_size = out->kind == PAYLOAD_ELF
                             ? out->size
                             : read32(out->data + out->size - 4);
    out->size -= kinds[i].trailer;
    if (out->unpacked_size == 0 || out->unpacked_size > UNPACK_LIMIT) {
        *why = "the size that it says it unpacks to is impossible";
        return -XEN_EINVAL;
    }
    return 0;
}

int payload_find(const void *file, size_t size, struct payload *out,
                 const char **why)
{
    int rc;

    out->data = file;
    out->size = size;
    if (is_bzimage(file, size)) {
        rc = open_bzimage(out, why);
        if (rc)
            return rc;
    }
    return identify(out, why);
}
