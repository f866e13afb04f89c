/*
 * grant.h - grant tables: a domain lets another map, or copy, frames of its
 * own. Version 1 entries.
 *
 * Two halves. As granter, a domain has the shared frames in which it writes its
 * entries, and for each entry in use an `active` record: who uses it, how
 * often, and for which frame. As mapper, it has a table of its mappings, whose
 * index is the handle that it unmaps by.
 *
 * A mapping pins the granter's entry (the GTF_reading and GTF_writing bits that
 * tell the granter to keep off) and holds a reference on the granter. The page
 * itself is held by the mapper's page-table entry, as any present entry holds
 * its page (docs/pagetypes.md); so a mapper that loses that entry otherwise
 * loses its hold on the page too, and all that remains is the pin.
 *
 * Locks: lock (rank GRANT) protects frames and active records; map_lock (rank
 * GRANT_MAP, under no other of these) the mappings. Neither is held while an
 * mmu.lock is taken.
 */
#ifndef XEN_CORE_GRANT_H
#define XEN_CORE_GRANT_H

#include <xen/grant_table.h>
#include "xen/arch/x86/spinlock.h"
#include "xen/base/frame.h"

struct domain;

#define GRANT_FRAMES_MAX 64u
#define GRANT_PER_FRAME  (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define GRANT_MAPS_MAX   (GRANT_FRAMES_MAX * 1024u)
#define GRANT_MAPS_CHUNK 256u /* of Xen's: a frame of its maptrack */

/* One entry of a granter's in use. */
struct grant_active {
    mfn_t mfn;
    uint32_t readers, writers;
    uint16_t mapper;
};

/* One mapping of a mapper's. */
struct grant_map {
    struct domain *granter; /* with a reference; NULL: free */
    uint32_t ref;
    uint32_t flags; /* GNTMAP_* */
    mfn_t mfn;
    uint32_t next_free;
    bool ending; /* being unmapped */
};

struct grant_table {
    unsigned max_frames, max_maps; /* set once */
    struct spinlock lock;
    unsigned nr_frames;
    struct page *frame[GRANT_FRAMES_MAX];
    struct grant_active *active[GRANT_FRAMES_MAX]; /* GRANT_PER_FRAME each */

    struct spinlock map_lock;
    unsigned nr_maps; /* slots there are */
    uint32_t free_map;
    struct grant_map *maps[GRANT_MAPS_MAX / GRANT_MAPS_CHUNK];
};

/* Limits: 0 for as many as there can be. */
int grant_domain_create(struct domain *d, unsigned max_frames,
                        unsigned max_maps);
/* All that d maps is let go; its page tables are gone already. Preemptible. */
void grant_domain_release(struct domain *d);
void grant_domain_destroy(struct domain *d);

/* Let d's table have n frames. 0, -ENOMEM, -EINVAL. */
int grant_grow(struct domain *d, unsigned n);

/* Pin entry `ref` of granter for `mapper`, to write or only to read: *mfn is
 * the granted frame. A GNTST_* status. */
int grant_pin(struct domain *granter, uint32_t ref, uint16_t mapper, bool write,
              mfn_t *mfn);
void grant_unpin(struct domain *granter, uint32_t ref, bool write);

/* Calls visit, under the lock, for each frame that d lets others write to just
 * now. Preemptible. */
void grant_visit_written(struct domain *d, void (*visit)(mfn_t mfn));

/* Exchange two entries of granter's, neither of which anybody uses. */
int grant_swap(struct domain *granter, uint32_t a, uint32_t b);

/* Entries of d's that others use, and what d maps; as it is just now. */
unsigned grant_count_pinned(const struct domain *d);
unsigned grant_count_maps(const struct domain *d);

/* A free mapping of d's; its handle; or NULL. */
struct grant_map *grant_map_alloc(struct domain *d, uint32_t *handle);
/* The mapping of a handle, which is marked as ending; NULL: no such. */
struct grant_map *grant_map_take(struct domain *d, uint32_t handle);
void grant_map_untake(struct domain *d, struct grant_map *m);
/* d maps this frame, as it is just now. Preemptible. */
bool grant_map_exists(const struct domain *d, mfn_t mfn);
/* Forget it: drops its reference on the granter. */
void grant_map_free(struct domain *d, uint32_t handle, struct grant_map *m);

#endif
