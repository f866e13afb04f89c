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
/* The position that a toolstack's index (its low half) means; if it is not kept
 * any more, or never was, the oldest that is. */
uint64_t console_ring_position(uint32_t index);
/* What stands before that position is not to be read again. */
void console_ring_clear(uint64_t upto);

#endif
