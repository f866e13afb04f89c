/*
 * Event channels, 2-level, with a handler per port.
 *
 * A port is bound to the vCPU that binds it (VIRQs, IPIs: the one named).
 * Handlers run on that vCPU with its upcalls masked; they may send, not block.
 * Functions that return a port return 0 on refusal (port 0 is never valid).
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

#define EVENT_PORTS 4096

typedef void event_handler_t(uint32_t port, void *arg);

/* Once, on vCPU 0. Leaves upcalls masked: the guest unmasks when ready. */
void event_init(void);

uint32_t event_bind_virq(unsigned virq, unsigned vcpu, event_handler_t *handler,
                         void *arg);
uint32_t event_bind_ipi(unsigned vcpu, event_handler_t *handler, void *arg);
uint32_t event_alloc_unbound(unsigned remote_domain, event_handler_t *handler,
                             void *arg);
uint32_t event_bind_interdomain(unsigned remote_domain, uint32_t remote_port,
                                event_handler_t *handler, void *arg);
int event_close(uint32_t port);

/* Sets a port's handler by hand (for ports got by a raw hypercall, which are
 * vCPU 0's). */
void event_set_handler(uint32_t port, event_handler_t *handler, void *arg);

/* Notifies the other end. 0, or a negative errno. */
int event_send(uint32_t port);

/* Masks a port, or unmasks it (delivering what was pending). */
void event_mask_port(uint32_t port);
void event_unmask_port(uint32_t port);

/* True when the port is pending; event_clear takes the mark away. */
bool event_pending(uint32_t port);
void event_clear(uint32_t port);

/*
 * Upcalls of this vCPU: event_mask() masks them and returns whether they were
 * masked; event_restore() takes that; event_unmask() lets them in, running the
 * handlers of what is pending before it returns.
 */
bool event_mask(void);
void event_unmask(void);
void event_restore(bool masked);

/* Blocks this vCPU until an event is pending for it; upcalls end unmasked. */
void event_block(void);

/* Called by trap.c on an upcall. */
void event_dispatch(void);

#endif
