/*
 * Formatted output to the console: %c %s %d %i %u %x %p %%, with l or ll or z,
 * a width and a leading 0 or -. A call's text is written whole, up to 255
 * bytes.
 */
#ifndef GUEST_PRINT_H
#define GUEST_PRINT_H

#include <stdarg.h>
#include <stddef.h>

void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_list(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));

/* Into a buffer, cut to size and terminated. Returns the length written. */
size_t print_to(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
