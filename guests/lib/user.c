/* A round trip: iret to user mode; the trap that ends it is turned into a
 * return of user_enter(). */
#include "guests/lib/user.h"

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/start.h"

void user_enter(const struct trap_frame *frame, unsigned long *kernel_rsp);
extern const char user_leave[];

static struct {
    unsigned long kernel_rsp;
    struct trap_frame end;
    char room[4096]; /* an upcall while we leave pushes below `start` */
    struct trap_frame start;
    char stack[8192] __attribute__((aligned(16)));
} user;

bool user_init(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR,
                            .arg1.mfn = virt_to_mfn(
                                (const void *)start_info()->pt_base) };

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF) == 0;
}

struct trap_frame user_run(void (*entry)(unsigned long arg), unsigned long arg)
{
    user.start = (struct trap_frame){
        .rdi = arg,
        .rip = (unsigned long)entry,
        .cs = FLAT_USER_CS,
        .rflags = 0x202,
        .rsp = (unsigned long)user.stack + sizeof(user.stack) - 8,
        .ss = FLAT_USER_SS,
    };
    user_enter(&user.start, &user.kernel_rsp);
    return user.end;
}

void user_trapped(struct trap_frame *frame)
{
    user.end = *frame;
    frame->rip = (unsigned long)user_leave;
    frame->cs = KERNEL_CS_FRAME;
    frame->rsp = user.kernel_rsp;
    frame->ss = FLAT_KERNEL_SS;
    frame->rflags &= ~0x100UL; /* a single step was the user's */
}
