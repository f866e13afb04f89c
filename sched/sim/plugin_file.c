/*
 * plugin_file.c - see plugin_file.h: the file's bytes, and memory for them that
 * is never writable and executable at the same time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "sched/load/load.h"
#include "sched/sim/plugin_file.h"

#define FILE_MAX ((size_t)16 << 20) /* with debugging information */

static bool read_all(FILE *f, struct load_object *o, char *why)
{
    uint8_t *data = malloc(FILE_MAX);
    size_t size = data ? fread(data, 1, FILE_MAX, f) : 0;

    if (!data || ferror(f) || size == FILE_MAX) {
        snprintf(why, LOAD_WHY, "%s",
                 !data       ? "no memory"
                 : ferror(f) ? strerror(errno)
                             : "it is larger than 16 MiB");
        free(data);
        return false;
    }
    *o = (struct load_object){ data, size };
    return true;
}

static bool read_file(const char *path, struct load_object *o, char *why)
{
    FILE *f = fopen(path, "rb");
    bool done;

    if (!f) {
        snprintf(why, LOAD_WHY, "%s", strerror(errno));
        return false;
    }
    done = read_all(f, o, why);
    fclose(f);
    return done;
}

static size_t whole_pages(size_t size)
{
    return (size + PAGE_SIZE - 1) & PAGE_MASK;
}

/* Text, then constants. */
static bool get_memory(struct load_memory *m, char *why)
{
    size_t text = whole_pages(m->text_size);
    size_t all = text + whole_pages(m->constants_size);
    uint8_t *p = mmap(NULL, all, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        snprintf(why, LOAD_WHY, "%s", strerror(errno));
        return false;
    }
    m->text = p;
    m->constants = p + text;
    return true;
}

static void give_memory(const struct load_memory *m)
{
    munmap(m->text, whole_pages(m->text_size) + whole_pages(m->constants_size));
}

static bool protect(const struct load_memory *m, char *why)
{
    if (mprotect(m->text, whole_pages(m->text_size), PROT_READ | PROT_EXEC) ||
        mprotect(m->constants, whole_pages(m->constants_size), PROT_READ)) {
        snprintf(why, LOAD_WHY, "%s", strerror(errno));
        return false;
    }
    return true;
}

static const struct sched_ops *load(const struct load_object *o, char *why)
{
    const struct sched_ops *ops = NULL;
    struct load_memory m;

    if (load_measure(o, &m.text_size, &m.constants_size, why) ||
        !get_memory(&m, why))
        return NULL;
    if (load_place(o, &m, &ops, why) || !protect(&m, why) ||
        load_register(ops, why)) {
        give_memory(&m);
        return NULL;
    }
    return ops;
}

const char *sched_load_file(const char *path, char *why, size_t size)
{
    const struct sched_ops *ops = NULL;
    char reason[LOAD_WHY] = "";
    struct load_object o;

    if (read_file(path, &o, reason)) {
        ops = load(&o, reason);
        free((void *)(uintptr_t)o.data);
    }
    if (!ops)
        snprintf(why, size, "%s: %s", path, reason);
    return ops ? ops->name : NULL;
}

bool sched_load_arguments(int *argc, char ***argv)
{
    char **words = *argv, why[LOAD_WHY + 256];

    while (*argc > 2 && !strcmp(words[1], "--plugin")) {
        if (!sched_load_file(words[2], why, sizeof(why))) {
            fprintf(stderr, "%s\n", why);
            return false;
        }
        words[2] = words[0];
        words += 2;
        *argc -= 2;
    }
    *argv = words;
    return true;
}
