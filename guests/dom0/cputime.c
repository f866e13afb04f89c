/*
 * cputime.c - a program for dom0 that prints the time-stamp counter, and how
 * long the CPUs were idle since the boot, by the hypervisor's own account (ns):
 *
 *     CPUTIME <counter> <idle>
 *
 * For `make bench-dom0`: with one instruction a nanosecond, what is not idle is
 * instructions. Between the two readings stands one hypercall.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <xen/xen.h>
#include <xen/sysctl.h>

#define CPUS 64u

struct hypercall {
    uint64_t number, argument[5];
};
#define HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))

int main(void)
{
    static struct xen_sysctl_cpuinfo info[CPUS];
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_getcpuinfo,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.getcpuinfo.max_cpus = CPUS,
    };
    struct hypercall call = { __HYPERVISOR_sysctl, { (uintptr_t)&op } };
    int file = open("/dev/xen/privcmd", O_RDWR);
    uint64_t idle = 0;
    unsigned i;

    set_xen_guest_handle(op.u.getcpuinfo.info, info);
    info[0].idletime = 1; /* the page must be there before the hypercall */
    if (file < 0 || ioctl(file, HYPERCALL, &call)) {
        perror("cputime: /dev/xen/privcmd");
        return 1;
    }
    for (i = 0; i < op.u.getcpuinfo.nr_cpus && i < CPUS; i++)
        idle += info[i].idletime;
    printf("CPUTIME %llu %lu\n", __builtin_ia32_rdtsc(), idle);
    return 0;
}
