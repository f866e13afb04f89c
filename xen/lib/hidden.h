/*
 * hidden.h - all declarations that follow are of this very image, so that the
 * compiler reaches them directly and not through an offset table. Included
 * before every file of the hypervisor, never on the host.
 */
#ifndef XEN_LIB_HIDDEN_H
#define XEN_LIB_HIDDEN_H

#pragma GCC visibility push(hidden)

#endif
