/*
 * multiboot.c - struct boot_info from multiboot 1 or 2 information.
 *
 * Everything is copied, so that the loader's memory may be reused. Lengths in
 * the information are not trusted beyond its own total size. Sources: the
 * Multiboot Specification 0.6.96 and the Multiboot2 Specification 2.0.
 */
#include <string.h>
#include "xen/base/frame.h"
#include "xen/boot/boot.h"

#define MB1_LOADED 0x2badb002
#define MB2_LOADED 0x36d76289

/* ---- multiboot 2 ---- */
enum mb2_tag_type {
    MB2_END = 0,
    MB2_CMDLINE = 1,
    MB2_LOADER = 2,
    MB2_MODULE = 3,
    MB2_MEMORY_MAP = 6,
    MB2_FRAMEBUFFER = 8,
    MB2_EFI32 = 11,
    MB2_EFI64 = 12,
    MB2_RSDP_1 = 14,
    MB2_RSDP_2 = 15,
};

struct mb2_tag {
    uint32_t type, size;
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char cmdline[];
};

struct mb2_memory_map {
    struct mb2_tag tag;
    uint32_t entry_size, version;
};

struct mb2_memory_entry {
    uint64_t start, length;
    uint32_t type, zero;
};

struct mb2_framebuffer {
    struct mb2_tag tag;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bpp, kind;
    uint16_t reserved;
};

/* ---- multiboot 1 ---- */
#define MB1_HAS_CMDLINE    0x0004
#define MB1_HAS_MODULES    0x0008
#define MB1_HAS_MEMORY_MAP 0x0040
#define MB1_HAS_LOADER     0x0200

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
    uint32_t nr_modules, modules;
    uint32_t symbols[4];
    uint32_t memory_map_size, memory_map;
    uint32_t drives_size, drives, config, loader;
};

struct mb1_module {
    uint32_t start, end, cmdline, reserved;
};

struct PACKED mb1_memory_entry {
    uint32_t size; /* of what follows */
    uint64_t start, length;
    uint32_t type;
};

/* The copy of strings and of the ACPI root pointer, and boot_info itself. */
static struct {
    char strings[16384];
    size_t used;
    uint8_t rsdp[64];
} copies;

static struct boot_info gathered = { .loader = "unknown", .cmdline = "" };

extern const struct boot_info boot_info __attribute__((alias("gathered")));

static const char *copy_string(const char *s, size_t max)
{
    size_t length = strnlen(s, max);
    char *copy = copies.strings + copies.used;

    if (length >= sizeof(copies.strings) - copies.used)
        return "";
    memcpy(copy, s, length);
    copy[length] = '\0';
    copies.used += length + 1;
    return copy;
}

static const char *skip_word(const char *s)
{
    while (*s && *s != ' ')
        s++;
    while (*s == ' ')
        s++;
    return s;
}

/* Loaders other than GRUB 2 give the file's name first; Debian's menu entries
 * have the word `placeholder` in its place for GRUB 2. */
static const char *strip_name(const char *cmdline)
{
    while (*cmdline == ' ')
        cmdline++;
    if (strncmp(gathered.loader, "GRUB 2", 6))
        return skip_word(cmdline);
    if (!strncmp(cmdline, "placeholder", 11) &&
        (cmdline[11] == ' ' || !cmdline[11]))
        return skip_word(cmdline);
    return cmdline;
}

static void add_range(paddr_t start, paddr_t length, uint32_t type)
{
    struct boot_info *b = &gathered;
    unsigned i = b->nr_ranges;

    if (i == BOOT_RANGES || !length || start + length < start)
        return;
    for (; i && b->range[i - 1].start > start; i--)
        b->range[i] = b->range[i - 1];
    b->range[i] = (struct boot_range){ start, start + length, type };
    b->nr_ranges++;
}

/* Where two ranges overlap, what is not RAM wins. */
static void separate_ranges(void)
{
    struct boot_range *r = gathered.range;

    for (unsigned i = 0; i + 1 < gathered.nr_ranges; i++) {
        if (r[i].end <= r[i + 1].start)
            continue;
        if (r[i].type == BOOT_MEMORY_RAM)
            r[i].end = r[i + 1].start;
        else if (r[i + 1].end > r[i].end)
            r[i + 1].start = r[i].end;
        else
            r[i + 1] = (struct boot_range){ r[i].end, r[i].end, r[i].type };
    }
}

static void add_module(paddr_t start, paddr_t end, const char *cmdline,
                       size_t max)
{
    struct boot_info *b = &gathered;

    if (b->nr_modules == BOOT_MODULES || end < start)
        return;
    b->module[b->nr_modules++] =
        (struct boot_module){ start, end, copy_string(cmdline, max) };
}

static void take_memory_map2(const struct mb2_memory_map *map)
{
    const char *at = (const char *)(map + 1);
    const char *end = (const char *)map + map->tag.size;

    if (map->entry_size < sizeof(struct mb2_memory_entry))
        return;
    for (; at + map->entry_size <= end; at += map->entry_size) {
        const struct mb2_memory_entry *e = (const void *)at;

        add_range(e->start, e->length, e->type);
    }
}

static void take_framebuffer2(const struct mb2_framebuffer *f)
{
    struct boot_info *b = &gathered;

    b->screen = f->kind == 2 ? BOOT_SCREEN_TEXT : BOOT_SCREEN_PIXELS;
    b->screen_address = f->address;
    b->screen_width = f->width;
    b->screen_height = f->height;
    b->screen_pitch = f->pitch;
    b->screen_bpp = f->bpp;
}

static void take_rsdp2(const struct mb2_tag *tag)
{
    size_t size = tag->size - sizeof(*tag);

    if (size > sizeof(copies.rsdp))
        size = sizeof(copies.rsdp);
    memcpy(copies.rsdp, tag + 1, size);
    gathered.rsdp = image_to_paddr(copies.rsdp);
}

static void take_tag2(const struct mb2_tag *tag)
{
    const char *text = (const char *)(tag + 1);
    size_t size = tag->size - sizeof(*tag);

    switch (tag->type) {
    case MB2_CMDLINE:
        gathered.cmdline = copy_string(text, size);
        break;
    case MB2_LOADER:
        gathered.loader = copy_string(text, size);
        break;
    case MB2_MODULE:
        if (size > 8)
            add_module(((const struct mb2_module *)tag)->start,
                       ((const struct mb2_module *)tag)->end, text + 8,
                       size - 8);
        break;
    case MB2_MEMORY_MAP:
        if (size >= 8)
            take_memory_map2((const void *)tag);
        break;
    case MB2_FRAMEBUFFER:
        if (tag->size >= sizeof(struct mb2_framebuffer))
            take_framebuffer2((const void *)tag);
        break;
    case MB2_EFI64:
        if (size >= sizeof(paddr_t))
            memcpy(&gathered.efi_table, tag + 1, sizeof(paddr_t));
        gathered.efi = true;
        break;
    case MB2_EFI32:
        gathered.efi = true;
        break;
    case MB2_RSDP_1:
        if (!gathered.rsdp)
            take_rsdp2(tag);
        break;
    case MB2_RSDP_2:
        take_rsdp2(tag);
        break;
    default:
        break;
    }
}

static void gather2(paddr_t information)
{
    const char *base = paddr_to_virt(information);
    size_t total = *(const uint32_t *)(const void *)base;
    size_t at = 8;

    while (at + sizeof(struct mb2_tag) <= total) {
        const struct mb2_tag *tag = (const void *)(base + at);

        if (tag->type == MB2_END || tag->size < sizeof(*tag) ||
            tag->size > total - at)
            break;
        take_tag2(tag);
        at += (tag->size + 7u) & ~(size_t)7;
    }
}

static const char *string_at(uint32_t paddr)
{
    return paddr_to_virt(paddr);
}

static void gather1(paddr_t information)
{
    const struct mb1_info *info = paddr_to_virt(information);
    const struct mb1_module *m = paddr_to_virt(info->modules);
    uint32_t at = 0;

    if (info->flags & MB1_HAS_CMDLINE)
        gathered.cmdline = copy_string(string_at(info->cmdline), 4096);
    if (info->flags & MB1_HAS_LOADER)
        gathered.loader = copy_string(string_at(info->loader), 256);
    if (info->flags & MB1_HAS_MODULES)
        for (unsigned i = 0; i < info->nr_modules; i++)
            add_module(m[i].start, m[i].end, string_at(m[i].cmdline), 4096);
    if (!(info->flags & MB1_HAS_MEMORY_MAP))
        return;
    while (at + sizeof(struct mb1_memory_entry) <= info->memory_map_size) {
        const struct mb1_memory_entry *e = paddr_to_virt(info->memory_map + at);

        add_range(e->start, e->length, e->type);
        at += e->size + 4;
    }
}

bool boot_gather(uint32_t protocol, paddr_t information)
{
    struct boot_info *b = &gathered;

    if (protocol == MB2_LOADED)
        gather2(information);
    else if (protocol == MB1_LOADED)
        gather1(information);
    else
        return false;
    separate_ranges();
    b->cmdline = strip_name(b->cmdline);
    for (unsigned i = 0; i < b->nr_modules; i++)
        b->module[i].cmdline = strip_name(b->module[i].cmdline);
    if (b->screen == BOOT_SCREEN_NONE && !b->efi) {
        b->screen = BOOT_SCREEN_TEXT;
        b->screen_address = 0xb8000;
        b->screen_width = 80;
        b->screen_height = 25;
        b->screen_pitch = 160;
    }
    return true;
}
