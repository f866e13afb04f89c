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

/* Register the schedulers that are modules; before options name them. */
void boot_load_plugins(void);

/* Act on the hypervisor's command line (cmdline.h). */
void boot_options(void);

/* Rings for so many CPUs, as the options say. */
void boot_start_trace(unsigned nr_cpus);

/* Keep the initial values of per-CPU data, before any is changed. */
void boot_percpu(void);

/* Debug keys of memory, timers, run queues, CPUs. */
void boot_add_keys(void);

/* How many CPUs there may be: what ACPI lists, at most maxcpus=. */
unsigned boot_count_cpus(void);

/* Start the other processors; each ends in its idle loop. */
void boot_start_cpus(void);

#endif
