/*
 * hypercall.h - the entries of the hypercall table (table.c).
 *
 * Each takes the guest's six argument registers and returns what goes into its
 * rax: 0 or more, or a negative Xen errno. Called on the vCPU's own stack with
 * interrupts on. Arguments are the guest's word: narrow ones are cut to their
 * public width first. What they do, the public headers say; 64-bit guests.
 */
#ifndef XEN_HYPERCALL_HYPERCALL_H
#define XEN_HYPERCALL_HYPERCALL_H

#include "xen/arch/up.h"

/* pv_cpu.c: the processor as a paravirtual guest sets it up. */
hypercall_fn hypercall_set_trap_table;
hypercall_fn hypercall_set_gdt;
hypercall_fn hypercall_stack_switch;
hypercall_fn hypercall_set_callbacks;
hypercall_fn hypercall_fpu_taskswitch;
hypercall_fn hypercall_set_debugreg;
hypercall_fn hypercall_get_debugreg;
hypercall_fn hypercall_update_descriptor;
hypercall_fn hypercall_iret;
hypercall_fn hypercall_set_segment_base;
hypercall_fn hypercall_nmi_op;
hypercall_fn hypercall_callback_op;

/* mmu */
hypercall_fn hypercall_mmu_update;
hypercall_fn hypercall_update_va_mapping;
hypercall_fn hypercall_update_va_mapping_otherdomain;
hypercall_fn hypercall_mmuext_op;
hypercall_fn hypercall_memory_op;

/* event.c */
hypercall_fn hypercall_event_channel_op;
hypercall_fn hypercall_event_channel_op_compat;

/* the domain's affairs */
hypercall_fn hypercall_multicall;
hypercall_fn hypercall_set_timer_op;
hypercall_fn hypercall_xen_version;
hypercall_fn hypercall_console_io;
hypercall_fn hypercall_grant_table_op;
hypercall_fn hypercall_vm_assist;
hypercall_fn hypercall_vcpu_op;
hypercall_fn hypercall_sched_op;
hypercall_fn hypercall_sched_op_compat;
hypercall_fn hypercall_physdev_op;
hypercall_fn hypercall_physdev_op_compat;
hypercall_fn hypercall_platform_op;
hypercall_fn hypercall_mca;
hypercall_fn hypercall_xenpmu_op;
hypercall_fn hypercall_sysctl;
hypercall_fn hypercall_domctl;
hypercall_fn hypercall_metronome; /* arch_7: ours, xen/include/metronome.h */

/* Any other: -ENOSYS, counted. */
hypercall_fn hypercall_unknown;

/* For a hypercall that is served, but not in this sub-operation: -ENOSYS,
 * counted with the hypercall, and by itself while there is room. */
int64_t hypercall_unknown_op(unsigned number, uint32_t op);

/* How often guests asked for what is not served of hypercall `number`. */
uint64_t hypercall_unknown_count(unsigned number);

/* Print the counts that are not 0 (a debug key). */
void hypercall_show_unknown(void);

#endif
