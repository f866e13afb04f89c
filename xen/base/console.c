/*
 * console.c - the hypervisor's messages: formatted, kept in a ring, and
 * written to the devices that console= names.
 *
 * Until console_init() messages only go into the ring; it then writes them
 * out. A panic takes the devices by force (console_force()).
 */
#include <errno.h>
#include <string.h>
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/serial.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/vga.h"
#include "xen/base/console.h"
#include "xen/base/console_private.h"
#include "xen/base/softirq.h"
#include "xen/lib/cmdline.h"
#include "xen/lib/format.h"

#define RING_SIZE 65536u /* a power of 2 */

static struct {
    /* rank CONSOLE, the innermost; protects the ring and the devices */
    struct spinlock lock;
    char ring[RING_SIZE];
    uint64_t written; /* bytes ever put into the ring */
    uint64_t cleared; /* of these, so many are not to be read again */
    bool at_line_start;
    bool forced; /* panicking: no lock any more */

    /* Options; constant after boot. */
    bool ready, use_vga, use_serial;
    bool to_ring;   /* dom0's output goes into the ring, too */
    unsigned level; /* highest enum log_level that is printed */
    unsigned port;  /* index into com[] */
} console = {
    .at_line_start = true,
    .use_vga = true,
    .use_serial = true,
    .level = LOG_INFO,
};

static struct serial_settings com[2] = {
    { 0x3f8, 4, 115200, 1843200, 8, 1, 'n' },
    { 0x2f8, 3, 115200, 1843200, 8, 1, 'n' },
};

/* ---- options ---- */
static int parse_com1(const char *value)
{
    return serial_parse(&com[0], value);
}

static int parse_com2(const char *value)
{
    return serial_parse(&com[1], value);
}

/* A list of devices, as "com1,vga". */
static int parse_console(const char *value)
{
    bool vga = false, serial = false;
    unsigned port = 0;

    while (*value) {
        size_t n = strcspn(value, ",");

        if (n == 3 && !strncmp(value, "vga", n))
            vga = true;
        else if (n == 4 && !strncmp(value, "com1", n))
            serial = true, port = 0;
        else if (n == 4 && !strncmp(value, "com2", n))
            serial = true, port = 1;
        else if (n != 4 || strncmp(value, "none", n))
            return -EINVAL;
        value += n + (value[n] == ',');
    }
    console.use_vga = vga;
    console.use_serial = serial;
    console.port = port;
    return 0;
}

/* One level, or Xen's "level/guest level". */
static int parse_loglvl(const char *value)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    size_t n = strcspn(value, "/");

    if (n == 4 && !strncmp(value, "none", n)) {
        console.level = LOG_ERROR; /* as silent as it gets */
        return 0;
    }
    if (n == 3 && !strncmp(value, "all", n)) {
        console.level = LOG_DEBUG;
        return 0;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (n == strlen(names[i]) && !strncmp(value, names[i], n)) {
            console.level = i;
            return 0;
        }
    return -EINVAL;
}

#define COM_ACCEPTED "BAUD[/CLOCK][,DPS[,PORT[,IRQ]]], as 115200,8n1,0x3f8,4"
CMDLINE_OPTION(com1) = { "com1", COM_ACCEPTED, .kind = CMDLINE_PARSED,
                         .parse = parse_com1 };
CMDLINE_OPTION(com2) = { "com2", COM_ACCEPTED, .kind = CMDLINE_PARSED,
                         .parse = parse_com2 };
CMDLINE_OPTION(console) = { "console", "a list of com1, com2, vga, none",
                            .kind = CMDLINE_PARSED, .parse = parse_console };
CMDLINE_OPTION(console_to_ring) = { "console_to_ring", "no value, or on, off",
                                    .kind = CMDLINE_FLAG,
                                    .variable = &console.to_ring };
CMDLINE_OPTION(loglvl) = { "loglvl", "error, warning, info, debug, all, none",
                           .kind = CMDLINE_PARSED, .parse = parse_loglvl };

/* ---- output; the lock is held ---- */
static void devices_write(const char *text, size_t length)
{
    if (!console.ready)
        return;
    if (console.use_serial)
        serial_write(text, length);
    if (console.use_vga)
        vga_write(text, length);
}

static void ring_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        console.ring[console.written++ % RING_SIZE] = text[i];
    if (!console.forced)
        softirq_raise(SOFTIRQ_CON_RING);
}

static void put_devices(const char *text, size_t length)
{
    if (!length)
        return;
    console.at_line_start = text[length - 1] == '\n';
    devices_write(text, length);
}

static void put(const char *text, size_t length)
{
    ring_write(text, length);
    put_devices(text, length);
}

/* Put text with `prefix` before each line. */
static void put_lines(const char *prefix, const char *text, size_t length)
{
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t n = end ? (size_t)(end - text) + 1 : length;

        if (console.at_line_start)
            put(prefix, strlen(prefix));
        put(text, n);
        text += n;
        length -= n;
    }
}

static uint64_t lock(void)
{
    return console.forced ? irq_save() : spin_lock_irqsave(&console.lock);
}

static void unlock(uint64_t flags)
{
    if (console.forced)
        irq_restore(flags);
    else
        spin_unlock_irqrestore(&console.lock, flags);
}

static void vlog(const char *format, va_list args)
{
    char text[512];
    size_t length = format_textv(text, sizeof(text) - 1, format, args);
    uint64_t flags;

    if (length > sizeof(text) - 2)
        length = sizeof(text) - 2;
    if (!length || text[length - 1] != '\n')
        text[length++] = '\n';
    flags = lock();
    if (!console.at_line_start)
        put("\n", 1);
    put_lines("(XEN) ", text, length);
    unlock(flags);
}

/* ---- front door ---- */
void console_log(enum log_level level, const char *format, ...)
{
    va_list args;

    if (level > console.level)
        return;
    va_start(args, format);
    vlog(format, args);
    va_end(args);
}

void console_dom0_write(const char *text, size_t length)
{
    uint64_t flags = lock();

    if (console.to_ring)
        ring_write(text, length);
    put_devices(text, length);
    unlock(flags);
}

void console_print(const char *format, ...)
{
    char text[512];
    uint64_t flags;
    size_t length;
    va_list args;

    va_start(args, format);
    length = format_textv(text, sizeof(text), format, args);
    va_end(args);
    flags = lock();
    put(text, length < sizeof(text) ? length : sizeof(text) - 1);
    unlock(flags);
}

static void guest_flush(struct console_guest *g)
{
    char prefix[sizeof(g->name) + 4];
    uint64_t flags;

    (void)format_text(prefix, sizeof(prefix), "(%.*s) ", (int)sizeof(g->name),
                      g->name);
    flags = lock();
    if (!console.at_line_start)
        put("\n", 1);
    put_lines(prefix, g->line, g->used);
    put("\n", 1);
    unlock(flags);
    g->used = 0;
}

void console_guest_write(struct console_guest *g, const char *text,
                         size_t length)
{
    for (; length; length--, text++) {
        if (*text == '\n' || g->used == sizeof(g->line)) {
            guest_flush(g);
            if (*text == '\n')
                continue;
        }
        /* What could confuse a terminal is left out: a guest's lines must not
         * pass for the hypervisor's. */
        if ((unsigned char)*text >= ' ' || *text == '\t' || *text == '\033')
            g->line[g->used++] = *text;
    }
}

/* The oldest position that may still be read; the lock is held. */
static uint64_t ring_start(void)
{
    uint64_t oldest = console.written > RING_SIZE ? console.written - RING_SIZE
                                                  : 0;

    return oldest > console.cleared ? oldest : console.cleared;
}

uint64_t console_ring_position(uint32_t index)
{
    uint64_t flags = lock();
    uint64_t at = console.written - ((uint32_t)console.written - index);

    if (at > console.written || at < ring_start())
        at = ring_start();
    unlock(flags);
    return at;
}

void console_ring_clear(uint64_t upto)
{
    uint64_t flags = lock();

    if (upto > console.cleared && upto <= console.written)
        console.cleared = upto;
    unlock(flags);
}

size_t console_ring_read(uint64_t *from, char *out, size_t size)
{
    uint64_t flags = lock();
    uint64_t at = *from;
    size_t n = 0;

    if (at < ring_start())
        at = ring_start();
    if (at > console.written)
        at = console.written;
    while (n < size && at < console.written)
        out[n++] = console.ring[at++ % RING_SIZE];
    *from = at;
    unlock(flags);
    return n;
}

void console_force(void)
{
    console.forced = true;
    if (!console.ready)
        console_init(&boot_info);
}

void console_init(const struct boot_info *info)
{
    uint64_t from = 0;
    char text[256];
    size_t n;

    if (console.use_serial)
        console.use_serial = serial_init(&com[console.port]);
    if (console.use_vga)
        vga_init(info);
    while ((n = console_ring_read(&from, text, sizeof(text))) > 0) {
        console.ready = true;
        devices_write(text, n);
        console.ready = false;
    }
    console.ready = true;
}

void console_release_screen(void)
{
    uint64_t flags;

    if (!console.use_vga)
        return;
    if (!console.use_serial)
        log_warning("dom0 takes the screen: further messages are only in its "
                    "ring (give console=com1 for a serial line)");
    flags = lock();
    console.use_vga = false;
    unlock(flags);
}

void console_init_input(void)
{
    if (console.use_serial && !serial_enable_input(console_take))
        log_warning("The console has no interrupt: no input.");
}
