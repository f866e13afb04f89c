/*
 * serial.h - 16550 serial ports. Output is polled, input comes by interrupt.
 *
 * Output: any context, the caller holds the console's lock. Which port is the
 * console and with what settings, the command line says (com1=, com2=).
 */
#ifndef XEN_ARCH_X86_SERIAL_H
#define XEN_ARCH_X86_SERIAL_H

#include "xen/lib/types.h"

struct serial_settings {
    unsigned port;     /* I/O base */
    unsigned irq;      /* ISA interrupt; 0: none, input is polled */
    unsigned baud;     /* 0: as the firmware left it */
    unsigned clock_hz; /* of the divisor: 1843200 */
    uint8_t data_bits; /* 5 to 8 */
    uint8_t stop_bits; /* 1 or 2 */
    char parity;       /* n, o, e, m, s */
};

/* Parse Xen's syntax, "115200/1843200,8n1,0x3f8,4", any suffix left out;
 * "auto" for the baud rate. Unset fields of *s stay. 0, or -EINVAL. Pure. */
int serial_parse(struct serial_settings *s, const char *text);

/* Take the port with these settings as the console's. False: no such port. */
bool serial_init(const struct serial_settings *s);
/* From now on characters that come are given to take(), in interrupt context.
 * After ioapic_init(). False: the port has no interrupt. */
bool serial_enable_input(void (*take)(char c));
/* The first of its 8 I/O ports; 0: there is none. */
uint16_t serial_port(void);
void serial_write(const char *text, size_t length); /* LF becomes CR LF */

#endif
