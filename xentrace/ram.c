/*
 * ram.c - see ram.h. Holes of the file are not read: reading one through a
 * mapping would fill it.
 */
#include "xentrace/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE  4096u
#define GIB   (1ull << 30)
#define CHUNK (256 * PAGE)

static bool read_at(const struct ram *ram, void *to, size_t bytes,
                    uint64_t offset)
{
    return pread(ram->fd, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* QEMU's q35 keeps what does not fit below its hole at 4 GiB and up. */
static uint64_t file_offset(const struct ram *ram, uint64_t paddr)
{
    uint64_t low = ram->size >= 0xb0000000ull ? 2 * GIB : ram->size;

    return paddr < 4 * GIB ? paddr : paddr - 4 * GIB + low;
}

static bool believe(struct ram *ram, uint64_t offset)
{
    struct trace_anchor *a = &ram->anchor;

    return read_at(ram, a, sizeof(*a), offset) &&
           !memcmp(a->magic, TRACE_ANCHOR_MAGIC, sizeof(a->magic)) &&
           file_offset(ram, a->self) == offset &&
           (a->bytes == sizeof(*a) || a->version != TRACE_ANCHOR_VERSION);
}

static bool find_anchor(struct ram *ram)
{
    static uint8_t chunk[CHUNK];
    off_t at = 0, end;

    while ((at = lseek(ram->fd, at, SEEK_DATA)) >= 0) {
        end = lseek(ram->fd, at, SEEK_HOLE);
        for (at &= ~(off_t)(PAGE - 1); at < end; at += CHUNK) {
            ssize_t got = pread(ram->fd, chunk, CHUNK, at);

            for (ssize_t i = 0; i + PAGE <= got; i += PAGE)
                if (!memcmp(chunk + i, TRACE_ANCHOR_MAGIC, 16) &&
                    believe(ram, (uint64_t)(at + i)))
                    return true;
            if (got <= 0)
                return false;
        }
        at = end;
    }
    return false;
}

bool ram_open(struct ram *ram, const char *file, bool tell)
{
    struct stat st;

    *ram = (struct ram){ .name = file, .fd = open(file, O_RDONLY | O_CLOEXEC) };
    if (ram->fd < 0 || fstat(ram->fd, &st)) {
        if (tell)
            fprintf(stderr, "xentrace: %s: %s\n", file, strerror(errno));
        return false;
    }
    ram->size = (uint64_t)st.st_size;
    if (find_anchor(ram) && ram->anchor.version == TRACE_ANCHOR_VERSION)
        return true;
    if (tell && ram->anchor.version &&
        ram->anchor.version != TRACE_ANCHOR_VERSION)
        fprintf(stderr,
                "xentrace: %s: its trace is of version %u, this tool "
                "reads %u\n",
                file, ram->anchor.version, TRACE_ANCHOR_VERSION);
    else if (tell)
        fprintf(stderr,
                "xentrace: %s: no trace anchor in this memory: is it "
                "Metronome's, and booted with tbuf_size= not 0?\n",
                file);
    ram_close(ram);
    return false;
}

void ram_close(struct ram *ram)
{
    close(ram->fd);
    ram->fd = -1;
}

bool ram_refresh(struct ram *ram)
{
    return believe(ram, file_offset(ram, ram->anchor.self));
}

/* Drop from the front what was overwritten while it was read: records up to
 * the place where the oldest one is now. */
static size_t overtaken(const struct ram *ram, uint64_t offset,
                        const struct t_buf *was, uint32_t size)
{
    struct t_buf is;
    uint32_t moved;

    if (!(ram->anchor.flags & TRACE_ANCHOR_OVERWRITE) ||
        !read_at(ram, &is, sizeof(is), offset))
        return 0;
    moved = is.cons >= was->cons ? is.cons - was->cons
                                 : is.cons + 2 * size - was->cons;
    return moved;
}

uint8_t *ram_ring(struct ram *ram, unsigned cpu, size_t *bytes)
{
    const struct trace_anchor_cpu *c = &ram->anchor.cpu[cpu];
    uint64_t offset = file_offset(ram, c->paddr);
    uint32_t size = c->bytes - 8, start, used, first;
    struct t_buf b;
    uint8_t *data;
    size_t gone;

    *bytes = 0;
    if (cpu >= TRACE_ANCHOR_CPUS || !c->paddr || c->bytes < PAGE ||
        !read_at(ram, &b, sizeof(b), offset))
        return NULL;
    used = b.prod >= b.cons ? b.prod - b.cons : b.prod + 2 * size - b.cons;
    if (b.prod >= 2 * size || b.cons >= 2 * size || used > size) {
        fprintf(stderr,
                "xentrace: %s: CPU %u: the ring's indices (%u, %u) are "
                "impossible; it is passed over\n",
                ram->name, cpu, b.cons, b.prod);
        return NULL;
    }
    if (!used || !(data = malloc(used)))
        return NULL;
    start = b.cons >= size ? b.cons - size : b.cons;
    first = used < size - start ? used : size - start;
    if (!read_at(ram, data, first, offset + 8 + start) ||
        (used > first &&
         !read_at(ram, data + first, used - first, offset + 8))) {
        free(data);
        return NULL;
    }
    gone = overtaken(ram, offset, &b, size);
    /* In the first lap the oldest record lies at 0, or some have gone. */
    ram->overwritten[cpu] = (ram->anchor.flags & TRACE_ANCHOR_OVERWRITE) &&
                            (b.cons || gone);
    if (gone > used)
        gone = used;
    memmove(data, data + gone, used - gone);
    *bytes = used - gone;
    return data;
}

void ram_meta(const struct ram *ram, struct trace_meta *m)
{
    const struct trace_anchor *a = &ram->anchor;

    *m = (struct trace_meta){
        .known = true,
        .tsc_khz = a->tsc_khz,
        .tsc_zero = a->tsc_zero,
        .sched_id = a->sched_id,
    };
    memcpy(m->scheduler, a->scheduler, sizeof(m->scheduler));
    m->nr_events = a->nr_events < TRACE_ANCHOR_EVENTS ? a->nr_events
                                                      : TRACE_ANCHOR_EVENTS;
    memcpy(m->event_name, a->event_name, sizeof(m->event_name));
    m->nr_domains = a->nr_domains;
    if (a->nr_domains > TRACE_ANCHOR_DOMAINS) {
        fprintf(stderr, "xentrace: %s: %u domains have no name here\n",
                ram->name, a->nr_domains - TRACE_ANCHOR_DOMAINS);
        m->nr_domains = TRACE_ANCHOR_DOMAINS;
    }
    memcpy(m->domain, a->domain, sizeof(m->domain));
    m->nr_plugins = a->nr_plugins < TRACE_ANCHOR_PLUGINS ? a->nr_plugins
                                                         : TRACE_ANCHOR_PLUGINS;
    memcpy(m->plugin, a->plugin, sizeof(m->plugin));
    for (unsigned c = 0; c < TRACE_ANCHOR_CPUS; c++)
        m->lost_total[c] = a->cpu[c].lost_total;
    memcpy(m->overwritten, ram->overwritten, sizeof(m->overwritten));
}
