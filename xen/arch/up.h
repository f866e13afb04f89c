/*
 * up.h - the few functions by which arch calls the layers above it.
 *
 * Everything else goes the other way. Each is defined by the layer named.
 */
#ifndef XEN_ARCH_UP_H
#define XEN_ARCH_UP_H

#include <xen/xen.h>
#include "xen/arch/x86/stack.h"
#include "xen/lib/types.h"

struct pv_vcpu;

/* base: entry.S also tests the per-CPU word `softirq` (8 bytes, softirq.h)
 * before every return to a guest. */

/* base: run what softirqs are pending on this CPU, the scheduler's last; may
 * come back on another CPU. Interrupts on. */
void up_softirqs(void);

/* hypercall: the table that entry.S indexes by the guest's rax. Each entry is
 * called with the guest's rdi, rsi, rdx, r10, r8, r9 as C arguments and
 * interrupts on; its result goes into the guest's rax. */
typedef int64_t hypercall_fn(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                             uint64_t e, uint64_t f);
#define NR_HYPERCALLS 64
extern hypercall_fn *const up_hypercall_table[NR_HYPERCALLS];

/* core/mmu: a page fault of the guest at `address`. True: it has been mended
 * (an emulated page-table write, a spurious fault); false: it is the guest's.
 * Interrupts on. */
bool up_page_fault(struct cpu_user_regs *regs, uintptr_t address,
                   unsigned error_code);

/* core/shadow: a page fault at an address of the current guest's, of its own or
 * of ours, while it runs on shadow tables. True: an entry has been filled, go
 * on; false: it is as on the guest's own tables, with the error code that it
 * would have had there. Interrupts off. */
bool up_shadow_fault(uintptr_t address, uint32_t *error_code);

/* core: crash the domain of the current vCPU, saying why; what the vCPU was
 * doing goes on until it next returns to the guest, where it stops. */
void up_crash(const char *format, ...) PRINTF(1, 2);

/* core: the guest's return is due, with interrupts on: stop here while the
 * vCPU is paused or its domain is dying. Called when pv->stop is set. */
void up_stop(void);

/* base/frame: a frame for a page table of the hypervisor's, zeroed, at its
 * address in the direct map; or NULL. Works from the start of boot on. */
void *up_page_alloc(void);

/* core/mmu: load the current vCPU's address space for its mode (kernel or
 * user) after a toggle. Interrupts off or on. */
void up_load_address_space(struct pv_vcpu *pv);

/* core: may the current domain use these I/O ports; is it the hardware
 * domain? For emulated port I/O. */
bool up_may_use_ports(uint16_t first, uint16_t count);
bool up_is_hardware_domain(void);

#endif
