/*
 * build.h - making a paravirtual domain from a kernel in memory.
 *
 * At boot, on the boot CPU, before any guest runs.
 */
#ifndef XEN_DOM_BUILD_H
#define XEN_DOM_BUILD_H

#include "xen/dom/elf.h"
#include "xen/dom/plan.h"

struct domain;

struct build_request {
    uint16_t id;
    const char *name;
    const struct elf_kernel *kernel;
    const void *ramdisk; /* NULL: none */
    size_t ramdisk_size;
    const char *cmdline;
    uint64_t nr_pages, max_pages; /* max_pages 0: no more than these */
    unsigned max_vcpus;
    bool store; /* an empty xenstore answers it */
    bool dom0;  /* privileged, owns the machine */
    bool clear; /* hand out its memory filled with zeros */
};

/* The domain, paused, its vCPU 0 up and about to enter the kernel. 0, or a
 * negative errno with one line in why: what is wrong and what to do. */
int build_domain(const struct build_request *r, struct domain **out, char *why,
                 size_t why_size);

#endif
