/*
 * pages.h - the pages of Linux' trace ring, as trace-cmd's files hold them.
 *
 * A page: the time of its first event, how many bytes follow, events. An
 * event's first word has a length in the low 5 bits and, above, the ns since
 * the one before: 1 to 28 is the length in words; 0 says that the length in
 * bytes is the next word; 30 is no event but a longer span of time. Where
 * events are missing, the next page says so: the top bit of its byte count, and
 * the bit below it with their number behind the page's last event.
 *
 * Pages of each CPU go to a file of their own without a name, until the whole
 * is written: the head has to tell what comes, and the memory is the same for
 * any length.
 */
#ifndef XENTRACE_PAGES_H
#define XENTRACE_PAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PAGES_BYTES 4096u
#define PAGES_HEAD  16u
#define PAGES_EVENT 112u /* no event's own data is longer; a multiple of 4 */

struct pages {
    FILE *file;
    uint64_t bytes; /* in it; whole pages */
    uint64_t last;  /* ns of the last event */
    uint64_t lost;  /* before the page that is being filled */
    uint32_t used;  /* of it; 0: it is empty */
    uint8_t data[PAGES_BYTES];
};

/* False: it could not be written, and errno says why. */
bool pages_open(struct pages *p);
bool pages_add(struct pages *p, uint64_t ns, const void *data, uint32_t bytes);
bool pages_lost(struct pages *p, uint64_t events);
bool pages_flush(struct pages *p);

#endif
