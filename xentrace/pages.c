/*
 * pages.c - the pages of Linux' trace ring: pages.h.
 */
#include "xentrace/pages.h"

#include <string.h>

#define TIME_EXTEND   30u
#define DELTA_BITS    27u
#define LONGEST_WORDS 28u
#define ROOM          (PAGES_BYTES - sizeof(uint64_t)) /* a count behind it */
#define MISSED        (1ull << 31)
#define MISSED_COUNT  (1ull << 30)

bool pages_open(struct pages *p)
{
    memset(p, 0, sizeof(*p));
    p->file = tmpfile();
    return p->file;
}

bool pages_flush(struct pages *p)
{
    uint64_t commit = p->used - PAGES_HEAD;

    if (!p->used)
        return true;
    if (p->lost) {
        memcpy(p->data + p->used, &p->lost, sizeof(p->lost));
        commit |= MISSED | MISSED_COUNT;
    }
    memcpy(p->data + 8, &commit, sizeof(commit));
    p->used = 0;
    p->lost = 0;
    p->bytes += PAGES_BYTES;
    return fwrite(p->data, PAGES_BYTES, 1, p->file) == 1;
}

bool pages_lost(struct pages *p, uint64_t events)
{
    bool ok = pages_flush(p);

    p->lost += events;
    return ok;
}

static void put_word(struct pages *p, uint32_t word)
{
    memcpy(p->data + p->used, &word, sizeof(word));
    p->used += 4;
}

/* A page begins at any time, an earlier one too: spans only go forward. */
static void begin(struct pages *p, uint64_t ns)
{
    memset(p->data, 0, sizeof(p->data));
    memcpy(p->data, &ns, sizeof(ns));
    p->used = PAGES_HEAD;
    p->last = ns;
}

bool pages_add(struct pages *p, uint64_t ns, const void *data, uint32_t bytes)
{
    uint32_t words = (bytes + 3) / 4;
    uint64_t span;
    bool ok = true;

    if (p->used && (ns < p->last || p->used + 16 + 4 * words > ROOM))
        ok = pages_flush(p);
    if (!p->used)
        begin(p, ns);
    span = ns - p->last;
    p->last = ns;
    if (span >> DELTA_BITS) {
        put_word(p, TIME_EXTEND | (uint32_t)(span & ((1u << DELTA_BITS) - 1))
                                      << 5);
        put_word(p, (uint32_t)(span >> DELTA_BITS));
        span = 0;
    }
    if (words <= LONGEST_WORDS) {
        put_word(p, words | (uint32_t)span << 5);
    } else {
        put_word(p, (uint32_t)span << 5);
        put_word(p, 4 + 4 * words);
    }
    memcpy(p->data + p->used, data, bytes);
    p->used += 4 * words;
    return ok;
}
