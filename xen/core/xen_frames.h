/*
 * xen_frames.h - frames of the hypervisor's own that the toolstack may map, as
 * those of DOMID_XEN: the trace's, and the table of machine to guest frames.
 */
#ifndef XEN_CORE_XEN_FRAMES_H
#define XEN_CORE_XEN_FRAMES_H

#include "xen/core/domain.h"

/* Whose they are. It has nothing else, is in no list, and is not to be given
 * anything: only for comparing owners (page_get()). */
struct domain *xen_frames_owner(void);

/* Show the trace's rings and their table; the M2P, read-only. Once, at boot. */
void xen_frames_share_trace(void);
void xen_frames_share_m2p(void);

#endif
