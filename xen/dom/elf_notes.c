/*
 * elf_notes.c - what a paravirtual kernel says of itself, in ELF notes of
 * owner "Xen" or in the legacy string of a __xen_guest section.
 *
 * A damaged note ends the reading: what came before it counts.
 */
#include <elf.h>
#include <string.h>
#include <xen/elfnote.h>
#include <xen/features.h>
#include "xen/dom/elf_private.h"

static uint64_t note_number(const uint8_t *desc, size_t size)
{
    uint64_t value = 0;
    size_t i;

    for (i = size < 8 ? size : 8; i > 0; i--)
        value = value << 8 | desc[i - 1];
    return value;
}

static void copy_text(char *to, size_t room, const uint8_t *from, size_t size)
{
    size_t i;

    for (i = 0; i + 1 < room && i < size && from[i]; i++)
        to[i] = (char)from[i];
    to[i] = '\0';
}

static bool text_is(const uint8_t *text, size_t size, const char *word)
{
    return size == strlen(word) && memcmp(text, word, size) == 0;
}

/* Features that a kernel may require ("!name") of a PV guest's machine. */
static bool feature_offered(const uint8_t *name, size_t size)
{
    static const char *const offered[] = {
        "writable_page_tables",
        "writable_descriptor_tables",
        "pae_pgdir_above_4gb",
        "mmu_pt_update_preserve_ad",
        "highmem_assist",
        "gnttab_map_avail_bits",
        "dom0",
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(offered); i++)
        if (text_is(name, size, offered[i]))
            return true;
    return false;
}

/* "name|!name|name": '!' marks those that are required. */
static void take_features(const uint8_t *text, size_t size, struct elf_facts *f)
{
    size_t at = 0;

    while (at < size && text[at]) {
        size_t end = at;
        bool required = text[at] == '!';

        while (end < size && text[end] && text[end] != '|')
            end++;
        at += required;
        if (required && !feature_offered(text + at, end - at))
            f->unsupported = true;
        at = end < size && text[end] == '|' ? end + 1 : end;
    }
}

static void take_note(uint32_t type, const uint8_t *desc, size_t size,
                      struct elf_facts *f)
{
    uint64_t number = note_number(desc, size);

    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        f->has_entry = true;
        f->entry = number;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        f->has_hypercall = true;
        f->hypercall = number;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        f->has_base = true;
        f->base = number;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        f->has_offset = true;
        f->offset = number;
        break;
    case XEN_ELFNOTE_INIT_P2M:
        f->has_p2m = true;
        f->p2m = number;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        f->module_pfn = number != 0;
        break;
    case XEN_ELFNOTE_GUEST_OS:
        copy_text(f->os, sizeof(f->os), desc, size);
        break;
    case XEN_ELFNOTE_FEATURES:
        take_features(desc, size, f);
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        f->no_dom0 = ((number >> XENFEAT_dom0) & 1) == 0;
        break;
    default: /* informative, or for other kinds of guest */
        break;
    }
}

void elf_take_notes(const uint8_t *data, size_t size, struct elf_facts *f)
{
    size_t at = 0;

    while (size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr n;
        size_t name, desc;

        memcpy(&n, data + at, sizeof(n));
        at += sizeof(n);
        name = ((size_t)n.n_namesz + 3) & ~(size_t)3;
        desc = ((size_t)n.n_descsz + 3) & ~(size_t)3;
        if (name > size - at || n.n_descsz > size - at - name)
            return;
        if (n.n_namesz == 4 && memcmp(data + at, "Xen", 4) == 0) {
            f->any = true;
            take_note(n.n_type, data + at + name, n.n_descsz, f);
        }
        if (desc > size - at - name)
            return;
        at += name + desc;
    }
}

/* "0x..." or decimal. */
static uint64_t legacy_number(const uint8_t *text, size_t size)
{
    unsigned base = 10;
    uint64_t value = 0;
    size_t i = 0;

    if (size > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
        base = 16;
        i = 2;
    }
    for (; i < size; i++) {
        unsigned c = text[i] | 0x20u;
        unsigned digit = c >= 'a' ? c - 'a' + 10 : (unsigned)text[i] - '0';

        if (digit >= base)
            break;
        value = value * base + digit;
    }
    return value;
}

static void take_legacy_pair(const uint8_t *key, size_t key_size,
                             const uint8_t *value, size_t size,
                             struct elf_facts *f)
{
    uint64_t number = legacy_number(value, size);

    if (text_is(key, key_size, "VIRT_BASE")) {
        f->has_base = true;
        f->base = number;
    } else if (text_is(key, key_size, "VIRT_ENTRY")) {
        f->has_entry = true;
        f->entry = number;
    } else if (text_is(key, key_size, "ELF_PADDR_OFFSET")) {
        f->has_offset = true;
        f->offset = number;
    } else if (text_is(key, key_size, "HYPERCALL_PAGE")) {
        f->has_hypercall_frame = true;
        f->hypercall_frame = number;
    } else if (text_is(key, key_size, "FEATURES")) {
        take_features(value, size, f);
    } else if (text_is(key, key_size, "GUEST_OS")) {
        copy_text(f->os, sizeof(f->os), value, size);
    }
}

void elf_take_legacy(const uint8_t *data, size_t size, struct elf_facts *f)
{
    size_t at = 0;

    f->any = true;
    f->legacy = true;
    while (at < size && data[at]) {
        size_t end = at, equals;

        while (end < size && data[end] && data[end] != ',')
            end++;
        for (equals = at; equals < end && data[equals] != '='; equals++)
            ;
        if (equals < end)
            take_legacy_pair(data + at, equals - at, data + equals + 1,
                             end - equals - 1, f);
        at = end < size && data[end] == ',' ? end + 1 : end;
    }
}
