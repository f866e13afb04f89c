/*
 * fatal.h - the processor's part of a panic: registers, backtrace, the end.
 */
#ifndef XEN_ARCH_X86_FATAL_H
#define XEN_ARCH_X86_FATAL_H

#include <xen/xen.h>
#include "xen/lib/types.h"

/* An exception that the hypervisor itself raised and that has no fix-up:
 * panic with its registers. entry_vector and error_code say which. */
void fatal_trap(const struct cpu_user_regs *regs) NORETURN;

void fatal_show_registers(const struct cpu_user_regs *regs);
/* Control registers, and those of the guest on whose stack we are, if any. */
void fatal_show_context(void);
/* Follow the frame pointers from `frame` on, naming functions. */
void fatal_show_backtrace(uintptr_t frame);
/* "name+0x12" for an address in the image's text, "lottery.o:.text+0x12" in
 * code that was loaded at boot, else the number. */
void fatal_name(char *out, size_t size, uintptr_t address);

/* The nth function of the image by address, its name; NULL: there are not so
 * many. */
const char *fatal_symbol(uint32_t n, uintptr_t *address);

/* Remember whose code stands at `start`; name stays where it is. At boot. */
void fatal_add_text(const void *start, size_t size, const char *name);

/* Stop the other CPUs, whatever they do (by NMI). */
void fatal_stop_others(void);
void fatal_reboot(void) NORETURN;

#endif
