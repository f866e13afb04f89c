/*
 * console_private.h - the console's doors for start-up, panic and sysctl.
 */
#ifndef XEN_BASE_CONSOLE_PRIVATE_H
#define XEN_BASE_CONSOLE_PRIVATE_H

#include "xen/arch/x86/boot_info.h"

/* Open the devices that the options name, and write out what the ring holds. */
void console_init(const struct boot_info *info);
/* Let input come by interrupt; interrupts are routed. */
void console_init_input(void);

/* A character has come; interrupt context, interrupts off (keys.c). */
void console_take(char c);

/* From now on no lock is taken: the holder may be dead. */
void console_force(void);

/* Copy what was written from position *from on (0: the oldest that is kept)
 * to out, move *from past it, and return how many bytes. */
size_t console_ring_read(uint64_t *from, char *out, size_t size);
/* Where reading from the beginning begins; and let it begin at `position`. */
uint64_t console_ring_start(void);
void console_ring_clear(uint64_t position);

#endif
