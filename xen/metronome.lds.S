/*
 * metronome.lds.S - where the parts of the image go.
 *
 * Linked at IMAGE_START (PML4 slot 261), loaded at IMAGE_PHYS. Three parts
 * with their own rights, each page-aligned: text, rodata, data. Tables that
 * modules fill from afar are sections named as C identifiers; the linker makes
 * __start_NAME and __stop_NAME for them. The constant ones are listed, so that
 * they can't be written to, and exist even when they are empty.
 *
 * Room is set aside for plug-ins that are loaded at boot (xen/boot/plugins.c).
 */
#include "xen/arch/x86/layout.h"

#define PLUGIN_TEXT   0x20000
#define PLUGIN_RODATA 0x10000

#define TABLE(name)                                   \
    name : AT(ADDR(name) - IMAGE_OFFSET) {            \
        . = ALIGN(8);                                 \
        __start_##name = .;                           \
        KEEP(*(name))                                 \
        __stop_##name = .;                            \
    } :rodata

OUTPUT_FORMAT("elf64-x86-64")
ENTRY(boot_entry)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
}

SECTIONS
{
    . = IMAGE_START;
    image_start = .;
    text_start = .;
    .text : AT(IMAGE_PHYS) {
        KEEP(*(.multiboot))
        *(.text.boot)
        *(.text.hot .text.hot.*)
        *(.text .text.*)
    } :text
    .plugin_text : AT(ADDR(.plugin_text) - IMAGE_OFFSET) {
        . = ALIGN(4096);
        plugin_text_start = .;
        FILL(0xcc) /* int3 */
        . += PLUGIN_TEXT;
        plugin_text_end = .;
    } :text
    . = ALIGN(4096);
    text_end = .;

    rodata_start = .;
    .rodata : AT(ADDR(.rodata) - IMAGE_OFFSET) {
        *(.rodata .rodata.*)
        *(.data.rel.ro .data.rel.ro.*)
        *(.got .got.*)
    } :rodata
    .ex_table : AT(ADDR(.ex_table) - IMAGE_OFFSET) {
        . = ALIGN(8);
        __start_ex_table = .;
        KEEP(*(.ex_table))
        __stop_ex_table = .;
    } :rodata
    TABLE(sched_plugins)
    TABLE(cmdline_options)
    .symtab_metronome : AT(ADDR(.symtab_metronome) - IMAGE_OFFSET) {
        KEEP(*(.symtab_metronome))
    } :rodata
    .eh_frame : AT(ADDR(.eh_frame) - IMAGE_OFFSET) {
        *(.eh_frame .eh_frame.*)
    } :rodata
    .plugin_rodata : AT(ADDR(.plugin_rodata) - IMAGE_OFFSET) {
        . = ALIGN(4096);
        plugin_rodata_start = .;
        . += PLUGIN_RODATA;
        plugin_rodata_end = .;
    } :rodata
    . = ALIGN(4096);
    rodata_end = .;

    data_start = .;
    .data : AT(ADDR(.data) - IMAGE_OFFSET) {
        *(.data.page_aligned)
        *(.data .data.*)
    } :data
    .percpu : AT(ADDR(.percpu) - IMAGE_OFFSET) {
        . = ALIGN(64);
        percpu_start = .;
        *(.percpu)
        . = ALIGN(64);
        *(.percpu.shared)
        . = ALIGN(64);
        percpu_end = .;
    } :data
    .bss (NOLOAD) : AT(ADDR(.bss) - IMAGE_OFFSET) {
        *(.bss.page_aligned)
        *(.bss .bss.* COMMON)
        . = ALIGN(64);
        percpu_initial = .;
        . += SIZEOF(.percpu);
        . = ALIGN(4096);
    } :data
    image_end = .;

    /DISCARD/ : {
        *(.comment .note .note.* .gnu.* .eh_frame_hdr)
    }
}

ASSERT(image_end - image_start <= 0x600000,
       "the image must end below 8 MiB, where UEFI firmware keeps its own")
ASSERT(SIZEOF(.percpu) <= 65536, "per-CPU data is small")
ASSERT((percpu_start & 63) == 0, "per-CPU data starts on a cache line")
ASSERT(boot_entry - text_start < 4096, "the header stands in the first page")
ASSERT(SIZEOF(.ex_table) % 16 == 0, "exception table: pairs of addresses")
