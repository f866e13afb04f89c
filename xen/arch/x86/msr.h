/*
 * msr.h - numbers of model-specific registers and of bits in control
 * registers. SDM volume 4; APM volume 2, appendix A. Usable from assembly.
 */
#ifndef XEN_ARCH_X86_MSR_H
#define XEN_ARCH_X86_MSR_H

/* Model-specific registers */
#define MSR_TSC            0x00000010
#define MSR_PLATFORM_ID    0x00000017
#define MSR_APIC_BASE      0x0000001b
#define MSR_BIOS_SIGN_ID   0x0000008b
#define MSR_MTRRCAP        0x000000fe
#define MSR_SYSENTER_CS    0x00000174
#define MSR_SYSENTER_ESP   0x00000175
#define MSR_SYSENTER_EIP   0x00000176
#define MSR_MISC_ENABLE    0x000001a0
#define MSR_DEBUGCTL       0x000001d9
#define MSR_PAT            0x00000277
#define MSR_MTRR_DEF_TYPE  0x000002ff
#define MSR_TSC_DEADLINE   0x000006e0
#define MSR_X2APIC_FIRST   0x00000800
#define MSR_XSS            0x00000da0
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX        0xc0000103

#define APIC_BASE_BSP    0x00000100
#define APIC_BASE_X2APIC 0x00000400
#define APIC_BASE_ENABLE 0x00000800

#define EFER_SCE 0x00000001 /* SYSCALL */
#define EFER_LME 0x00000100
#define EFER_LMA 0x00000400
#define EFER_NXE 0x00000800

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_EM 0x00000004
#define CR0_TS 0x00000008
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_AM 0x00040000
#define CR0_NW 0x20000000
#define CR0_CD 0x40000000
#define CR0_PG 0x80000000

#define CR4_TSD        0x00000004
#define CR4_DE         0x00000008
#define CR4_PSE        0x00000010
#define CR4_PAE        0x00000020
#define CR4_MCE        0x00000040
#define CR4_PGE        0x00000080
#define CR4_OSFXSR     0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define CR4_UMIP       0x00000800
#define CR4_FSGSBASE   0x00010000
#define CR4_PCIDE      0x00020000
#define CR4_OSXSAVE    0x00040000
#define CR4_SMEP       0x00100000
#define CR4_SMAP       0x00200000

/* What every CPU runs with from its entry to long mode on. */
#define CR0_BOOT (CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE)
#define CR4_BOOT (CR4_OSXMMEXCPT | CR4_OSFXSR | CR4_PGE | CR4_PAE)

/* RFLAGS */
#define FLAG_CF   0x00000001
#define FLAG_TF   0x00000100
#define FLAG_IF   0x00000200
#define FLAG_DF   0x00000400
#define FLAG_IOPL 0x00003000
#define FLAG_NT   0x00004000
#define FLAG_RF   0x00010000
#define FLAG_VM   0x00020000
#define FLAG_AC   0x00040000
#define FLAG_VIF  0x00080000
#define FLAG_VIP  0x00100000
#define FLAG_ID   0x00200000

#endif
