/*
 * plugin.c - taking a plug-in's object (`make plugin DIR=...`) into schedsim:
 * the memory that sched/load asks of its host.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sched/load/load.h"
#include "sched/sim/scenario.h"
#include "xen/lib/types.h"

static size_t whole_pages(size_t bytes)
{
    return (bytes + PAGE_SIZE - 1) & PAGE_MASK;
}

/* Place and register the object. False: why[] has the reason. */
static bool take_in(const struct load_object *o, char *why)
{
    const struct sched_ops *ops;
    struct load_memory m;
    size_t text, constants;

    if (load_measure(o, &m.text_size, &m.constants_size, why))
        return false;
    text = whole_pages(m.text_size);
    constants = whole_pages(m.constants_size);
    m.text = mmap(NULL, text + constants, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m.text == MAP_FAILED) {
        (void)snprintf(why, LOAD_WHY, "%s", strerror(errno));
        return false;
    }
    m.constants = m.text + text;
    if (load_place(o, &m, &ops, why))
        return false;
    if ((text && mprotect(m.text, text, PROT_READ | PROT_EXEC)) ||
        (constants && mprotect(m.constants, constants, PROT_READ))) {
        (void)snprintf(why, LOAD_WHY, "%s", strerror(errno));
        return false;
    }
    return !load_register(ops, why);
}

bool plugin_load(const char *file)
{
    struct load_object o = { 0 };
    char why[LOAD_WHY] = "";
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    void *data;

    if (fd < 0 || fstat(fd, &st)) {
        (void)fprintf(stderr, "%s: %s\n", file, strerror(errno));
        return false;
    }
    data = st.st_size
               ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
               : MAP_FAILED;
    (void)close(fd);
    if (data == MAP_FAILED) {
        (void)fprintf(stderr, "%s: cannot be read, or is empty\n", file);
        return false;
    }
    o.data = data;
    o.size = (size_t)st.st_size;
    if (take_in(&o, why))
        return true;
    (void)fprintf(stderr, "%s: %s\n", file, why);
    return false;
}
