/*
 * calendar.h - days of the Gregorian calendar. Pure.
 */
#ifndef XEN_LIB_CALENDAR_H
#define XEN_LIB_CALENDAR_H

#include "xen/lib/types.h"

/* Seconds from the Unix epoch to this time of day, UTC. month, day: from 1. */
static inline uint64_t calendar_seconds(unsigned year, unsigned month,
                                        unsigned day, unsigned hour,
                                        unsigned minute, unsigned second)
{
    /* Count years from March, so that the leap day is a year's last. */
    unsigned y = month <= 2 ? year - 1 : year;
    unsigned m = month <= 2 ? month + 9 : month - 3;
    uint64_t days = 365ul * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
                    day - 1 - 719468;

    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

#endif
