/*
 * hostile: hypercalls with random numbers and arguments, wild writes to its own
 * page tables, and pages that it pins, links and unpins as tables of every
 * level, from a fixed seed, on every vCPU it has. The hypervisor and the other
 * domains must not mind. What could end this guest itself by right (shutdown,
 * iret, stack and callback changes, going to another page table) is left out,
 * so that it lives through its count; a fault of ours is skipped over.
 *
 * count=N (100k, each vCPU)  seed=N (1)  report=N calls (0: only at the end)
 * id=N (0)    our own number, which grants to ourselves want
 * wild=1: also what may end us; a crash of this domain is then no failure
 *
 * Output: hostile: calls=N ok=N refused=N faults=N seed=N
 */
#include <stdbool.h>
#include <stddef.h>
#include <xen/event_channel.h>

#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/vcpu.h"

#define SCRATCH_PAGES 16
#define FRAMES        (1UL << 20) /* 4 GiB of machine memory are told apart */

/* Between two pages that are not mapped: a list of random length ends there,
 * and its results do not overwrite the rest of us. */
static char guarded[SCRATCH_PAGES + 2][PAGE_SIZE]
    __attribute__((section(".bss.pages"), aligned(4096)));
static char (*const scratch)[PAGE_SIZE] = guarded + 1;

static struct {
    long count, seed, report, wild, id;
    bool granting;                     /* there is a grant table */
    unsigned long ok, refused, faults; /* of all vCPUs: atomic */
    struct random random[VCPU_MAX];
    unsigned running; /* vCPUs that have not finished: atomic */
    /* Of the scratch pages; noted before the tables may lie. */
    uint64_t mfn[SCRATCH_PAGES];
    const uint64_t *pte[SCRATCH_PAGES];
    uint64_t pte_machine[SCRATCH_PAGES];
    uint64_t vital[FRAMES / 64]; /* a bit for each frame */
} attack = { .count = 100000, .seed = 1 };

/* The only place of ours that may fault: (where, value). */
void store(const void *where, uint64_t value);
extern const char store_at[], store_end[];
__asm__(".text\n"
        "store:\n"
        "store_at: mov %rsi, (%rdi)\n"
        "store_end: ret\n");

static struct random *own_random(void)
{
    return &attack.random[vcpu_self()->id];
}

static void count_one(unsigned long *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void skip_fault(struct trap_frame *frame)
{
    if (frame->rip != (uint64_t)store_at) {
        trap_print_frame(frame);
        guest_fail("hostile: a fault of our own code");
    }
    count_one(&attack.faults);
    frame->rip = (uint64_t)store_end;
}

/*
 * Is it a frame of ours that is not scratch? Values that would lead there, as
 * a frame or in a page-table entry, are not used: they would let us hurt
 * ourselves, which proves nothing.
 */
static bool is_vital(uint64_t mfn)
{
    return mfn < FRAMES && attack.vital[mfn / 64] >> (mfn % 64) & 1;
}

/* A value that looks like what the hypervisor expects somewhere. */
static uint64_t random_value(void)
{
    struct random *r = own_random();
    unsigned index = (unsigned)random_below(r, SCRATCH_PAGES);
    uint64_t page = address_of(scratch[index]);

    switch (random_below(r, 12)) {
    case 0:
        return 0;
    case 1:
        return random_below(r, 16);
    case 2:
        return random_below(r, 4096);
    case 3:
        return page + random_below(r, PAGE_SIZE);
    case 4:
        return page + PAGE_SIZE - 1 - random_below(r, 63);
    case 5:
        return attack.mfn[index];
    case 6:
        return attack.mfn[index] << PAGE_SHIFT | random_below(r, 4096);
    case 7:
        return DOMID_SELF - random_below(r, 8);
    case 8:
        return HYPERVISOR_VIRT_START + (random_next(r) & 0x7fffffffffUL);
    case 9:
        return ~random_below(r, 4096);
    case 10:
        return 1UL << random_below(r, 64);
    default:
        return random_next(r);
    }
}

static uint64_t plausible(void)
{
    uint64_t value = random_value();

    if (is_vital(value) || is_vital((value & PTE_FRAME) >> PAGE_SHIFT))
        return 0;
    return value;
}

/* Fill the scratch pages, where many arguments point. */
static void fill_scratch(void)
{
    for (unsigned i = 0; i < 16; i++) {
        uint64_t *page =
            (void *)scratch[random_below(own_random(), SCRATCH_PAGES)];

        store(page + random_below(own_random(), PAGE_SIZE / 8), plausible());
    }
}

/* Hypercalls that may rightly end or wreck the caller. */
static bool ends_us(uint64_t number, const uint64_t *args)
{
    switch (number) {
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_trap_table:
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_stack_switch:
    case __HYPERVISOR_set_gdt:
    case __HYPERVISOR_set_segment_base:
    case __HYPERVISOR_multicall: /* may hold any of these */
    case __HYPERVISOR_kexec_op:
    case __HYPERVISOR_set_debugreg:
        return true;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        return (args[0] & 0xffffffff) != SCHEDOP_yield;
    case __HYPERVISOR_vcpu_op:
        return true;
    case __HYPERVISOR_event_channel_op: /* our console's port */
        return (args[0] & 0xffffffff) == EVTCHNOP_close;
    case __HYPERVISOR_event_channel_op_compat:
        return true;
    case __HYPERVISOR_console_io: /* no harm, but pages of noise */
        return (args[0] & 0xffffffff) == CONSOLEIO_write;
    default:
        return false;
    }
}

static void random_call(void)
{
    uint64_t number = random_below(own_random(), 64), args[5];
    long result;

    for (unsigned i = 0; i < 5; i++)
        args[i] = plausible();
    if (random_below(own_random(), 4))
        args[0] = random_below(own_random(), 40);
    if (!attack.wild && ends_us(number, args))
        number = __HYPERVISOR_mmu_update;
    result = hypercall5(number, args[0], args[1], args[2], args[3], args[4]);
    count_one(result < 0 ? &attack.refused : &attack.ok);
}

/* What stands before and behind scratch, where random lists are to end: a
 * random mapping may have come there. */
static void unmap_guards(void)
{
    (void)page_remap(guarded[0], 0);
    (void)page_remap(guarded[SCRATCH_PAGES + 1], 0);
}

/* Scratch pages that became tables, or lost their mappings, back to data. */
static void restore_scratch(void)
{
    unmap_guards();
    for (unsigned i = 0; i < SCRATCH_PAGES; i++) {
        struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE,
                                   .arg1.mfn = attack.mfn[i] };
        struct mmuext_op clear = { .cmd = MMUEXT_CLEAR_PAGE,
                                   .arg1.mfn = attack.mfn[i] };

        (void)hypercall_mmuext_op(&unpin, 1, NULL, DOMID_SELF);
        (void)hypercall_mmuext_op(&clear, 1, NULL, DOMID_SELF);
        (void)hypercall_update_va_mapping(
            address_of(scratch[i]), attack.mfn[i] << PAGE_SHIFT | PTE_DATA,
            i + 1 < SCRATCH_PAGES ? UVMF_NONE : UVMF_TLB_FLUSH);
    }
}

/* An update of an entry that maps a scratch page, or of any entry. */
static void random_update(void)
{
    struct random *r = own_random();
    struct mmu_update update = {
        .ptr = attack.pte_machine[random_below(r, SCRATCH_PAGES)] |
               random_below(r, 4),
        .val = plausible(),
    };
    long result;

    if (random_below(r, 4) == 0)
        update.ptr = plausible() & ~7UL;
    if (random_below(r, 2))
        update.val = (update.val & PTE_FRAME) | random_below(r, 512);
    result = hypercall_mmu_update(&update, 1, NULL, DOMID_SELF);
    count_one(result < 0 ? &attack.refused : &attack.ok);
}

/* Pin, link, clear, copy and unpin scratch pages as tables of all levels. */
static void random_table_work(void)
{
    static const unsigned commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE,  MMUEXT_UNPIN_TABLE,
        MMUEXT_CLEAR_PAGE,   MMUEXT_COPY_PAGE,    MMUEXT_NEW_USER_BASEPTR,
    };
    struct random *r = own_random();
    unsigned a = (unsigned)random_below(r, SCRATCH_PAGES);
    unsigned b = (unsigned)random_below(r, SCRATCH_PAGES);
    struct mmuext_op op = {
        .cmd = commands[random_below(r, sizeof(commands) / sizeof(*commands))],
        .arg1.mfn = attack.mfn[a],
        .arg2.src_mfn = attack.mfn[b],
    };
    struct mmu_update link = {
        .ptr = attack.mfn[a] << PAGE_SHIFT | random_below(r, 512) * 8,
        .val = attack.mfn[b] << PAGE_SHIFT | random_below(r, 256),
    };
    long result;

    if (random_below(r, 2))
        (void)hypercall_update_va_mapping(
            address_of(scratch[a]), attack.mfn[a] << PAGE_SHIFT | PTE_READ,
            UVMF_INVLPG);
    if (random_below(r, 2))
        result = hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
    else
        result = hypercall_mmu_update(&link, 1, NULL, DOMID_SELF);
    count_one(result < 0 ? &attack.refused : &attack.ok);
}

/* Ports and queues: bound, moved, sent to, closed and reset by all vCPUs at
 * once, with FIFO pages of scratch, which are written to meanwhile. The
 * console's port is the hypervisor's own end, which a reset leaves. */
static void random_event_work(void)
{
    static const unsigned commands[] = {
        EVTCHNOP_alloc_unbound, EVTCHNOP_bind_interdomain,
        EVTCHNOP_bind_ipi,      EVTCHNOP_bind_virq,
        EVTCHNOP_bind_vcpu,     EVTCHNOP_send,
        EVTCHNOP_send,          EVTCHNOP_unmask,
        EVTCHNOP_status,        EVTCHNOP_init_control,
        EVTCHNOP_expand_array,  EVTCHNOP_set_priority,
        EVTCHNOP_close,         EVTCHNOP_reset,
    };
    struct random *r = own_random();
    unsigned command =
        commands[random_below(r, sizeof(commands) / sizeof(*commands))];
    uint32_t args[16], port = (uint32_t)random_below(r, 40);
    uint64_t page = attack.mfn[random_below(r, SCRATCH_PAGES)];
    long result;

    for (unsigned i = 0; i < 16; i++)
        args[i] = (uint32_t)random_below(r, 8);
    if (random_below(r, 8) == 0)
        args[random_below(r, 16)] = (uint32_t)random_next(r);
    if (command == EVTCHNOP_init_control || command == EVTCHNOP_expand_array)
        *(uint64_t *)(void *)args = page;
    else if (command == EVTCHNOP_alloc_unbound ||
             command == EVTCHNOP_bind_interdomain)
        ((domid_t *)(void *)args)[0] = ((
            domid_t *)(void *)args)[1] = DOMID_SELF;
    else if (command == EVTCHNOP_reset || command == EVTCHNOP_status)
        ((domid_t *)(void *)args)[0] = DOMID_SELF;
    else if (command != EVTCHNOP_bind_virq && command != EVTCHNOP_bind_ipi)
        args[0] = port;
    if (command == EVTCHNOP_reset && random_below(r, 16))
        command = EVTCHNOP_send;
    result = hypercall_event_channel_op(command, args);
    count_one(result < 0 ? &attack.refused : &attack.ok);
}

/* Batches of what any kind may be, with lengths that are not meant well. */
static void random_batch(void)
{
    static struct multicall_entry list[VCPU_MAX][8];
    struct random *r = own_random();
    struct multicall_entry *m = list[vcpu_self()->id];
    static const unsigned calls[] = {
        __HYPERVISOR_mmu_update,     __HYPERVISOR_mmuext_op,
        __HYPERVISOR_grant_table_op, __HYPERVISOR_memory_op,
        __HYPERVISOR_xen_version,    __HYPERVISOR_update_va_mapping,
    };
    long result;

    for (unsigned i = 0; i < 8; i++) {
        m[i].op = calls[random_below(r, sizeof(calls) / sizeof(*calls))];
        for (unsigned j = 0; j < 6; j++)
            m[i].args[j] = plausible();
        if (random_below(r, 2))
            m[i].args[1] = random_below(r, 2) ? 1u << 31 | 5 : ~0u;
        if (m[i].op == __HYPERVISOR_memory_op)
            m[i].args[0] = random_below(r, 32) |
                           (random_below(r, 2) ? random_next(r) << 6 : 0);
    }
    result = hypercall_multicall(m, 8);
    count_one(result < 0 ? &attack.refused : &attack.ok);
}

#define COPIES 4

/* One of a call's copies; the next one may name the same frames. */
static struct gnttab_copy random_copy(struct random *r, grant_ref_t ref,
                                      unsigned long mfn)
{
    return (struct gnttab_copy){
        .source = { .u.ref = ref,
                    .domid = DOMID_SELF,
                    .offset = (uint16_t)random_below(r, 5000) },
        .dest = { .u.gmfn = mfn,
                  .domid = DOMID_SELF,
                  .offset = (uint16_t)random_below(r, 5000) },
        .len = (uint16_t)random_below(r, 5000),
        .flags = (uint16_t)random_below(r, 4),
    };
}

/* Grants of scratch to ourselves, mapped over scratch, copied and unmapped. */
static void random_grant_work(void)
{
    struct random *r = own_random();
    unsigned i = (unsigned)random_below(r, SCRATCH_PAGES);
    struct gnttab_map_grant_ref map = {
        .host_addr = address_of(scratch[i]),
        .flags = GNTMAP_host_map | (uint32_t)random_below(r, 64),
        .ref = (grant_ref_t)random_below(r, 600),
        .dom = DOMID_SELF,
    };
    struct gnttab_unmap_grant_ref unmap = {
        .host_addr = address_of(scratch[i]),
        .handle = (grant_handle_t)random_below(r, 300),
    };
    struct gnttab_copy copies[COPIES];
    volatile struct grant_entry_v1 *entry = grant_entry(map.ref % 512);
    long result;

    entry->domid = (domid_t)attack.id;
    entry->frame = (uint32_t)attack.mfn[random_below(r, SCRATCH_PAGES)];
    entry->flags = (uint16_t)random_below(r, 256);
    for (unsigned n = 0; n < COPIES; n++)
        copies[n] = random_copy(r, map.ref ^ (grant_ref_t)random_below(r, 2),
                                attack.mfn[i]);
    if (random_below(r, 3) == 0)
        result = hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    else if (random_below(r, 2))
        result = hypercall_grant_table_op(
            GNTTABOP_copy, copies, (unsigned)random_below(r, COPIES + 1));
    else
        result = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    count_one(result < 0 ? &attack.refused : &attack.ok);
}

/* A plain store into a page table that maps scratch: emulated, or a fault. */
static void random_store(void)
{
    const char *entry =
        (const char *)attack.pte[random_below(own_random(), SCRATCH_PAGES)];

    store(entry + (random_below(own_random(), 8) ? 0 : 4), plausible());
}

static void attack_once(void)
{
    unsigned kind = (unsigned)random_below(own_random(), 20);

    if (kind == 0)
        fill_scratch();
    if (kind == 1)
        restore_scratch();
    else if (kind < 4)
        random_update();
    else if (kind == 4)
        random_store();
    else if (kind < 8)
        random_table_work();
    else if (kind == 8)
        random_batch();
    else if (kind == 9 && attack.granting)
        random_grant_work();
    else if (kind < 12)
        random_event_work();
    else
        random_call();
}

static void note_pages(void)
{
    const unsigned long *p2m = (const unsigned long *)start_info()->mfn_list;

    for (unsigned long i = 0; i < start_info()->nr_pages; i++) {
        if (p2m[i] < FRAMES)
            attack.vital[p2m[i] / 64] |= 1UL << (p2m[i] % 64);
    }
    for (unsigned i = 0; i < SCRATCH_PAGES; i++) {
        attack.mfn[i] = virt_to_mfn(scratch[i]);
        attack.vital[attack.mfn[i] / 64] &= ~(1UL << (attack.mfn[i] % 64));
        attack.pte[i] = pte_find(address_of(scratch[i]), 1);
        attack.pte_machine[i] = virt_to_machine(attack.pte[i]);
    }
    unmap_guards();
}

static void say(long calls)
{
    print("hostile: calls=%ld ok=%lu refused=%lu faults=%lu seed=%ld\n", calls,
          attack.ok, attack.refused, attack.faults, attack.seed);
}

static void run(void *arg)
{
    unsigned id = vcpu_self()->id;

    (void)arg;
    random_seed(&attack.random[id], (uint64_t)attack.seed + 1000 * id);
    for (long i = 1; i <= attack.count; i++) {
        attack_once();
        if (id == 0 && attack.report && i % attack.report == 0)
            say(i);
    }
    __atomic_fetch_sub(&attack.running, 1, __ATOMIC_RELEASE);
}

void guest_main(void)
{
    static const struct option table[] = {
        { "count", &attack.count, NULL, "calls" },
        { "seed", &attack.seed, NULL, "of the random numbers" },
        { "report", &attack.report, NULL, "say so every so many calls" },
        { "id", &attack.id, NULL, "of this domain" },
        { "wild", &attack.wild, NULL, "also what may end us" },
    };

    options_parse("hostile", table, sizeof(table) / sizeof(*table));
    random_seed(own_random(), (uint64_t)attack.seed);
    attack.granting = grant_init();
    note_pages();
    trap_set_handler(TRAP_PAGE_FAULT, skip_fault);
    trap_set_handler(TRAP_PROTECTION, skip_fault);
    attack.running = vcpu_count();
    for (unsigned i = 1; i < vcpu_count(); i++) {
        if (vcpu_start(i, run, NULL))
            guest_fail("hostile: cannot start vcpu %u", i);
    }
    run(NULL);
    while (__atomic_load_n(&attack.running, __ATOMIC_ACQUIRE))
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    say(attack.count);
}
