/*
 * pv.h - a paravirtual vCPU as the processor sees it.
 *
 * Owned by xen/arch/x86/pv. The guest's general registers stand at the top of
 * the vCPU's hypervisor stack (stack.h); the rest of its state stands here.
 * Written by the vCPU itself, or by others while it does not run.
 */
#ifndef XEN_ARCH_X86_PV_PV_H
#define XEN_ARCH_X86_PV_PV_H

#include <xen/xen.h>
#include "xen/arch/x86/stack.h"
#include "xen/lib/types.h"

struct pv_features;
struct shadow;

#define PV_GDT_FRAMES 14 /* that the guest supplies */

struct pv_vcpu {
    /* Hot: entry.S and the exit path know these offsets. */
    struct vcpu_info *info; /* pending and mask; never NULL */
    uint8_t stop;           /* call up_stop() before the next return */
    uint8_t event_work;     /* rare work before return: an NMI */
    uint8_t nmi_masked;     /* until its next iret */
    uint8_t unused;         /* these four are tested as one word */
    uint8_t kernel_mode;    /* the guest kernel runs, not its user */
    uint8_t syscall_masks;  /* syscall callback disables events */
    uint8_t failsafe_masks; /* failsafe callback disables events */
    uint8_t nmi_pending;
    uint64_t cr3_kernel;     /* what the processor loads: machine addresses */
    uint64_t cr3_user;       /* 0: none */
    uint64_t event_callback; /* guest addresses */
    uint64_t failsafe_callback;
    uint64_t syscall_callback;
    uint64_t syscall32_callback, sysenter_callback;
    uint64_t nmi_callback;
    uint64_t kernel_sp, kernel_ss;
    bool syscall32_masks, sysenter_masks;

    struct stack_top *top;   /* of its hypervisor stack */
    struct trap_info *traps; /* 256 entries, own page(s) */

    /* The guest's own top tables: cr3_* are these, but with a shadow its roots
     * (mmu_use_bases()). */
    uint64_t l4_kernel, l4_user;
    struct shadow *shadow; /* NULL, but while what it writes is logged */

    /* Segments, while the vCPU does not run; else they are in the processor,
     * GS.base of the mode that does not run in the one that SWAPGS swaps. */
    union pv_selectors {
        uint16_t each[4]; /* ds, es, fs, gs */
        uint64_t all;
    } selectors;
    uint64_t fs_base, gs_base[2]; /* of the user, of the kernel */

    /* Descriptor tables: windows in the per-domain slot (layout.h). */
    uintptr_t window; /* virtual address of its GDT window */
    struct PACKED {
        uint16_t limit;
        uint64_t base;
    } gdtr;                /* of the window */
    uint64_t *window_ptes; /* the 32 PTEs that map the two windows */
    unsigned gdt_entries, ldt_entries;
    mfn_t gdt_frames[PV_GDT_FRAMES];
    uintptr_t ldt_base; /* guest virtual address */
    uint64_t *gdt_page; /* its page of our descriptors (window, 14) */

    uint64_t ctrlreg[8]; /* CR0, CR2, CR4 as the guest sees them */
    uint64_t dr[8];      /* debug registers; 4 and 5 unused */
    uint32_t iopl;       /* emulated; as in RFLAGS: n << 12 */
    uint32_t iopl_mask;  /* VMASST_TYPE_architectural_iopl: FLAG_IOPL */
    uintptr_t io_bitmap; /* in its kernel's memory: a bit set forbids a port */
    unsigned io_ports;   /* of how many ports that tells; 0: there is none */

    void *xsave; /* XSAVE area, 64-byte aligned */
    uint64_t xcr0, xcr0_accum;
    uint8_t ts;       /* guest's CR0.TS: trap on next FPU use */
    uint32_t tsc_aux; /* what RDTSCP says besides the time */

    const struct pv_features *features; /* of its domain; NULL: all */
};

/* Set up p for a new vCPU whose window stands at `window`; top is of its
 * stack. The guest can't run before pv_set_context() or dom builder fills it.
 * 0, or -ENOMEM. */
int pv_vcpu_create(struct pv_vcpu *p, struct stack_top *top, uintptr_t window,
                   uint64_t *window_ptes);
void pv_vcpu_destroy(struct pv_vcpu *p);

/* Take the registers and tables of a public context for p, which does not run
 * (VCPUOP_initialise, domctl, dom builder). GDT frames are pinned by the
 * caller's mmu helper; cr3 is the caller's business, done before: user mode
 * wants a user's. 0, or a negative errno: nothing has changed then. */
int pv_set_context(struct pv_vcpu *p, const struct vcpu_guest_context *c);
void pv_get_context(const struct pv_vcpu *p, struct vcpu_guest_context *c);

/* Before the CPU leaves p, and after it has come to it; interrupts off. The
 * address space is the caller's business. same_tables: p's window is mapped in
 * the one of the next vCPU too, so its GDT serves until pv_switch_in(). */
void pv_switch_out(struct pv_vcpu *p, bool same_tables);
void pv_switch_in(struct pv_vcpu *p);

/* Queue an exception for the current guest as if the processor had raised it:
 * its registers are changed so that it enters its handler on return. */
void pv_inject(unsigned vector, int error_code); /* error_code -1: none */
void pv_inject_page_fault(uintptr_t address, unsigned error_code);

/* As the hypercalls of these names, of the current vCPU p: 0, or an errno. */
int pv_set_segment_base(struct pv_vcpu *p, unsigned which, uint64_t base);
int pv_set_debugreg(struct pv_vcpu *p, unsigned reg, uint64_t value);
void pv_set_ts(struct pv_vcpu *p, bool set);
/* Store a checked trap; false: its vector's handler is no address of a
 * guest's. */
bool pv_set_trap(struct pv_vcpu *p, const struct trap_info *t);

/* The current vCPU returns from a handler, to where the frame on its stack
 * says; the value for its rax. */
int64_t pv_iret(void);

/* Deliver an NMI to p, the current vCPU or one that does not run. */
void pv_send_nmi(struct pv_vcpu *p);

/* Bring p's LDT register in line with p->ldt_entries; its pages stand in the
 * window. p is the current vCPU, or does not run. */
void pv_load_ldt(struct pv_vcpu *p);

/* The current vCPU's. */
void pv_set_tsc_aux(struct pv_vcpu *p, uint32_t value);

/* Fill a page with the 128 stubs of the hypercall page. */
void pv_fill_hypercall_page(void *page);

/* The first return of a new vCPU to its guest; entry for thread_create(). */
void pv_enter_guest(void) NORETURN;

#endif
