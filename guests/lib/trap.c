/* The trap table, its dispatch, and the last words of a guest. */
#include "guests/lib/trap.h"

#include <xen/callback.h>
#include <xen/xen.h>

#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/user.h"
#include "guests/lib/vcpu.h"

#define VECTORS 20 /* 0..19: those that a processor raises by itself */

extern const char trap_entries[], event_entry[], syscall_entry[],
    failsafe_entry[];
void trap_dispatch(struct trap_frame *frame);
void trap_return(void);

static struct {
    struct trap_info table[VECTORS + 1];
    trap_handler_t *handler[TRAP_COUNT];
} traps;

trap_handler_t *trap_set_handler(unsigned vector, trap_handler_t *handler)
{
    trap_handler_t *old = traps.handler[vector];

    traps.handler[vector] = handler;
    return old;
}

const struct trap_info *trap_table(void)
{
    return traps.table;
}

static void register_callback(uint16_t type, const char *entry, uint16_t flags)
{
    struct callback_register arg = { .type = type,
                                     .flags = flags,
                                     .address = (unsigned long)entry };

    if (hypercall_callback_op(CALLBACKOP_register, &arg))
        guest_fail("callback %u refused", type);
}

void trap_init(void)
{
    unsigned used = 0;

    for (uint8_t v = 0; v < VECTORS; v++) {
        if (v == 2 || v == 8 || v == 9 || v == 15 || v == 18)
            continue;
        traps.table[used++] = (struct trap_info){
            .vector = v,
            .flags = v == TRAP_BREAKPOINT || v == TRAP_OVERFLOW ? 3 : 0,
            .cs = FLAT_KERNEL_CS,
            .address = (unsigned long)trap_entries + 16UL * v,
        };
    }
    if (hypercall_set_trap_table(traps.table))
        guest_fail("set_trap_table refused");
    register_callback(CALLBACKTYPE_event, event_entry, 0);
    register_callback(CALLBACKTYPE_failsafe, failsafe_entry, 0);
    register_callback(CALLBACKTYPE_syscall, syscall_entry,
                      CALLBACKF_mask_events);
}

uint64_t trap_fault_address(void)
{
    return vcpu_self()->info->arch.cr2;
}

void trap_print_frame(const struct trap_frame *f)
{
    print("vcpu %u vector %lu error %lx rip %lx cs %lx flags %lx rsp %lx ss "
          "%lx cr2 %lx\n",
          vcpu_self()->id, f->vector, f->error, f->rip, f->cs, f->rflags,
          f->rsp, f->ss, trap_fault_address());
    print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx,
          f->rcx, f->rdx);
    print("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi, f->rdi,
          f->rbp, f->r8);
    print("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10,
          f->r11, f->r12);
    print("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
}

void trap_dispatch(struct trap_frame *frame)
{
    trap_handler_t *handler = traps.handler[frame->vector];

    if (handler) {
        handler(frame);
    } else if (frame->vector != TRAP_EVENT && trap_from_user(frame)) {
        user_trapped(frame);
    } else if (frame->vector == TRAP_EVENT) {
        event_dispatch();
    } else {
        trap_print_frame(frame);
        guest_fail("guest: unexpected exception %lu", frame->vector);
    }
}
