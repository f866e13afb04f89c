/*
 * plugins.c - schedulers that GRUB has loaded beside us, as compiled objects.
 *
 *     module2 /boot/lottery.o sched_plugin
 *
 * They come before the command line is acted on, so that sched= and
 * NAME.PARAM= know them. The linker script has set room aside within the image,
 * among its text and its constants: so there is no memory to ask for, services
 * are in reach of a near call, and the final page tables, which come later,
 * give a plug-in's text and constants the rights of ours. Until then the boot
 * tables let us write there.
 *
 * One that cannot be used is refused with its reason, and the boot goes on
 * without: if sched= wants it, it ends there, with the names that there are.
 */
#include "sched/load/load.h"
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/directmap.h"
#include "xen/arch/x86/fatal.h"
#include "xen/boot/boot.h"
#include "xen/dom/modules.h"
#include "xen/lib/format.h"
#include "xen/lib/log.h"

/* By the linker script; page-aligned. */
extern uint8_t plugin_text_start[], plugin_text_end[];
extern uint8_t plugin_rodata_start[], plugin_rodata_end[];

static struct load_memory room;

static size_t whole_pages(size_t size)
{
    return (size + PAGE_SIZE - 1) & PAGE_MASK;
}

static int take(const struct load_object *o, const struct sched_ops **ops,
                size_t *text, size_t *constants, char *why)
{
    int rc = load_measure(o, text, constants, why);

    if (!rc && (*text > room.text_size || *constants > room.constants_size)) {
        (void)format_text(why, LOAD_WHY,
                          "it needs %lu bytes of code and %lu of constants; "
                          "%lu and %lu are left",
                          *text, *constants, room.text_size,
                          room.constants_size);
        rc = -1;
    }
    if (!rc)
        rc = load_place(o, &room, ops, why);
    return rc ? rc : load_register(*ops, why);
}

static void load_one(unsigned number, const struct boot_module *m)
{
    struct load_object o = { paddr_to_virt(m->start), m->end - m->start };
    const struct sched_ops *ops;
    size_t text = 0, constants = 0;
    char why[LOAD_WHY];

    if (take(&o, &ops, &text, &constants, why)) {
        log_error("Module %u is no scheduler to load: %s.", number, why);
        return;
    }
    fatal_add_text(room.text, text, ops->name);
    log_info("Module %u: scheduler %s loaded, %lu bytes of code at %p", number,
             ops->name, text, (void *)room.text);
    room.text += whole_pages(text);
    room.text_size -= whole_pages(text);
    room.constants += whole_pages(constants);
    room.constants_size -= whole_pages(constants);
}

void boot_load_plugins(void)
{
    room.text = plugin_text_start;
    room.text_size = (size_t)(plugin_text_end - plugin_text_start);
    room.constants = plugin_rodata_start;
    room.constants_size = (size_t)(plugin_rodata_end - plugin_rodata_start);
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        if (module_is_plugin(boot_info.module[i].cmdline))
            load_one(i, &boot_info.module[i]);
}
