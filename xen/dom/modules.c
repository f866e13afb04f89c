/*
 * modules.c - what GRUB has loaded beside us.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/pte.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/dom/describe.h"
#include "xen/dom/modules.h"
#include "xen/dom/unpack.h"
#include "xen/lib/format.h"

static struct module module[BOOT_MODULES];

static bool first_word_is(const char *text, const char *word)
{
    size_t length = strlen(word);

    return strncmp(text, word, length) == 0 &&
           (text[length] == '\0' || text[length] == ' ');
}

bool module_is_plugin(const char *cmdline)
{
    return first_word_is(cmdline, "sched_plugin");
}

enum module_kind module_kind(const struct module *m)
{
    if (m->is_file)
        return MODULE_FILE;
    if (first_word_is(m->cmdline, "domains"))
        return MODULE_TEXT;
    if (first_word_is(m->cmdline, "domain"))
        return MODULE_DOMAIN;
    if (module_is_plugin(m->cmdline))
        return MODULE_PLUGIN;
    return MODULE_OTHER;
}

void modules_init(void)
{
    unsigned i;

    for (i = 0; i < boot_info.nr_modules; i++) {
        const struct boot_module *b = &boot_info.module[i];
        struct module *m = &module[i];

        m->data = paddr_to_virt(b->start);
        m->size = b->end - b->start;
        m->cmdline = b->cmdline;
        m->is_file = strncmp(b->cmdline, "file=", 5) == 0;
        if (!m->is_file)
            format_text(m->name, sizeof(m->name), "module %u", i);
        else if (!describe_option(b->cmdline, "file", m->name,
                                  sizeof(m->name)) ||
                 !m->name[0])
            die("Module %u: \"%s\": file= wants a name of 1 to 63 characters",
                i, b->cmdline);
    }
}

unsigned modules_count(void)
{
    return boot_info.nr_modules;
}

struct module *modules_get(unsigned i)
{
    return &module[i];
}

struct module *modules_find(const char *name)
{
    unsigned i;

    for (i = 0; i < boot_info.nr_modules; i++)
        if (module[i].is_file && strcmp(module[i].name, name) == 0)
            return &module[i];
    return NULL;
}

void modules_list_files(char *out, size_t size)
{
    size_t used = 0;
    unsigned i;

    format_text(out, size, "none");
    for (i = 0; i < boot_info.nr_modules && used < size; i++)
        if (module[i].is_file)
            used += format_text(out + used, size - used, "%s%s",
                                used ? ", " : "", module[i].name);
}

/* Frames in one piece for size bytes; *pages says how many. */
static struct page *take_piece(size_t size, size_t *pages)
{
    unsigned order = 0;
    struct page *page;

    *pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    while ((1ul << order) < *pages)
        order++;
    page = frame_alloc(order, 0);
    if (page)
        frame_trim(page, order, *pages);
    return page;
}

/* Give back what take_piece() gave, zeroed: it held somebody's kernel. */
static void give_piece(struct page *page, size_t pages)
{
    size_t i = 0;

    while (i < pages) {
        unsigned order = 63u - (unsigned)__builtin_clzl(pages - i);
        size_t j;

        for (j = 0; j < 1ul << order; j++)
            page_clear(mfn_to_virt(page_to_mfn(page) + i + j));
        frame_free(page + i, order);
        i += 1ul << order;
    }
}

static void unpack(struct module *m, const struct payload *p)
{
    struct unpack_state state;
    const char *why = "";
    void *out;
    int rc;

    m->unpacked = take_piece(p->unpacked_size, &m->unpacked_pages);
    if (!m->unpacked)
        die("%s: its kernel needs %lu MiB to be unpacked: give the machine "
            "more memory",
            m->name, p->unpacked_size >> 20);
    out = mfn_to_virt(page_to_mfn(m->unpacked));
    unpack_begin(&state);
    rc = payload_unpack(p, out, &why);
    unpack_end(&state);
    if (rc)
        die("%s is not usable as a kernel: %s. Make the file anew.", m->name,
            why);
}

const struct elf_kernel *module_kernel(struct module *m)
{
    const char *why = "";
    struct payload p;
    const void *elf;
    int rc;

    if (m->parsed)
        return &m->kernel;
    rc = payload_find(m->data, m->size, &p, &why);
    if (rc)
        die("%s is not a kernel: %s. Name the right file, or make it anew.",
            m->name, why);
    elf = p.data;
    if (p.kind != PAYLOAD_ELF) {
        unpack(m, &p);
        elf = mfn_to_virt(page_to_mfn(m->unpacked));
    }
    rc = elf_parse(elf, p.unpacked_size, &m->kernel, &why);
    if (rc)
        die("%s is not usable as a kernel: %s. Name the right file, or make "
            "it anew.",
            m->name, why);
    m->parsed = true;
    return &m->kernel;
}

void modules_release(void)
{
    unsigned i;

    for (i = 0; i < boot_info.nr_modules; i++) {
        const struct boot_module *b = &boot_info.module[i];
        paddr_t at;

        if (module[i].unpacked)
            give_piece(module[i].unpacked, module[i].unpacked_pages);
        module[i].unpacked = NULL;
        for (at = b->start; at < b->end; at += PAGE_SIZE)
            page_clear(paddr_to_virt(at & PAGE_MASK));
        frames_release(b->start, (b->end + PAGE_SIZE - 1) & PAGE_MASK);
    }
}
