/*
 * memory.c - see memory.h. Packed, a piece is preceded by its size; what is
 * given back waits in a list of its size for the next one of that size. Pieces
 * are cut off from behind: so what a plug-in keeps of a vCPU stands right
 * before the vCPU, which is made first, and what a decision needs is one
 * stretch.
 */
#include "sched/sim/memory.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK (64ul << 20)
#define HUGE  (2ul << 20)
#define SIZES 16

struct piece {
    size_t size;
    struct piece *next; /* once given back */
};

static struct {
    bool packed;
    uint8_t *begin, *at;       /* what is left of the chunk */
    struct piece *back[SIZES]; /* by size, of the first SIZES sizes */
    size_t size[SIZES];
} memory;

void memory_pack(void)
{
    memory.packed = true;
}

/* The list for pieces of this size, or NULL: there are too many sizes. */
static struct piece **list_of(size_t size)
{
    unsigned i;

    for (i = 0; i < SIZES; i++) {
        if (!memory.size[i])
            memory.size[i] = size;
        if (memory.size[i] == size)
            return &memory.back[i];
    }
    return NULL;
}

static bool more(size_t size)
{
    size_t want = size > CHUNK - HUGE ? size + HUGE : CHUNK;
    uint8_t *chunk = mmap(NULL, want, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (chunk == MAP_FAILED)
        return false;
    memory.begin = (uint8_t *)(((uintptr_t)chunk + HUGE - 1) & ~(HUGE - 1));
    memory.at = chunk + want;
    (void)madvise(memory.begin, (size_t)(memory.at - memory.begin),
                  MADV_HUGEPAGE);
    return true;
}

void *memory_get(size_t size)
{
    struct piece *piece, **list;

    if (!memory.packed)
        return calloc(1, size);
    size = (size + sizeof(size_t) + 63) & ~(size_t)63;
    list = list_of(size);
    if (list && *list) {
        piece = *list;
        *list = piece->next;
        memset(piece, 0, size);
    } else {
        if ((size_t)(memory.at - memory.begin) < size && !more(size))
            return NULL;
        memory.at -= size;
        piece = (struct piece *)(void *)memory.at;
    }
    piece->size = size;
    return (uint8_t *)piece + sizeof(size_t);
}

void memory_put(void *p)
{
    struct piece *piece, **list;

    if (!memory.packed || !p) {
        free(p);
        return;
    }
    piece = (struct piece *)(void *)((uint8_t *)p - sizeof(size_t));
    list = list_of(piece->size);
    if (!list)
        return;
    piece->next = *list;
    *list = piece;
}
