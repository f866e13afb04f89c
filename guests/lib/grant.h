/*
 * Grant table, version 1, one frame (512 entries); the first 8 are reserved.
 */
#ifndef GUEST_GRANT_H
#define GUEST_GRANT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/grant_table.h>

/* Sets up and maps the table. False if the hypervisor refuses. Once. */
bool grant_init(void);

/* Grants access to a page of ours in the first free entry (8, 9, ...). */
grant_ref_t grant_access(unsigned domain, const void *page, bool readonly);

/* Takes a grant back. False while it is still mapped. */
bool grant_end(grant_ref_t ref);

/* An entry itself, for tests. */
volatile struct grant_entry_v1 *grant_entry(grant_ref_t ref);

/*
 * Maps a foreign grant over one of our pages (a whole page from page_alloc,
 * whose frame is no longer visible until grant_unmap). GNTST_okay or an error;
 * *handle is for grant_unmap.
 */
int grant_map(unsigned domain, grant_ref_t ref, void *page,
              grant_handle_t *handle);
int grant_unmap(void *page, grant_handle_t handle);

#endif
