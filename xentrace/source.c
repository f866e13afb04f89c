/*
 * source.c - see source.h.
 *
 * All who want windows walk over the file's cpu_change records by themselves,
 * a few bytes every some ten thousand: an index of them would grow with the
 * file. source_open() walks first, and is the one that tells of damage.
 *
 * What lies between all readers is given back for all together: else each would
 * bring in, by a fault, the pages that another has just given back.
 *
 * Readers of different CPUs may be in different threads: what they share is
 * changed under `shared`.
 */
#include "xentrace/source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU_CHANGE (TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT)
#define HEAD       12u /* bytes of a cpu_change record */

static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;

void source_damaged(struct source *s, const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&shared);
    s->damage++;
    fprintf(stderr, "xentrace: %s: ", s->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    pthread_mutex_unlock(&shared);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

/* Where the next cpu_change record may begin, from `at` on; or the end. */
static size_t find_change(const struct source *s, size_t at)
{
    for (; at + HEAD <= s->bytes; at += 4)
        if (get32(s->data + at) == CPU_CHANGE &&
            get32(s->data + at + 4) < SOURCE_CPUS)
            return at;
    return s->bytes;
}

/* A cpu_change record at `at`? Where nobody has been it is not looked at in the
 * mapping: that would bring in the pages around it. (Where all have been since
 * it was asked, it comes in once more.) */
static bool change_at(const struct source *s, size_t at, uint32_t head[3])
{
    if (at >= atomic_load(&s->released) && at + HEAD <= atomic_load(&s->seen))
        memcpy(head, s->data + at, HEAD);
    else if (pread(s->fd, head, HEAD, (off_t)at) != HEAD)
        return false;
    return head[0] == CPU_CHANGE && head[1] < SOURCE_CPUS;
}

static bool next_window(const struct source *s, size_t *pos, struct window *w,
                        struct source *tell)
{
    size_t at = *pos, found = at;
    uint32_t head[3];

    if (at >= s->bytes)
        return false;
    if (at + HEAD > s->bytes) {
        if (tell)
            source_damaged(tell,
                           "truncated at byte %zu, within a cpu_change record",
                           s->bytes);
        *pos = s->bytes;
        return false;
    }
    if (!change_at(s, at, head)) {
        found = find_change(s, at);
        if (tell)
            source_damaged(tell,
                           "no cpu_change record at byte %zu: %zu bytes "
                           "passed over",
                           at, found - at);
        if (!change_at(s, found, head)) {
            *pos = s->bytes;
            return false;
        }
    }
    *w = (struct window){ .cpu = head[1],
                          .at = found + HEAD,
                          .bytes = head[2],
                          .damaged = found != at };
    if (w->bytes > s->bytes - w->at) {
        w->cut = true;
        if (tell)
            source_damaged(tell,
                           "truncated at byte %zu: %zu of %zu bytes of CPU %u "
                           "are missing",
                           s->bytes, w->bytes - (s->bytes - w->at), w->bytes,
                           w->cpu);
        w->bytes = s->bytes - w->at;
    }
    *pos = w->at + w->bytes;
    return true;
}

bool source_window(const struct source *s, size_t *pos, struct window *w)
{
    return next_window(s, pos, w, NULL);
}

static void find_cpus(struct source *s)
{
    uint8_t *seen = calloc(1, SOURCE_CPUS);
    struct window w;
    size_t pos = 0;

    s->cpus = calloc(SOURCE_CPUS, sizeof(*s->cpus));
    s->passed = calloc(SOURCE_CPUS, sizeof(*s->passed));
    if (!seen || !s->cpus || !s->passed) {
        fputs("xentrace: out of memory\n", stderr);
        exit(1);
    }
    while (next_window(s, &pos, &w, s))
        if (w.bytes)
            seen[w.cpu] = 1;
    for (unsigned c = 0; c < SOURCE_CPUS; c++)
        if (seen[c])
            s->cpus[s->nr_cpus++] = (uint16_t)c;
    free(seen);
}

bool source_open(struct source *s, const char *file)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    void *data;

    *s = (struct source){ .name = file };
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
    if (data == MAP_FAILED) {
        fprintf(stderr, "xentrace: %s: %s\n", file, strerror(errno));
        close(fd);
        return false;
    }
    s->fd = fd;
    s->data = data;
    s->bytes = (size_t)st.st_size;
    find_cpus(s);
    (void)meta_read(&s->meta, file);
    return true;
}

void source_add_ring(struct source *s, unsigned cpu, uint8_t *data,
                     size_t bytes)
{
    if (!s->cpus)
        s->cpus = calloc(TRACE_ANCHOR_CPUS, sizeof(*s->cpus));
    if (!s->cpus) {
        fputs("xentrace: out of memory\n", stderr);
        exit(1);
    }
    s->ring[cpu] = (struct source_ring){ .data = data, .bytes = bytes };
    s->cpus[s->nr_cpus++] = (uint16_t)cpu;
}

void source_close(struct source *s)
{
    if (s->data) {
        munmap((void *)(uintptr_t)s->data, s->bytes);
        close(s->fd);
    }
    for (unsigned c = 0; c < TRACE_ANCHOR_CPUS; c++)
        free(s->ring[c].data);
    free(s->cpus);
    free(s->passed);
    *s = (struct source){ .name = s->name };
}

#define PAGE 4096u

void source_pass(struct source *s, unsigned cpu, size_t at)
{
    size_t first = at, from, page = (at + PAGE - 1) & ~(size_t)(PAGE - 1);

    if (!s->data)
        return;
    pthread_mutex_lock(&shared);
    from = s->released;
    if (page > s->seen)
        s->seen = page;
    s->passed[cpu] = at;
    for (unsigned i = 0; i < s->nr_cpus; i++)
        if (s->passed[s->cpus[i]] < first)
            first = s->passed[s->cpus[i]];
    if (first >= from + SOURCE_STEP) {
        s->released = first & ~(size_t)(PAGE - 1);
        (void)madvise((void *)(uintptr_t)(s->data + from), s->released - from,
                      MADV_DONTNEED);
    }
    pthread_mutex_unlock(&shared);
}

double meta_ns(const struct trace_meta *m, uint64_t tsc)
{
    if (!m->tsc_khz)
        return (double)tsc;
    return (double)(int64_t)(tsc - m->tsc_zero) * 1e6 / (double)m->tsc_khz;
}
