/*
 * boot_info.h - what the boot loader told us, whichever protocol it speaks.
 *
 * xen/boot/ fills the one struct boot_info before anything else runs, copying
 * all strings and tables out of the loader's memory, which is then free. The
 * modules' own bytes stay where the loader put them: the frame allocator must
 * leave [start, end) of each module alone until dom/ has taken it in.
 *
 * During boot, physical addresses below 4 GiB are mapped at 0 (identity) and
 * at DIRECTMAP_START; the image at IMAGE_START. paging_init() makes the final
 * tables. boot_pml4 (with the identity map) stays as it is: application
 * processors come up on it.
 */
#ifndef XEN_ARCH_X86_BOOT_INFO_H
#define XEN_ARCH_X86_BOOT_INFO_H

#include "xen/arch/x86/layout.h"
#include "xen/lib/types.h"

/* Types of memory, as in ACPI's E820 map. */
enum boot_memory_type {
    BOOT_MEMORY_RAM = 1,
    BOOT_MEMORY_RESERVED = 2,
    BOOT_MEMORY_ACPI = 3, /* tables; could be reclaimed, isn't */
    BOOT_MEMORY_NVS = 4,
    BOOT_MEMORY_BAD = 5,
};

struct boot_range {
    paddr_t start, end; /* [start, end) */
    uint32_t type;      /* enum boot_memory_type, or what else firmware says */
};

struct boot_module {
    paddr_t start, end;  /* [start, end); page-aligned start */
    const char *cmdline; /* without a leading file name; never NULL */
};

enum boot_screen { BOOT_SCREEN_NONE, BOOT_SCREEN_TEXT, BOOT_SCREEN_PIXELS };

#define BOOT_RANGES  256u
#define BOOT_MODULES 64u

struct boot_info {
    const char *loader;  /* its name */
    const char *cmdline; /* the hypervisor's own; never NULL */
    unsigned nr_ranges;  /* sorted by start, without overlap */
    struct boot_range range[BOOT_RANGES];
    unsigned nr_modules;
    struct boot_module module[BOOT_MODULES];
    paddr_t rsdp; /* ACPI root pointer; 0: not given, search for it */
    enum boot_screen screen;
    paddr_t screen_address;
    unsigned screen_width, screen_height; /* characters, or pixels */
    unsigned screen_pitch;                /* bytes from line to line */
    unsigned screen_bpp;                  /* bits a pixel */
    bool efi;                             /* booted by UEFI firmware */
    paddr_t efi_table; /* its system table; 0: not known, or 32-bit */
};

/* The only one; constant once main() runs. */
extern const struct boot_info boot_info;

/* Bounds of the image and of its parts, by link address; page-aligned. */
extern char image_start[], image_end[];
extern char text_start[], text_end[];
extern char rodata_start[], rodata_end[];
extern char data_start[]; /* up to image_end */

/* Physical address of something in the image. */
static inline paddr_t image_to_paddr(const void *p)
{
    return (paddr_t)((uintptr_t)p - IMAGE_OFFSET);
}

#endif
