/*
 * trace_file.c - see trace_file.h. The one decoder of records.
 */
#include "xentrace/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A time that jumps by more than this (in cycles) within a CPU is garbage. */
#define JUMP_MAX (1ull << 44)

__attribute__((format(printf, 2, 3))) static void damaged(struct trace *t,
                                                          const char *format,
                                                          ...)
{
    va_list args;

    t->damage++;
    fprintf(stderr, "xentrace: %s: ", t->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static struct rec *add(struct trace *t)
{
    if (t->nr == t->room) {
        t->room = t->room ? t->room * 2 : 1 << 16;
        t->rec = realloc(t->rec, t->room * sizeof(*t->rec));
        if (!t->rec) {
            fprintf(stderr, "xentrace: out of memory at %zu records\n", t->nr);
            exit(1);
        }
    }
    return &t->rec[t->nr++];
}

/* Where the next number of a record of this CPU stands. */
static uint32_t *seq_of(struct trace *t, unsigned cpu)
{
    if (cpu >= t->room_seq) {
        t->seq = realloc(t->seq, (cpu + 64) * sizeof(*t->seq));
        if (!t->seq) {
            fprintf(stderr, "xentrace: out of memory at CPU %u\n", cpu);
            exit(1);
        }
        while (t->room_seq < cpu + 64)
            t->seq[t->room_seq++] = 0;
    }
    return &t->seq[cpu];
}

/* Could a record begin here? One class, some subclass, a time near `last`. */
static bool plausible(const uint8_t *p, size_t left, uint64_t last)
{
    uint32_t header, event;

    if (left < 4)
        return false;
    header = get32(p);
    event = header & 0x0fffffff;
    if (trace_record_bytes(header) > left || !(event & 0xf000) ||
        __builtin_popcount(event >> 16) != 1)
        return false;
    if (!(header >> 31))
        return true;
    return !last || get64(p + 4) - last + JUMP_MAX < 2 * JUMP_MAX;
}

/* Where the next three records in a row (or the end) are plausible. */
static size_t resync(const uint8_t *data, size_t bytes, size_t from,
                     uint64_t last)
{
    for (size_t at = from; at < bytes; at += 4) {
        size_t next = at;
        int good = 0;

        while (good < 3 && next < bytes &&
               get32(data + next) >> 31 && /* with a time: surer */
               plausible(data + next, bytes - next, last)) {
            next += trace_record_bytes(get32(data + next));
            good++;
        }
        if (good == 3 || (good && next == bytes))
            return at;
    }
    return bytes;
}

void trace_decode(struct trace *t, unsigned cpu, const uint8_t *data,
                  size_t bytes, uint64_t at)
{
    uint32_t *seq = seq_of(t, cpu);
    uint64_t last = 0;
    size_t i = 0;

    if (cpu >= t->nr_cpus)
        t->nr_cpus = cpu + 1;
    while (i < bytes) {
        uint32_t header, event;
        struct rec *r;

        if (!plausible(data + i, bytes - i, last)) {
            size_t next = resync(data, bytes, i + 4, last);

            damaged(t, "garbage at byte %lu (CPU %u): %zu bytes passed over",
                    (unsigned long)(at + i), cpu, next - i);
            i = next;
            continue;
        }
        header = get32(data + i);
        event = header & 0x0fffffff;
        if (header >> 31)
            last = get64(data + i + 4);
        if (event != TRC_TRACE_WRAP_BUFFER) {
            r = add(t);
            *r = (struct rec){ .tsc = last,
                               .event = event,
                               .cpu = (uint16_t)cpu,
                               .nr = header >> 28 & 7,
                               .seq = (*seq)++ };
            memcpy(r->word, data + i + 4 + (header >> 31) * 8,
                   4 * (size_t)r->nr);
            if (event == TRC_LOST_RECORDS)
                t->lost += r->word[0];
        }
        i += trace_record_bytes(header);
    }
}

/* The windows of the file: cpu_change {cpu, bytes}, then the bytes. */
static void read_windows(struct trace *t, const uint8_t *data, size_t bytes)
{
    const uint32_t change = TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT;
    size_t i = 0;

    while (i + 12 <= bytes) {
        uint32_t header = get32(data + i), cpu = get32(data + i + 4);
        size_t window = get32(data + i + 8), next;

        if (header != change || cpu >= UINT16_MAX) {
            for (next = i + 4; next + 4 <= bytes; next += 4)
                if (get32(data + next) == change)
                    break;
            if (next + 4 > bytes)
                next = bytes;
            damaged(t,
                    "no cpu_change record at byte %zu: %zu bytes passed "
                    "over",
                    i, next - i);
            i = next;
            continue;
        }
        i += 12;
        if (window > bytes - i) {
            damaged(t,
                    "truncated at byte %zu: %zu of %zu bytes of CPU %u are "
                    "missing",
                    bytes, window - (bytes - i), window, cpu);
            window = bytes - i;
            /* The last record may be cut: not garbage, and already said. */
            for (next = 0;
                 next + 4 <= window &&
                 trace_record_bytes(get32(data + i + next)) <= window - next;)
                next += trace_record_bytes(get32(data + i + next));
            window = next;
            trace_decode(t, cpu, data + i, window, i);
            return;
        }
        trace_decode(t, cpu, data + i, window, i);
        i += window;
    }
    if (i < bytes)
        damaged(t, "truncated at byte %zu, within a cpu_change record", bytes);
}

bool trace_read(struct trace *t, const char *file)
{
    struct stat st;
    uint8_t *data;
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    *t = (struct trace){ .name = file };
    if (fd < 0 || fstat(fd, &st)) {
        fprintf(stderr, "xentrace: %s: %s\n", file, strerror(errno));
        return false;
    }
    if (st.st_size == 0) {
        fprintf(stderr, "xentrace: %s: the trace is empty\n", file);
        close(fd);
        return false;
    }
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED) {
        fprintf(stderr, "xentrace: %s: %s\n", file, strerror(errno));
        return false;
    }
    read_windows(t, data, (size_t)st.st_size);
    munmap(data, (size_t)st.st_size);
    if (!t->nr) {
        fprintf(stderr, "xentrace: %s: no record in it: not a trace?\n", file);
        return false;
    }
    (void)meta_read(&t->meta, file);
    return true;
}

void trace_free(struct trace *t)
{
    free(t->rec);
    free(t->seq);
    t->rec = NULL;
    t->seq = NULL;
    t->room_seq = 0;
    t->nr = t->room = 0;
}

static int by_time(const void *a, const void *b)
{
    const struct rec *x = a, *y = b;

    if (x->tsc != y->tsc)
        return x->tsc < y->tsc ? -1 : 1;
    if (x->cpu != y->cpu)
        return x->cpu < y->cpu ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void trace_merge(struct trace *t)
{
    for (size_t i = 1; i < t->nr; i++)
        if (by_time(&t->rec[i - 1], &t->rec[i]) > 0) {
            qsort(t->rec, t->nr, sizeof(*t->rec), by_time);
            return;
        }
}

double trace_ns(const struct trace *t, uint64_t tsc)
{
    if (!t->meta.tsc_khz)
        return (double)tsc;
    return (double)(int64_t)(tsc - t->meta.tsc_zero) * 1e6 /
           (double)t->meta.tsc_khz;
}
