/*
 * stubs.c - weak stand-ins for what has not landed yet. To be emptied.
 */
#include "xen/core/domain.h"

void WEAK pv_vcpu_destroy(struct pv_vcpu *p)
{
    (void)p;
}

