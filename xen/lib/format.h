/*
 * format.h - printf's formatting, without its I/O: pure, also on the host.
 *
 * %d %i %u %x %X %o %c %s %p %% with flags - 0 # + and space, a width (or *),
 * a precision for numbers and strings, and the lengths hh h l ll z t j. No
 * floating point, no %n. %s of NULL gives "(null)".
 */
#ifndef XEN_LIB_FORMAT_H
#define XEN_LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As snprintf: writes at most size bytes with the final NUL, and returns how
 * long the whole text would be. Any context. */
size_t format_text(char *out, size_t size, const char *format, ...)
    PRINTF(3, 4);
size_t format_textv(char *out, size_t size, const char *format, va_list args)
    PRINTF(3, 0);

#endif
