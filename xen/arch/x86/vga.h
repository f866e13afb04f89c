/*
 * vga.h - the VGA text screen. Any context; the caller holds the console lock.
 */
#ifndef XEN_ARCH_X86_VGA_H
#define XEN_ARCH_X86_VGA_H

#include "xen/arch/x86/boot_info.h"

/* Take the screen if it is a text screen; else nothing is ever written. */
void vga_init(const struct boot_info *info);
/* The final page tables are in force: map the screen anew. */
void vga_map(void);
void vga_write(const char *text, size_t length);

#endif
