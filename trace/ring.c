/*
 * ring.c - reserve, write, commit: see ring.h for the idea.
 *
 * Invariants: offset(pos) < size. Bytes between t_buf.cons (or tail) and pos
 * belong to records, or to the filler at the end of a lap. All records below
 * `done` are complete; the one that begins there, if any, is not. t_buf.prod
 * is stored only by the context whose record begins at `done`, and never goes
 * back.
 *
 * t_buf.cons is written by whoever consumes, and is not trusted: a wild value
 * costs records, never memory.
 */
#include "trace/emit.h"
#include "trace/recent.h"

#include <stddef.h>

static uint32_t offset(uint64_t pos)
{
    return (uint32_t)pos;
}

static uint64_t next_lap(uint64_t pos)
{
    return ((pos >> 32) + 1) << 32;
}

/* Bytes that hold unread records; more than r->size if cons is nonsense. */
static uint32_t used(const struct trace_ring *r, uint64_t pos)
{
    uint32_t cons = local_acquire32(&r->buf->cons),
             prod = trace_index_of(r, pos);

    return prod >= cons ? prod - cons : prod + 2 * r->size - cons;
}

void trace_ring_init(struct trace_ring *r, void *memory, uint32_t bytes,
                     bool overwrite, uint32_t *lost_total)
{
    *r = (struct trace_ring){
        .buf = memory,
        .data = (uint8_t *)memory + sizeof(struct t_buf),
        .size = bytes - (uint32_t)sizeof(struct t_buf),
        .overwrite = overwrite,
        .lost_total = lost_total,
    };
    r->buf->cons = 0;
    r->buf->prod = 0;
}

static void drop(struct trace_ring *r, uint64_t tsc)
{
    /* Should a nested context do the same between these two, the earlier
     * time stands in the end. */
    if (local_read32(&r->lost) == 0)
        local_write64(&r->lost_tsc, tsc);
    local_inc(&r->lost);
    local_inc(r->lost_total);
    local_write64(&r->end, 0);
}

/*
 * Overwrite: let the oldest records go, a sixteenth of the ring at a time.
 * Only complete ones can: false if there are none. What the walk reads may be
 * overwritten by a nested context, which then has moved the tail: the result
 * of the walk is not used. `walked` bounds it in that case too.
 */
static bool discard(struct trace_ring *r)
{
    uint64_t from = local_read64(&r->tail), done = local_read64(&r->done);
    uint64_t to = from;
    uint32_t header, walked = 0;

    while (to != done && walked < r->size / 16) {
        header = ((const struct trace_record *)(r->data + offset(to)))->header;
        walked += trace_record_bytes(header);
        to += trace_record_bytes(header);
        if (offset(to) >= r->size)
            to = next_lap(to);
    }
    if (to == from)
        return false;
    if (local_cas64(&r->tail, from, to)) {
        do {
            to = local_read64(&r->tail);
            local_release32(&r->buf->cons, trace_index_of(r, to));
        } while (to != local_read64(&r->tail));
    }
    return true;
}

/* Fill the end of a lap: records without time and meaning. */
static void write_filler(uint8_t *p, uint32_t bytes)
{
    while (bytes) {
        uint32_t n = bytes < 32 ? bytes : 32;

        ((struct trace_record *)p)->header = TRC_TRACE_WRAP_BUFFER |
                                             (n / 4 - 1) << TRACE_EXTRA_SHIFT;
        p += n;
        bytes -= n;
    }
}

/* Take over the count of lost records, and write it at the gap. A nested
 * context that also found room may have taken it first: then it is 0 here. */
static void write_lost(struct trace_ring *r, uint8_t *p, uint64_t tsc)
{
    struct trace_record *lost = (struct trace_record *)p;
    uint64_t first = local_read64(&r->lost_tsc);
    uint32_t count;

    do {
        count = local_read32(&r->lost);
    } while (!local_cas32(&r->lost, count, 0));

    lost->header = TRC_LOST_RECORDS | 4u << TRACE_EXTRA_SHIFT | 1u << 31;
    lost->tsc = tsc;
    lost->word[0] = count;
    lost->word[1] = 0;
    lost->word[2] = (uint32_t)first;
    lost->word[3] = (uint32_t)(first >> 32);
}

/* How many bytes there are until this path is to be taken again, when `unread`
 * of them wait for the consumer: until the ring is full or, if somebody wants
 * to know that, half full. */
static uint32_t known_room(const struct trace_ring *r, uint32_t unread)
{
    bool tell = r->half_full && !r->overwrite;

    return (tell && unread < r->size / 2 ? r->size / 2 : r->size) - unread;
}

/*
 * Where `need` bytes go if it takes more than a comparison to tell: at the end
 * of a lap, after a gap, and whenever the known room is used up. The time is
 * that of the round that succeeds, so that whoever came between, and lies
 * before, is not later. `from` is what trace_commit() wants. Returns NULL if
 * there is no room.
 */
static uint8_t *reserve_slowly(struct trace_ring *r, uint32_t need,
                               uint64_t (*clock)(void), uint64_t *tsc,
                               uint64_t *from)
{
    uint64_t pos, next;
    uint32_t lost, total, filler, busy, room;

    for (;;) {
        lost = local_read32(&r->lost) ? TRACE_LOST_BYTES : 0;
        total = need + lost;
        pos = local_read64(&r->pos);
        if (clock)
            *tsc = clock();
        if (offset(pos) + total < r->size) {
            filler = 0;
            next = pos + total;
        } else {
            filler = r->size - offset(pos);
            next = next_lap(pos) + total;
        }
        busy = used(r, pos);
        if (busy > r->size || r->size - busy < filler + total) {
            if (r->overwrite && discard(r))
                continue;
            drop(r, *tsc);
            return NULL;
        }
        if (local_cas64(&r->pos, pos, next))
            break;
    }

    /* Whoever crosses the middle comes here, and leaves a mark behind him. */
    if (offset(next) >= r->size / 2 && offset(next) - total < r->size / 2)
        local_write64(&r->mark, next);
    /* A nested context's idea of the end may be newer: ours is still true. */
    room = offset(next) + known_room(r, busy + filler + total);
    if (room > r->size - 1)
        room = r->size - 1;
    if (offset(next) < r->size / 2 && room > r->size / 2 - 1)
        room = r->size / 2 - 1;
    local_write64(&r->end, (next >> 32) << 32 | room);
    if (lost)
        write_lost(r, r->data + offset(next) - total, *tsc);
    if (local_read32(&r->lost)) /* a nested one was dropped meanwhile */
        local_write64(&r->end, 0);
    if (busy + filler + total >= r->size / 2 && r->half_full && !r->overwrite)
        r->half_full();
    if (filler)
        write_filler(r->data + offset(pos), filler);
    *from = pos;
    return r->data + offset(next) - need;
}

void trace_commit_rest(struct trace_ring *r)
{
    uint64_t pos;

    /* Who came before the store to done has left his record to us; who came
     * behind it has published his own, and moved done on. While done, read
     * after pos, is below it, there is such a record, and whoever comes leaves
     * his to us as well. */
    for (;;) {
        pos = local_read64(&r->pos);
        if (local_read64(&r->done) >= pos)
            return;
        local_barrier();
        local_release32(&r->buf->prod, trace_index_of(r, pos));
        local_write64(&r->done, pos);
    }
}

static void fill(struct trace_record *rec, uint32_t header, uint64_t tsc,
                 const uint32_t *words)
{
    rec->header = header;
    rec->tsc = tsc;
    for (unsigned i = 0; i < (header >> TRACE_EXTRA_SHIFT & 7); i++)
        rec->word[i] = words[i];
}

void trace_emit_slowly(struct trace_ring *r, uint32_t header,
                       uint64_t (*clock)(void), uint64_t tsc,
                       const uint32_t *words)
{
    uint8_t *place;
    uint64_t from;

    if (!r->buf)
        return;
    place = reserve_slowly(r, trace_record_bytes(header), clock, &tsc, &from);
    if (place) {
        fill((struct trace_record *)place, header, tsc, words);
        if (trace_commit(r, from))
            trace_commit_rest(r);
    } else if (r->kept) {
        trace_keep(r, header, tsc, words);
    }
}

void trace_emit(struct trace_ring *r, uint32_t event, uint64_t tsc, unsigned nr,
                const uint32_t *words)
{
    trace_emit_slowly(r, event | nr << TRACE_EXTRA_SHIFT | 1u << 31, NULL, tsc,
                      words);
}
