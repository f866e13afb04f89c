/*
 * export.c - `xentrace export`: the command, and the raw form.
 */
#include "xentrace/export.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void export_put(struct export *e, const void *data, size_t bytes)
{
    if (!e->failed && !command_put(e->out, data, bytes, e->name))
        e->failed = true;
}

uint64_t export_ns(const struct export *e, uint64_t tsc)
{
    const struct trace_meta *m = e->meta;
    uint64_t since = tsc - m->tsc_zero;

    if (!m->tsc_khz)
        return tsc;
    if (since >> 63)
        return 0;
    return (uint64_t)((unsigned __int128)since * 1000000 / m->tsc_khz);
}

static void raw_record(struct export *e, const struct rec *r)
{
    export_put(e, r, sizeof(*r));
}

static const struct export_form export_raw = { .name = "raw",
                                               .record = raw_record };

static const struct export_form *const forms[] = {
    &export_raw, &export_csv,     &export_json,    &export_perfetto,
    &export_ctf, &export_parquet, &export_tracedat
};

#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static const struct export_form *form_of(const char *name)
{
    if (!name)
        return &export_raw;
    for (size_t i = 0; i < NR_FORMS; i++)
        if (!strcmp(forms[i]->name, name))
            return forms[i];
    fprintf(stderr, "xentrace: --to %s: no such format; there are:", name);
    for (size_t i = 0; i < NR_FORMS; i++)
        fprintf(stderr, " %s", forms[i]->name);
    fputc('\n', stderr);
    return NULL;
}

static bool open_out(struct export *e, const struct export_form *form)
{
    bool ok;

    if (!e->name) {
        e->name = "stdout";
        e->out = stdout;
        if (form->folder)
            fprintf(stderr,
                    "xentrace: --to %s needs a folder to write: "
                    "xentrace export --to %s FILE FOLDER\n",
                    form->name, form->name);
        return !form->folder;
    }
    if (form->folder) {
        ok = !mkdir(e->name, 0777) || errno == EEXIST;
    } else {
        e->out = fopen(e->name, "wb");
        ok = e->out;
    }
    if (!ok)
        fprintf(stderr, "xentrace: %s: %s\n", e->name, strerror(errno));
    return ok;
}

int command_export(const struct args *a)
{
    static struct source s;
    struct stream st;
    const struct rec *r;
    struct export e = { .name = a->argc > 1 ? a->argv[1] : NULL,
                        .source = &s,
                        .meta = &s.meta };
    const struct export_form *form = form_of(a->to);
    int status;

    if (!form || !command_open(&s, &st, a->argv[0], &r))
        return EXIT_CANNOT;
    if (!open_out(&e, form))
        return EXIT_CANNOT;
    if (form->begin)
        form->begin(&e);
    for (; r && !e.failed; r = stream_next(&st)) {
        double ns = meta_ns(&s.meta, r->tsc);

        if (ns >= a->from && ns < a->until)
            form->record(&e, r);
    }
    if (form->end)
        form->end(&e, &st);
    if (e.out && e.out != stdout && fclose(e.out) && !e.failed) {
        fprintf(stderr, "xentrace: %s: %s\n", e.name, strerror(errno));
        e.failed = true;
    }
    status = command_close(&s, &st);
    return e.failed ? EXIT_CANNOT : status;
}
