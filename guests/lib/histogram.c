/* Buckets: the leading bit chooses the octave, the next six bits the place. */
#include "guests/lib/histogram.h"

#include "guests/lib/print.h"

static unsigned bucket_of(uint64_t value)
{
    unsigned octave, bucket;

    if (value < 64)
        return (unsigned)value;
    octave = 63U - (unsigned)__builtin_clzl(value);
    bucket = (octave - 5) * 64 + (unsigned)(value >> (octave - 6) & 63);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static ns_t bucket_end(unsigned bucket)
{
    unsigned octave = bucket / 64 + 5;

    if (bucket < 64)
        return bucket;
    return (ns_t)((65UL + bucket % 64) << (octave - 6)) - 1;
}

void histogram_add(struct histogram *h, ns_t value)
{
    if (value < 0)
        value = 0;
    if (!h->count || value < h->min)
        h->min = value;
    if (value > h->max)
        h->max = value;
    h->count++;
    h->sum += value;
    h->bucket[bucket_of((uint64_t)value)]++;
}

ns_t histogram_quantile(const struct histogram *h, unsigned per_mille)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen && seen * 1000 >= h->count * per_mille)
            return bucket_end(i) < h->max ? bucket_end(i) : h->max;
    }
    return h->max;
}

void histogram_print(const char *name, const struct histogram *h)
{
    ns_t mean = h->count ? h->sum / (ns_t)h->count : 0;

    print(" %s_min=%ld %s_p50=%ld %s_p99=%ld %s_p999=%ld %s_max=%ld "
          "%s_mean=%ld",
          name, h->min, name, histogram_quantile(h, 500), name,
          histogram_quantile(h, 990), name, histogram_quantile(h, 999), name,
          h->max, name, mean);
}
