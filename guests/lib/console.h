/*
 * The console. dom0 writes by CONSOLEIO_write; another domain writes into its
 * console ring and notifies; without a ring, CONSOLEIO_write is tried.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stddef.h>

/* Finds the ring. Once, at the start, after the shared info is mapped. */
void console_init(void);

/* Writes all of it; yields while the ring is full. Any vCPU, any context. */
void console_write(const char *text, size_t length);

/* Waits (bounded) until the other end has taken what was written. */
void console_flush(void);

#endif
