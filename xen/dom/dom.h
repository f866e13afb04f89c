/*
 * dom.h - the domains that exist from the start: dom0 and the boot-time ones,
 * as GRUB's modules describe them; and how the run ends.
 *
 * A module's command line says what it is:
 *
 *     file=NAME ...         a file that descriptions may name
 *     domains               a text of descriptions, one a line (describe.h)
 *     domain name=... ...   a kernel with its own description
 *     sched_plugin          a scheduler (xen/boot/plugins.c)
 *     anything else         dom0's kernel and arguments; the next such one is
 *                           dom0's initrd
 *
 * Whatever is wrong with one of them ends the boot with one line that says
 * what: an experiment must not go on with something else than was asked for.
 */
#ifndef XEN_DOM_DOM_H
#define XEN_DOM_DOM_H

#include "xen/lib/types.h"

/* Build them all, then let all of them run. Boot CPU, everything else is up;
 * gives the modules' memory back. */
void dom_start(void);

/* dom0_mem= and dom0_max_vcpus=: dom0's frames at the start, and at most; its
 * vCPUs. Dies if that cannot be. */
uint64_t dom0_pages(uint64_t *max_pages);
unsigned dom0_vcpus(void);

/* dom0_sched=: dies if the scheduler does not take it. */
struct domain;
void dom0_set_params(struct domain *d);

/* From now on: see finish.c. nr_domains: how many were started. */
void dom_watch_for_end(unsigned nr_domains, bool has_dom0);

#endif
