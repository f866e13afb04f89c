/*
 * serial.c - the 16550 that is the console. Registers: PC16550D data sheet.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/ioapic.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/serial.h"

#define UART_DATA       0 /* with DLAB: divisor, low */
#define UART_IRQ_ENABLE 1 /* with DLAB: divisor, high */
#define UART_FIFO       2
#define UART_LINE       3
#define UART_MODEM      4
#define UART_STATUS     5
#define UART_SCRATCH    7

#define LINE_DLAB       0x80
#define STATUS_RECEIVED 0x01
#define STATUS_CAN_SEND 0x20
#define MODEM_DTR_RTS   0x03
#define MODEM_OUT2      0x08 /* lets the interrupt through, on PCs */

/* Written at boot, then constant. */
static struct serial {
    struct serial_settings settings;
    bool present;
    void (*take)(char c);
} serial;

static uint8_t uart_read(unsigned offset)
{
    return inb((uint16_t)(serial.settings.port + offset));
}

static void uart_write(unsigned offset, uint8_t value)
{
    outb((uint16_t)(serial.settings.port + offset), value);
}

static uint8_t line_control(const struct serial_settings *s)
{
    static const char parities[] = "noems";
    static const uint8_t bits[] = { 0x00, 0x08, 0x18, 0x28, 0x38 };
    uint8_t line = (uint8_t)(s->data_bits - 5);

    if (s->stop_bits == 2)
        line |= 0x04;
    for (unsigned i = 0; i < sizeof(bits); i++)
        if (parities[i] == s->parity)
            line |= bits[i];
    return line;
}

bool serial_init(const struct serial_settings *s)
{
    unsigned divisor;

    serial.settings = *s;
    uart_write(UART_SCRATCH, 0x5a);
    serial.present = uart_read(UART_SCRATCH) == 0x5a;
    if (!serial.present)
        return false;
    uart_write(UART_IRQ_ENABLE, 0);
    uart_write(UART_LINE, line_control(s));
    if (s->baud) {
        divisor = s->clock_hz / (s->baud * 16);
        uart_write(UART_LINE, line_control(s) | LINE_DLAB);
        uart_write(UART_DATA, (uint8_t)divisor);
        uart_write(UART_IRQ_ENABLE, (uint8_t)(divisor >> 8));
        uart_write(UART_LINE, line_control(s));
    }
    uart_write(UART_FIFO, 0x07); /* on, both emptied, interrupt at 1 byte */
    uart_write(UART_MODEM, MODEM_DTR_RTS | MODEM_OUT2);
    return true;
}

uint16_t serial_port(void)
{
    return serial.present ? (uint16_t)serial.settings.port : 0;
}

static void put(char c)
{
    /* A port that never gets ready must not hang us: at 300 baud a character
     * takes 33 ms, far below this many reads. */
    for (unsigned i = 0; i < 1000000; i++) {
        if (uart_read(UART_STATUS) & STATUS_CAN_SEND)
            break;
        cpu_pause();
    }
    uart_write(UART_DATA, (uint8_t)c);
}

void serial_write(const char *text, size_t length)
{
    if (!serial.present)
        return;
    for (; length; length--, text++) {
        if (*text == '\n')
            put('\r');
        put(*text);
    }
}

static void serial_interrupt(struct cpu_user_regs *regs)
{
    (void)regs;
    /* No more than a FIFO's worth and a bit: a broken port must not keep us. */
    for (unsigned i = 0; i < 64; i++) {
        if (!(uart_read(UART_STATUS) & STATUS_RECEIVED))
            break;
        serial.take((char)uart_read(UART_DATA));
    }
}

bool serial_enable_input(void (*take)(char c))
{
    unsigned vector;

    if (!serial.present || !serial.settings.irq)
        return false;
    serial.take = take;
    vector = irq_alloc_vector(serial_interrupt);
    if (!vector || !ioapic_route_isa(serial.settings.irq, vector, 0))
        return false;
    uart_write(UART_IRQ_ENABLE, 0x01); /* data received */
    return true;
}
