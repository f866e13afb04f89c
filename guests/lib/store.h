/*
 * The store, as a domain that the toolstack made reaches it: one question at a
 * time, by the ring of start_info (<xen/io/xs_wire.h>). Paths are relative to
 * the domain's own home, or absolute.
 */
#ifndef GUEST_STORE_H
#define GUEST_STORE_H

#include <stdbool.h>
#include <stddef.h>

/* False: nobody gave us a store. Once. */
bool store_init(void);

/* The text at a path, cut to size and terminated. False: it is not there. */
bool store_read(const char *path, char *out, size_t size);
bool store_write(const char *path, const char *text);
bool store_write_number(const char *path, unsigned value);

/* Until the text at a path is this. */
void store_wait(const char *path, const char *text);

#endif
