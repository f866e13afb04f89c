/*
 * fuzz.c - the conformance kit under a coverage-guided fuzzer (libFuzzer): the
 * bytes are the decisions from which a scenario is drawn, so that similar
 * bytes make similar scenarios. What a plug-in does with it is compiled with
 * coverage, ASan and UBSan.
 *
 * KIT_SCHED names the plug-in; without it the first byte chooses one of all. A
 * broken rule is written as scenario.txt is, saved, and ends the process.
 */
#include <stdlib.h>
#include <string.h>
#include "sched/kit/kit.h"
#include "xen/lib/bug.h"

/* Between runs too much would be compared and saved: larger ones add nothing.
 */
#define BYTES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sched_ops *plugin(struct kit_source *from)
{
    const char *name = getenv("KIT_SCHED");
    const struct sched_ops *ops;
    unsigned n = 0;

    if (name && *name && strcmp(name, "all")) {
        ops = sched_find(name);
        if (!ops) {
            (void)fprintf(stderr, "no scheduler %s\n", name);
            exit(2);
        }
        return ops;
    }
    while (sched_plugin(n))
        n++;
    return sched_plugin((unsigned)kit_draw(from, n));
}

/* One in four suits the plug-in's own rules. */
static void draw(struct kit_source *from, const struct sched_ops *ops,
                 struct kit_scenario *sc)
{
    const struct kit_rules *sets[KIT_SETS];
    unsigned n = kit_sets_of(ops->name, sets), which;

    if (kit_draw(from, 4) == 3) {
        memset(sc, 0, sizeof(*sc));
        sc->ops = ops;
        sc->seed = 1;
        which = (unsigned)kit_draw(from, n);
        if (sets[which]->family)
            sets[which]->family(from, sc);
        if (sc->nr_vcpus)
            return;
    }
    kit_random(from, ops, sc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kit_source from = { .bytes = data, .size = size };
    static struct kit_scenario sc;
    static struct kit_run r;
    char path[512] = "not saved";

    if (!size || size > BYTES_MAX)
        return 0;
    draw(&from, plugin(&from), &sc);
    kit_play(&r, &sc);
    if (!r.verdict.rule)
        return 0;
    (void)fprintf(stderr, "%s breaks the rule \"%s\": %s\n", sc.ops->name,
                  r.verdict.rule, r.verdict.detail);
    kit_write(stderr, &sc, NULL);
    (void)kit_save("build/conformance", &sc, &r.verdict, path, sizeof(path));
    (void)fprintf(stderr,
                  "saved: %s; shrink it by: build/kit/conformance "
                  "--shrink=%s/scenario.txt\n",
                  path, path);
    abort();
}
