/*
 * format.c - printf's formatting into a buffer of fixed size.
 *
 * A conversion is parsed into a struct spec, its argument made into digits or
 * a string, and put out with its padding. What does not fit is counted only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "xen/lib/format.h"

struct sink {
    char *out;
    size_t size, used;
};

struct spec {
    bool left, zero, alternate, plus, space;
    int width;
    int precision; /* -1: none */
    int length;    /* bytes of an integer */
    char conversion;
};

static void put(struct sink *s, char c)
{
    if (s->used + 1 < s->size)
        s->out[s->used] = c;
    s->used++;
}

static void put_times(struct sink *s, char c, int times)
{
    while (times-- > 0)
        put(s, c);
}

static const char *parse_number(const char *f, int *number)
{
    int n = 0;

    for (; *f >= '0' && *f <= '9'; f++)
        if (n < 10000)
            n = n * 10 + (*f - '0');
    *number = n;
    return f;
}

static const char *parse_flags(const char *f, struct spec *spec)
{
    for (;; f++) {
        if (*f == '-')
            spec->left = true;
        else if (*f == '0')
            spec->zero = true;
        else if (*f == '#')
            spec->alternate = true;
        else if (*f == '+')
            spec->plus = true;
        else if (*f == ' ')
            spec->space = true;
        else
            return f;
    }
}

static const char *parse_length(const char *f, struct spec *spec)
{
    spec->length = sizeof(int);
    if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j') {
        spec->length = sizeof(long);
        return f[1] == 'l' ? f + 2 : f + 1;
    }
    if (*f == 'h') {
        spec->length = f[1] == 'h' ? sizeof(char) : sizeof(short);
        return f[1] == 'h' ? f + 2 : f + 1;
    }
    return f;
}

/* Put a number's digits (or a string) with sign or prefix and padding. */
static void put_field(struct sink *s, const struct spec *spec,
                      const char *prefix, const char *text, int length,
                      int zeros)
{
    int prefix_length = (int)strlen(prefix);
    int pad = spec->width - prefix_length - zeros - length;

    if (!spec->left)
        put_times(s, ' ', pad);
    while (*prefix)
        put(s, *prefix++);
    put_times(s, '0', zeros);
    while (length-- > 0)
        put(s, *text++);
    if (spec->left)
        put_times(s, ' ', pad);
}

static void put_integer(struct sink *s, const struct spec *spec, uint64_t value,
                        unsigned base, const char *prefix)
{
    const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF"
                                                 : "0123456789abcdef";
    char buffer[24];
    int at = (int)sizeof(buffer);
    int length, zeros;

    if (value || spec->precision)
        do {
            buffer[--at] = digits[value % base];
            value /= base;
        } while (value);
    length = (int)sizeof(buffer) - at;
    zeros = spec->precision > length ? spec->precision - length : 0;
    if (spec->zero && !spec->left && spec->precision < 0)
        zeros = spec->width - length - (int)strlen(prefix);
    if (zeros < 0)
        zeros = 0;
    put_field(s, spec, prefix, buffer + at, length, zeros);
}

static void put_signed(struct sink *s, const struct spec *spec, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;
    const char *prefix = spec->plus ? "+" : spec->space ? " " : "";

    if (value < 0) {
        magnitude = -magnitude;
        prefix = "-";
    }
    put_integer(s, spec, magnitude, 10, prefix);
}

static void put_string(struct sink *s, const struct spec *spec,
                       const char *text)
{
    size_t max = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;

    if (!text)
        text = "(null)";
    put_field(s, spec, "", text, (int)strnlen(text, max), 0);
}

/* An integer argument was read as 64 bits: cut it to its length. */
static uint64_t cut_unsigned(const struct spec *spec, uint64_t value)
{
    if (spec->length == sizeof(short))
        return (uint16_t)value;
    if (spec->length == sizeof(char))
        return (uint8_t)value;
    return value;
}

static int64_t cut_signed(const struct spec *spec, int64_t value)
{
    if (spec->length == sizeof(short))
        return (int16_t)value;
    if (spec->length == sizeof(char))
        return (int8_t)value;
    return value;
}

static const char *parse_spec(const char *f, struct spec *spec, va_list args)
{
    *spec = (struct spec){ .precision = -1 };
    f = parse_flags(f, spec);
    if (*f == '*') {
        spec->width = va_arg(args, int);
        f++;
        if (spec->width < 0) {
            spec->left = true;
            spec->width = -spec->width;
        }
    } else {
        f = parse_number(f, &spec->width);
    }
    if (*f == '.') {
        f++;
        if (*f == '*') {
            spec->precision = va_arg(args, int);
            f++;
        } else {
            f = parse_number(f, &spec->precision);
        }
    }
    f = parse_length(f, spec);
    spec->conversion = *f;
    return *f ? f + 1 : f;
}

static void put_unsigned(struct sink *s, const struct spec *spec,
                         uint64_t value)
{
    value = cut_unsigned(spec, value);
    if (spec->conversion == 'u')
        put_integer(s, spec, value, 10, "");
    else if (spec->conversion == 'o')
        put_integer(s, spec, value, 8, "");
    else
        put_integer(s, spec, value, 16, spec->alternate && value ? "0x" : "");
}

struct arguments {
    va_list list; /* in a struct, so that it can be passed by pointer */
};

static void put_argument(struct sink *s, const struct spec *spec,
                         struct arguments *a)
{
    bool wide = spec->length == sizeof(long);
    char c;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        put_signed(s, spec,
                   wide ? va_arg(a->list, long)
                        : cut_signed(spec, va_arg(a->list, int)));
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_unsigned(s, spec,
                     wide ? va_arg(a->list, unsigned long)
                          : va_arg(a->list, unsigned));
        break;
    case 'p':
        put_integer(s, spec, (uintptr_t)va_arg(a->list, void *), 16, "0x");
        break;
    case 'c':
        c = (char)va_arg(a->list, int);
        put_field(s, spec, "", &c, 1, 0);
        break;
    case 's':
        put_string(s, spec, va_arg(a->list, const char *));
        break;
    default: /* %% and what we don't know: as it stands */
        put(s, spec->conversion ? spec->conversion : '%');
    }
}

size_t format_textv(char *out, size_t size, const char *format, va_list args)
{
    struct sink s = { .out = out, .size = size };
    struct arguments a;
    struct spec spec;

    va_copy(a.list, args);
    while (*format) {
        if (*format != '%') {
            put(&s, *format++);
            continue;
        }
        format = parse_spec(format + 1, &spec, a.list);
        put_argument(&s, &spec, &a);
    }
    va_end(a.list);
    if (size)
        out[s.used < size ? s.used : size - 1] = '\0';
    return s.used;
}

size_t format_text(char *out, size_t size, const char *format, ...)
{
    va_list args;
    size_t length;

    va_start(args, format);
    length = format_textv(out, size, format, args);
    va_end(args);
    return length;
}
