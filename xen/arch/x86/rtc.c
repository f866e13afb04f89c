/*
 * rtc.c - the battery clock. Motorola MC146818A data sheet.
 */
#include <string.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/cpu.h"
#include "xen/lib/calendar.h"

#define RTC_STATUS_A 0x0a
#define RTC_STATUS_B 0x0b
#define UPDATING     0x80 /* in A */
#define BINARY       0x04 /* in B; else BCD */
#define HOURS_24     0x02 /* in B */

struct rtc_fields {
    uint8_t second, minute, hour, day, month, year, century;
};

static uint8_t rtc_register(uint8_t index)
{
    outb(0x70, index);
    return inb(0x71);
}

static struct rtc_fields read_fields(void)
{
    /* An update takes 2 ms at most; a missing clock reads as all ones. */
    for (unsigned i = 0; i < 10000; i++)
        if (!(rtc_register(RTC_STATUS_A) & UPDATING))
            break;
    return (struct rtc_fields){
        .second = rtc_register(0x00),
        .minute = rtc_register(0x02),
        .hour = rtc_register(0x04),
        .day = rtc_register(0x07),
        .month = rtc_register(0x08),
        .year = rtc_register(0x09),
        .century = acpi.century ? rtc_register(acpi.century) : 0,
    };
}

static unsigned decode(uint8_t status_b, uint8_t value)
{
    return status_b & BINARY ? value : value / 16 * 10u + value % 16;
}

uint64_t rtc_read(void)
{
    struct rtc_fields f, again = read_fields();
    uint8_t b = rtc_register(RTC_STATUS_B);
    unsigned hour, year, century;

    /* Twice the same: no update came between. */
    for (unsigned i = 0; i < 8; i++) {
        f = again;
        again = read_fields();
        if (!memcmp(&f, &again, sizeof(f)))
            break;
    }
    hour = decode(b, f.hour & 0x7f);
    if (!(b & HOURS_24))
        hour = hour % 12 + (f.hour & 0x80 ? 12 : 0);
    year = decode(b, f.year);
    century = decode(b, f.century);
    year += century >= 19 && century < 30 ? century * 100
                                          : (year < 70 ? 2000 : 1900);
    return calendar_seconds(year, decode(b, f.month), decode(b, f.day), hour,
                            decode(b, f.minute), decode(b, f.second));
}
