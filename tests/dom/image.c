/*
 * image.c - see image.h.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>
#include "tests/dom/image.h"

#define NOTES  0x400u
#define LEGACY 0x600u
#define NAMES  0x700u
#define TEXT   0x1000u

static size_t put_note(uint8_t *at, uint32_t type, const void *desc,
                       uint32_t size)
{
    Elf64_Nhdr n = { .n_namesz = 4, .n_descsz = size, .n_type = type };

    memcpy(at, &n, sizeof(n));
    memcpy(at + sizeof(n), "Xen", 4);
    memcpy(at + sizeof(n) + 4, desc, size);
    return sizeof(n) + 4 + ((size + 3u) & ~(size_t)3);
}

static size_t put_number(uint8_t *at, uint32_t type, uint64_t value)
{
    return put_note(at, type, &value, sizeof(value));
}

static size_t put_text(uint8_t *at, uint32_t type, const char *text)
{
    return put_note(at, type, text, (uint32_t)strlen(text) + 1);
}

static size_t put_notes(uint8_t *at)
{
    uint8_t *p = at;

    p += put_text(p, XEN_ELFNOTE_GUEST_OS, "linux");
    p += put_number(p, XEN_ELFNOTE_VIRT_BASE, IMAGE_BASE);
    p += put_number(p, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    p += put_number(p, XEN_ELFNOTE_ENTRY, IMAGE_BASE + 0x1000010);
    p += put_number(p, XEN_ELFNOTE_HYPERCALL_PAGE, IMAGE_BASE + 0x1000000);
    p += put_text(p, XEN_ELFNOTE_FEATURES,
                  "!writable_page_tables|pae_pgdir_above_4gb");
    p += put_number(p, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801);
    p += put_number(p, XEN_ELFNOTE_MOD_START_PFN, 1);
    return (size_t)(p - at);
}

static void put_header(uint8_t *image, uint16_t phnum, uint16_t shnum)
{
    Elf64_Ehdr h = { .e_type = ET_EXEC,
                     .e_machine = EM_X86_64,
                     .e_version = 1,
                     .e_entry = IMAGE_BASE + 0x1000000,
                     .e_phoff = sizeof(h),
                     .e_shoff = 0x300,
                     .e_ehsize = sizeof(h),
                     .e_phentsize = sizeof(Elf64_Phdr),
                     .e_phnum = phnum,
                     .e_shentsize = sizeof(Elf64_Shdr),
                     .e_shnum = shnum,
                     .e_shstrndx = 1 };

    memcpy(h.e_ident, ELFMAG, SELFMAG);
    h.e_ident[EI_CLASS] = ELFCLASS64;
    h.e_ident[EI_DATA] = ELFDATA2LSB;
    memcpy(image, &h, sizeof(h));
}

static void put_segments(uint8_t *image, size_t notes)
{
    Elf64_Phdr p[3] = {
        { .p_type = PT_LOAD,
          .p_offset = TEXT,
          .p_paddr = 0x1000000,
          .p_filesz = 0x800,
          .p_memsz = 0x800 },
        { .p_type = PT_LOAD,
          .p_offset = TEXT + 0x800,
          .p_paddr = 0x1001000,
          .p_filesz = 0x800,
          .p_memsz = 0x5000 },
        { .p_type = PT_NOTE, .p_offset = NOTES, .p_filesz = notes },
    };

    memcpy(image + sizeof(Elf64_Ehdr), p, sizeof(p));
}

void image_make(uint8_t image[IMAGE_SIZE])
{
    memset(image, 0, IMAGE_SIZE);
    put_header(image, 3, 0);
    put_segments(image, put_notes(image + NOTES));
    memset(image + TEXT, 0x90, 0x1000);
}

void image_make_legacy(uint8_t image[IMAGE_SIZE])
{
    static const char facts[] =
        "GUEST_OS=old,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
        "ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x1001,FEATURES=";
    static const char names[] = "\0__xen_guest\0.names";
    Elf64_Shdr s[3] = {
        { .sh_type = SHT_NULL },
        { .sh_name = 13,
          .sh_type = SHT_STRTAB,
          .sh_offset = NAMES,
          .sh_size = sizeof(names) },
        { .sh_name = 1,
          .sh_type = SHT_PROGBITS,
          .sh_offset = LEGACY,
          .sh_size = sizeof(facts) },
    };

    memset(image, 0, IMAGE_SIZE);
    put_header(image, 2, 3);
    put_segments(image, 0);
    memcpy(image + 0x300, s, sizeof(s));
    memcpy(image + LEGACY, facts, sizeof(facts));
    memcpy(image + NAMES, names, sizeof(names));
}

void *image_cut(const void *from, size_t size)
{
    void *copy = malloc(size ? size : 1);

    if (copy)
        memcpy(copy, from, size);
    return copy;
}
