/*
 * serial_parse.c - the syntax of com1= and com2=. Pure; tested on the host.
 */
#include <errno.h>
#include <string.h>
#include "xen/arch/x86/serial.h"
#include "xen/lib/cmdline.h"

/* The number in text[0, length). */
static int field_number(const char *text, size_t length, uint64_t *out)
{
    char copy[16];

    if (length >= sizeof(copy))
        return -EINVAL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return cmdline_unsigned(copy, out);
}

static int parse_baud(struct serial_settings *s, const char *text, size_t n)
{
    size_t slash = strcspn(text, "/,");
    uint64_t baud, clock = s->clock_hz;

    if (n == 4 && !strncmp(text, "auto", n)) {
        s->baud = 0;
        return 0;
    }
    if (slash < n && field_number(text + slash + 1, n - slash - 1, &clock))
        return -EINVAL;
    if (field_number(text, slash < n ? slash : n, &baud))
        return -EINVAL;
    if (!baud || clock > 100000000 || clock / 16 / baud == 0 ||
        clock / 16 / baud > 0xffff)
        return -EINVAL;
    s->baud = (unsigned)baud;
    s->clock_hz = (unsigned)clock;
    return 0;
}

static int parse_frame(struct serial_settings *s, const char *text, size_t n)
{
    if (n != 3 || text[0] < '5' || text[0] > '8' || !strchr("noems", text[1]) ||
        (text[2] != '1' && text[2] != '2'))
        return -EINVAL;
    s->data_bits = (uint8_t)(text[0] - '0');
    s->parity = text[1];
    s->stop_bits = (uint8_t)(text[2] - '0');
    return 0;
}

static int parse_field(struct serial_settings *s, unsigned index,
                       const char *text, size_t n)
{
    uint64_t number;

    if (!n)
        return 0; /* left out */
    if (index == 0)
        return parse_baud(s, text, n);
    if (index == 1)
        return parse_frame(s, text, n);
    if (index > 3 || field_number(text, n, &number))
        return -EINVAL;
    if (index == 2 && (!number || number > 0xfff8))
        return -EINVAL;
    if (index == 3 && number > 15)
        return -EINVAL;
    *(index == 2 ? &s->port : &s->irq) = (unsigned)number;
    return 0;
}

int serial_parse(struct serial_settings *s, const char *text)
{
    struct serial_settings new = *s;

    for (unsigned i = 0;; i++) {
        size_t n = strcspn(text, ",");

        if (parse_field(&new, i, text, n))
            return -EINVAL;
        text += n;
        if (!*text)
            break;
        text++;
    }
    *s = new;
    return 0;
}
