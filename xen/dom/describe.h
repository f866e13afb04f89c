/*
 * describe.h - descriptions of boot-time domains and CPU pools, as text.
 *
 *     # one a line
 *     cpupool name=rt sched=bvt cpus=2-3 bvt.ctx_allow=1ms
 *     domain name=lat kernel=vmlinuz ramdisk=initrd mem=192M vcpus=1
 *            cpus=0-1 soft_cpus=0 weight=512 bvt.warp=10ms cmdline="a b"
 *
 * (on one line), or the words after the file name of a GRUB module:
 *
 *     domain name=lat mem=192M -- console=hvc0
 *
 * A word may be quoted in part or in whole; a backslash takes the next
 * character as it is. Keys that are not in the list are parameters of the
 * scheduler: whoever uses the description checks them. Pure.
 */
#ifndef XEN_DOM_DESCRIBE_H
#define XEN_DOM_DESCRIBE_H

#include "xen/lib/cpuset.h"
#include "xen/lib/types.h"

#define DESCRIBE_PARAMS 16u
#define DESCRIBE_WHY    256u /* room for a message */

struct description {
    bool pool; /* of a CPU pool: name, sched, cpus and params only */
    char sched[16];
    char in_pool[32]; /* of a domain: the pool's name; empty: Pool-0 */
    char name[32];
    char kernel[64], ramdisk[64]; /* names of files; empty: none */
    char cmdline[1024];
    uint64_t memory_bytes; /* a multiple of a page */
    unsigned vcpus;
    struct cpuset cpus, soft_cpus; /* empty: not said */
    bool store;                    /* an empty xenstore answers it */
    unsigned nr_params;
    struct {
        char key[32], value[32];
    } param[DESCRIBE_PARAMS];
};

/* Read `domain key=value...` or `cpupool key=value...` of length bytes. 0, or
 * -EINVAL with one line in why that names the key and what is accepted. */
int describe_parse(const char *text, size_t length, struct description *out,
                   char *why, size_t why_size);

/* The keys of a domain's description, for a message. */
void describe_keys(char *out, size_t size);

/* Of a text of many lines, the next that has words in it (comments are cut
 * off): advances *at; *number counts lines from 1. False: no more. */
bool describe_next_line(const char *text, size_t size, size_t *at,
                        const char **line, size_t *length, unsigned *number);

/* "192M", "1G", "65536K": to bytes. 0, or -EINVAL. */
int describe_size(const char *text, uint64_t *bytes);

/* "0-3,5": the CPUs named. 0, or -EINVAL. */
int describe_cpus(const char *text, struct cpuset *out);

/* "value" of `key=value` among the words of a command line, or its `key`
 * alone (then out is empty). False: it is not there, or too long for out. */
bool describe_option(const char *text, const char *key, char *out, size_t size);

#endif
