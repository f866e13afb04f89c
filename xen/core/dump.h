/*
 * dump.h - debug keys' view of domains, on the console. Softirq context.
 */
#ifndef XEN_CORE_DUMP_H
#define XEN_CORE_DUMP_H

/* Each domain and its vCPUs: state, where, times, events. */
void dump_domains(void);

/* Each domain's frames, counted by type. */
void dump_pages(void);

/* What domains hold, counted: so that whoever makes and destroys some sees
 * whether all came back. */
void dump_counts(void);

/* Where the guest of this CPU is, if it runs one. Interrupt context. */
void dump_guest_here(void);

#endif
