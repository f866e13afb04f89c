/* Bringing up vCPUs by VCPUOP_initialise and VCPUOP_up. */
#include "guests/lib/vcpu.h"

#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "guests/lib/trap.h"

#define STACK_SIZE 16384

extern const char vcpu_entry[], event_entry[], failsafe_entry[],
    syscall_entry[], boot_stack[];
void vcpu_started(struct guest_vcpu *vcpu);

static struct guest_vcpu vcpus[VCPU_MAX];
static char stacks[VCPU_MAX][STACK_SIZE] __attribute__((aligned(4096)));
static struct vcpu_guest_context context; /* large: not on a stack */

struct guest_vcpu *vcpu_get(unsigned id)
{
    return &vcpus[id];
}

static void vcpu_prepare(unsigned id)
{
    vcpus[id].self = &vcpus[id];
    vcpus[id].id = id;
    vcpus[id].info = &start_shared_info()->vcpu_info[id];
    vcpus[id].stack_top = (unsigned long)&stacks[id][STACK_SIZE];
}

void vcpu_init_first(void)
{
    vcpu_prepare(0);
    (void)hypercall_set_segment_base(SEGBASE_GS_KERNEL,
                                     (unsigned long)&vcpus[0]);
    /* stacks[0]: where user mode of vCPU 0 enters the kernel. */
    (void)hypercall_stack_switch(FLAT_KERNEL_SS, vcpus[0].stack_top);
}

unsigned vcpu_count(void)
{
    unsigned count = 1;

    while (count < VCPU_MAX &&
           hypercall_vcpu_op(VCPUOP_is_up, count, NULL) >= 0)
        count++;
    return count;
}

void vcpu_started(struct guest_vcpu *vcpu)
{
    clock_init_vcpu();
    vcpu->run(vcpu->arg);
    for (;;)
        (void)hypercall_vcpu_op(VCPUOP_down, vcpu->id, NULL);
}

static void fill_context(const struct guest_vcpu *vcpu)
{
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel;
    context.user_regs.rip = (unsigned long)vcpu_entry;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.rsp = vcpu->stack_top;
    context.user_regs.rdi = (unsigned long)vcpu;
    context.user_regs.rflags = 2;
    for (const struct trap_info *t = trap_table(); t->address; t++)
        context.trap_ctxt[t->vector] = *t;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = vcpu->stack_top;
    context.ctrlreg[3] = xen_pfn_to_cr3(
        virt_to_mfn((const void *)start_info()->pt_base));
    context.event_callback_eip = (unsigned long)event_entry;
    context.failsafe_callback_eip = (unsigned long)failsafe_entry;
    context.syscall_callback_eip = (unsigned long)syscall_entry;
    context.gs_base_kernel = (unsigned long)vcpu;
}

int vcpu_start(unsigned id, void (*run)(void *arg), void *arg)
{
    long error;

    if (id == 0 || id >= VCPU_MAX)
        return -XEN_EINVAL;
    vcpu_prepare(id);
    vcpus[id].run = run;
    vcpus[id].arg = arg;
    vcpus[id].info->evtchn_upcall_mask = 1;
    fill_context(&vcpus[id]);
    error = hypercall_vcpu_op(VCPUOP_initialise, id, &context);
    if (!error)
        error = hypercall_vcpu_op(VCPUOP_up, id, NULL);
    return (int)error;
}
