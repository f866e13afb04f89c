/*
 * boot.h - the steps of starting up, in the order in which main() takes them.
 * All run once, on the boot CPU, with interrupts off.
 */
#ifndef XEN_BOOT_BOOT_H
#define XEN_BOOT_BOOT_H

#include "xen/arch/x86/boot_info.h"
#include "xen/lib/types.h"

/* Fill boot_info from what the loader left at `information`, by the protocol
 * whose magic number the loader gave. False: neither protocol. */
bool boot_gather(uint32_t protocol, paddr_t information);

/* Act on the hypervisor's command line (cmdline.h). */
void boot_options(void);

/* An option with a dot, as bvt.ctx_allow=5ms: kept for the scheduler's host. */
void boot_scheduler_parameter(const char *name, const char *value);

/* Keep the initial values of per-CPU data, before any is changed. */
void boot_percpu(void);

/* Start the other processors; each goes to boot_idle() when it is ready. */
void boot_start_cpus(void);

/* What a CPU does when it has nothing to do; for good. */
void boot_idle(void) NORETURN;

#endif
