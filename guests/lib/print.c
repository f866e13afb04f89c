/* The small printf of the guests: format into a buffer on the stack, write. */
#include "guests/lib/print.h"

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/console.h"

struct output {
    char *next;
    char *end; /* keeps room for the terminator */
};

struct spec {
    unsigned width;
    bool zero, left;
    unsigned longs;
};

static void put(struct output *out, char c)
{
    if (out->next < out->end)
        *out->next++ = c;
}

static void put_padded(struct output *out, const struct spec *spec,
                       const char *text, unsigned length)
{
    char pad = spec->zero && !spec->left ? '0' : ' ';

    if (pad == '0' && length && *text == '-') {
        put(out, '-');
        text++, length--;
        for (unsigned i = length + 1; i < spec->width; i++)
            put(out, pad);
    } else {
        for (unsigned i = length; !spec->left && i < spec->width; i++)
            put(out, pad);
    }
    for (unsigned i = 0; i < length; i++)
        put(out, text[i]);
    for (unsigned i = length; spec->left && i < spec->width; i++)
        put(out, ' ');
}

static void put_number(struct output *out, const struct spec *spec,
                       uint64_t value, bool negative, unsigned base)
{
    char digits[24];
    unsigned at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[--at] = '-';
    put_padded(out, spec, digits + at, (unsigned)sizeof(digits) - at);
}

static const char *parse_spec(const char *format, struct spec *spec)
{
    *spec = (struct spec){ 0 };
    for (; *format == '0' || *format == '-'; format++) {
        spec->zero |= *format == '0';
        spec->left |= *format == '-';
    }
    for (; *format >= '0' && *format <= '9'; format++)
        spec->width = spec->width * 10 + (unsigned)(*format - '0');
    for (; *format == 'l' || *format == 'z'; format++)
        spec->longs++;
    return format;
}

static void put_string(struct output *out, const struct spec *spec,
                       const char *text)
{
    unsigned length = 0;

    text = text ? text : "(null)";
    while (text[length])
        length++;
    put_padded(out, spec, text, length);
}

static size_t format_list(char *buffer, size_t size, const char *format,
                          va_list args)
{
    struct output out = { buffer, buffer + size - 1 };
    struct spec spec;

    for (; *format; format++) {
        if (*format != '%') {
            put(&out, *format);
            continue;
        }
        format = parse_spec(format + 1, &spec);
        if (*format == 'd' || *format == 'i') {
            int64_t v = spec.longs ? va_arg(args, long) : va_arg(args, int);

            put_number(&out, &spec, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0,
                       10);
        } else if (*format == 'u' || *format == 'x') {
            uint64_t v = spec.longs ? va_arg(args, unsigned long)
                                    : va_arg(args, unsigned);

            put_number(&out, &spec, v, false, *format == 'u' ? 10 : 16);
        } else if (*format == 'p') {
            put_number(&out, &spec, (uintptr_t)va_arg(args, void *), false, 16);
        } else if (*format == 's') {
            put_string(&out, &spec, va_arg(args, const char *));
        } else if (*format == 'c') {
            put(&out, (char)va_arg(args, int));
        } else if (*format) {
            put(&out, *format);
        } else {
            break;
        }
    }
    *out.next = 0;
    return (size_t)(out.next - buffer);
}

void print_list(const char *format, va_list args)
{
    char buffer[256];

    console_write(buffer, format_list(buffer, sizeof(buffer), format, args));
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_list(format, args);
    va_end(args);
}

size_t print_to(char *buffer, size_t size, const char *format, ...)
{
    size_t length;
    va_list args;

    va_start(args, format);
    length = format_list(buffer, size, format, args);
    va_end(args);
    return length;
}
