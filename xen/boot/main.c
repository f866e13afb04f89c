/*
 * main.c - starting up, as a table of contents.
 */
#include "xen/base/console.h"
#include "xen/base/console_private.h"
#include "xen/boot/boot.h"
#include "xen/base/frame.h"

void main(uint32_t protocol, paddr_t information);

static void say_hello(void)
{
    log_info("Metronome, a hypervisor for Xen 4.17 guests");
    log_info("Loaded by %s%s, command line: %s", boot_info.loader,
             boot_info.efi ? " (UEFI)" : "", boot_info.cmdline);
    for (unsigned i = 0; i < boot_info.nr_ranges; i++)
        log_debug(" %012lx - %012lx type %u", boot_info.range[i].start,
                  boot_info.range[i].end, boot_info.range[i].type);
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        log_info("Module %u: %lu bytes at %#lx: %s", i,
                 boot_info.module[i].end - boot_info.module[i].start,
                 boot_info.module[i].start, boot_info.module[i].cmdline);
}

void main(uint32_t protocol, paddr_t information)
{
    boot_gather(protocol, information); /* what the loader told us */
    boot_options();
    console_init(&boot_info); /* the ring's messages come out here */
    say_hello();
    frames_init(&boot_info);
    log_info("%lu frames free of %lu", frame_count_free(), frame_count_total());
    panic("nothing more to do");
}
