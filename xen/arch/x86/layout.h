/*
 * layout.h - where everything stands in the hypervisor's part of an address
 * space: PML4 slots 256 to 271, the hole that the public ABI leaves to us.
 *
 *   256  machine-to-phys table, 8 bytes a frame; guests may read it (ABI)
 *   260  per-domain: each vCPU's GDT and LDT windows
 *   261  frame table, M2P again but writable; stacks and vmap; the image
 *   262..271  direct map of all RAM, 2-MiB or 1-GiB pages, global
 *
 * Usable from assembly.
 */
#ifndef XEN_ARCH_X86_LAYOUT_H
#define XEN_ARCH_X86_LAYOUT_H

#ifdef __ASSEMBLY__
#define LAYOUT(x) x
#else
#define LAYOUT(x) x##ul
#endif

#define HOLE_START      LAYOUT(0xffff800000000000) /* guests: not below ... */
#define HOLE_END        LAYOUT(0xffff880000000000) /* ... and from here on */
#define HOLE_FIRST_SLOT 256
#define HOLE_LAST_SLOT  271

#define M2P_START       LAYOUT(0xffff800000000000)
#define PERDOMAIN_START LAYOUT(0xffff820000000000)
#define FRAMES_START    LAYOUT(0xffff828000000000)
#define M2P_RW_START    LAYOUT(0xffff82b000000000) /* the M2P, ours to write */
#define STACKS_START    LAYOUT(0xffff82c000000000)
#define VMAP_START      LAYOUT(0xffff82c800000000) /* MMIO windows etc. */
#define VMAP_END        LAYOUT(0xffff82d000000000)
#define IMAGE_START     LAYOUT(0xffff82d040000000)
#define DIRECTMAP_START LAYOUT(0xffff830000000000)

#define IMAGE_PHYS LAYOUT(0x200000) /* where GRUB puts the image */
/* The link address of a byte of the image less its physical one. */
#define IMAGE_OFFSET (IMAGE_START - IMAGE_PHYS)

/* A hypervisor stack: STACK_SIZE bytes, so aligned; struct stack_top at its
 * top (xen/arch/x86/stack.h). */
#define STACK_SHIFT 14
#define STACK_SIZE  LAYOUT(0x4000)

/* A vCPU's windows in its domain's slot: 16 pages of GDT (14 the guest's, one
 * ours, one unused), then 16 of LDT. */
#define GDT_WINDOW_SIZE   LAYOUT(0x20000)
#define LDT_WINDOW_OFFSET LAYOUT(0x10000)

#endif
