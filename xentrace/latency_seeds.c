/*
 * latency_seeds.c - one figure out of several runs that differ by their seed.
 *
 * A run's quantile is one sample: its mean over the runs has a 95 % confidence
 * interval by Student's t. A maximum grows with the number of samples: maxima
 * are compared over the first 2^k waits of each run, k as great as all allow.
 */
#include "xentrace/latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEDIAN, P99, P999, MAX, NR_FIGURES };

struct run {
    double figure[NR_FIGURES]; /* us */
    double max_of[64];
    uint64_t nr, hidden;
};

struct row {
    uint32_t who; /* first: whos.h */
    char name[40];
    unsigned nr;
    struct run *run;
};

struct seeds {
    unsigned nr_files;
    struct whos rows;
};

struct seeds *seeds_new(unsigned nr_files)
{
    struct seeds *s = command_must(calloc(1, sizeof(*s)));

    s->nr_files = nr_files;
    s->rows.bytes = sizeof(struct row);
    return s;
}

void seeds_add(struct seeds *s, const struct trace_meta *m,
               const struct latency_vcpu *v)
{
    struct row *row = whos_get(&s->rows, v->who);
    double us = m->tsc_khz ? 1e3 / (double)m->tsc_khz : 1;
    struct run *run;

    if (!row->run)
        row->run = command_must(calloc(s->nr_files, sizeof(*row->run)));
    snprintf(row->name, sizeof(row->name), "%s.%u",
             command_domain(m, v->who >> 16), v->who & 0xffff);
    run = &row->run[row->nr++];
    run->nr = v->all.nr;
    run->hidden = v->torn + v->open;
    run->figure[MEDIAN] = (double)histogram_quantile(&v->all, .5) * us;
    run->figure[P99] = (double)histogram_quantile(&v->all, .99) * us;
    run->figure[P999] = (double)histogram_quantile(&v->all, .999) * us;
    for (unsigned i = 0; i < 64; i++)
        run->max_of[i] = (double)v->max_of[i] * us;
}

/* The 97.5 % point of Student's t with n degrees of freedom. */
static double student(unsigned n)
{
    static const double small[] = { 0,     12.706, 4.303, 3.182, 2.776, 2.571,
                                    2.447, 2.365,  2.306, 2.262, 2.228 };

    if (n < sizeof(small) / sizeof(small[0]))
        return small[n];
    /* Cornish-Fisher's first three terms: right to 0.0005 from 11 on. */
    return 1.95996 + 2.3722 / n + 2.8225 / n / n + 2.556 / n / n / n;
}

static void print_figure(const struct row *row, unsigned f)
{
    double mean = 0, square = 0, half;
    unsigned n = row->nr;

    for (unsigned i = 0; i < n; i++)
        mean += row->run[i].figure[f] / n;
    for (unsigned i = 0; i < n; i++)
        square += (row->run[i].figure[f] - mean) *
                  (row->run[i].figure[f] - mean);
    if (n < 2) {
        printf("%12.1f%12s", mean, "?");
        return;
    }
    half = student(n - 1) * sqrt(square / (n - 1) / n);
    printf("%12.1f%12.1f", mean, half);
}

void seeds_print(struct seeds *s)
{
    struct who **all = whos_sorted(&s->rows);

    printf("%-16s%6s%10s%12s%12s%12s%12s%12s%12s%10s%12s%12s\n", "vCPU", "runs",
           "wakes", "median us", "+-", "p99", "+-", "p99.9", "+-", "of first",
           "max", "+-");
    for (unsigned i = 0; i < s->rows.nr; i++) {
        struct row *row = (void *)all[i];
        uint64_t least = UINT64_MAX, total = 0, hidden = 0;
        unsigned k;

        for (unsigned j = 0; j < row->nr; j++) {
            least = row->run[j].nr < least ? row->run[j].nr : least;
            total += row->run[j].nr;
            hidden += row->run[j].hidden;
        }
        if (!least)
            continue;
        k = 63u - (unsigned)__builtin_clzll(least);
        for (unsigned j = 0; j < row->nr; j++)
            row->run[j].figure[MAX] = row->run[j].max_of[k];
        printf("%-16s%6u%10lu", row->name, row->nr, (unsigned long)total);
        for (unsigned f = 0; f < MAX; f++)
            print_figure(row, f);
        printf("%10lu", 1ul << k);
        print_figure(row, MAX);
        if (hidden)
            printf("  (%lu wakes hidden by gaps or open)",
                   (unsigned long)hidden);
        putchar('\n');
        free(row->run);
    }
    puts("+-: half of the 95 % confidence interval of the mean over the runs "
         "(Student's t).");
    free(all);
    whos_free(&s->rows);
    free(s);
}
