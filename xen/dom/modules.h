/*
 * modules.h - GRUB's modules, by what they are for; kernels unpacked.
 */
#ifndef XEN_DOM_MODULES_H
#define XEN_DOM_MODULES_H

#include "xen/dom/elf.h"

struct module {
    const uint8_t *data;
    size_t size;
    const char *cmdline;
    char name[64]; /* file=NAME, else "module N" */
    bool is_file;
    /* The kernel in it, when module_kernel() has been asked. */
    bool parsed;
    struct elf_kernel kernel;
    struct page *unpacked; /* frames that hold it, or NULL */
    size_t unpacked_pages;
};

enum module_kind {
    MODULE_OTHER,
    MODULE_FILE,
    MODULE_TEXT,
    MODULE_DOMAIN,
    MODULE_PLUGIN, /* xen/boot/plugins.c has taken it in */
};

/* By its command line: is this module a scheduler to load? */
bool module_is_plugin(const char *cmdline);

void modules_init(void);
unsigned modules_count(void);
struct module *modules_get(unsigned i);
enum module_kind module_kind(const struct module *m);
/* The file=NAME module, or NULL. */
struct module *modules_find(const char *name);
/* Names of all files, for a message. */
void modules_list_files(char *out, size_t size);

/* The kernel in m, unpacked at most once. Ends the boot if there is none. */
const struct elf_kernel *module_kernel(struct module *m);

/* Give back the memory of all modules and of what was unpacked. */
void modules_release(void);

#endif
