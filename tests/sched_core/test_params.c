/*
 * test_params.c - parameters: text, ranges, defaults, all or none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sched/api/core_private.h"
#include "tests/sched_core/defect.h"
#include "tests/sched_core/fake.h"

static const struct sched_param time_param = {
    .name = "slice",
    .unit = "ns",
    .help = "",
    .min = US(10),
    .max = S(1),
};
static const struct sched_param any_time = {
    .name = "limit",
    .unit = "ns",
    .help = "",
    .min = 0,
    .max = FOREVER,
};
static const struct sched_param ppm_param = {
    .name = "part",
    .unit = "ppm",
    .help = "",
    .min = 0,
    .max = 1000000,
};
static const struct sched_param flag_param = {
    .name = "extra",
    .unit = "flag",
    .help = "",
    .min = 0,
    .max = 1,
};
static const struct sched_param count_param = {
    .name = "weight",
    .unit = "count",
    .help = "",
    .min = -8,
    .max = 65535,
};

static void good(const struct sched_param *p, const char *text, int64_t want)
{
    char why[128] = "";
    int64_t value = -1;

    assert_int_equal(
        sched_param_parse(&defect_ops, p, text, &value, why, sizeof(why)), 0);
    assert_int_equal(value, want);
}

static void bad(const struct sched_param *p, const char *text, const char *says)
{
    char why[128] = "";
    int64_t value = -1;

    assert_int_equal(
        sched_param_parse(&defect_ops, p, text, &value, why, sizeof(why)), -22);
    assert_int_equal(value, -1);
    assert_string_equal(why, says);
}

static void test_parse(void **state)
{
    (void)state;
    good(&time_param, "5ms", MS(5));
    good(&time_param, "100us", US(100));
    good(&time_param, "1s", S(1));
    good(&time_param, "10000", US(10));
    good(&time_param, "0.5ms", US(500));
    good(&time_param, "1.25ms", US(1250));
    good(&any_time, "inf", FOREVER);
    good(&any_time, "0", 0);
    good(&ppm_param, "30%", 300000);
    good(&ppm_param, "2.5%", 25000);
    good(&ppm_param, "300000", 300000);
    good(&flag_param, "on", 1);
    good(&flag_param, "false", 0);
    good(&flag_param, "1", 1);
    good(&count_param, "512", 512);
    good(&count_param, "-8", -8);
}

static void test_refuse(void **state)
{
    const char *range = "defect.slice=5us: accepted are 10us to 1s";

    (void)state;
    bad(&time_param, "5us", range);
    bad(&time_param, "2s", "defect.slice=2s: accepted are 10us to 1s");
    bad(&time_param, "", "defect.slice=: accepted are 10us to 1s");
    bad(&time_param, "ms", "defect.slice=ms: accepted are 10us to 1s");
    bad(&time_param, "5m", "defect.slice=5m: accepted are 10us to 1s");
    bad(&time_param, "5.ms", "defect.slice=5.ms: accepted are 10us to 1s");
    bad(&time_param, "1e3", "defect.slice=1e3: accepted are 10us to 1s");
    bad(&time_param, "10000.5",
        "defect.slice=10000.5: accepted are 10us to 1s");
    bad(&any_time, "9223372036854775808",
        "defect.limit=9223372036854775808: accepted are 0 to inf");
    bad(&any_time, "9999999999s",
        "defect.limit=9999999999s: accepted are 0 to inf");
    bad(&flag_param, "2", "defect.extra=2: accepted are on and off");
    bad(&count_param, "5%", "defect.weight=5%: accepted are -8 to 65535");
    bad(&count_param, "65536", "defect.weight=65536: accepted are -8 to 65535");
}

static void round_trip(const struct sched_param *p, int64_t value,
                       const char *text)
{
    char out[32];

    sched_param_format(p, value, out, sizeof(out));
    assert_string_equal(out, text);
    good(p, out, value);
}

static void test_format(void **state)
{
    char small[4];

    (void)state;
    round_trip(&time_param, MS(5), "5ms");
    round_trip(&time_param, 10001, "10001ns");
    round_trip(&time_param, S(1), "1s");
    round_trip(&any_time, FOREVER, "inf");
    round_trip(&any_time, 0, "0");
    round_trip(&ppm_param, 300000, "30%");
    round_trip(&ppm_param, 25001, "25001ppm");
    round_trip(&flag_param, 1, "on");
    round_trip(&count_param, -8, "-8");
    sched_param_format(&count_param, 65535, small, sizeof(small));
    assert_string_equal(small, "655");
}

static void test_set(void **state)
{
    const struct sched_param *weight = sched_param_find(&defect_ops, "weight");
    const struct sched_param *share = sched_param_find(&defect_ops, "share");
    struct sched_setting both[2] = { { weight, 100 }, { share, 95 } };
    struct sched_domain *d = calloc(1, sizeof(*d));
    struct sched *s;
    struct fake_vcpu *a;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 2);
    assert_int_equal(sched_domain_init(d, s, 1), 0);
    a = fake_vcpu(d, 0, 0);
    fake_start(a);
    assert_int_equal(sched_param_get(s, d, NULL, weight), 256);
    /* the plug-in refuses the second: the first is as before, too */
    assert_int_equal(sched_param_set(s, d, NULL, both, 2, 0), -28);
    assert_int_equal(sched_param_get(s, d, NULL, weight), 256);
    assert_int_equal(sched_param_get(s, d, NULL, share), 50);
    both[1].value = 80;
    assert_int_equal(sched_param_set(s, d, NULL, both, 2, 0), 0);
    assert_int_equal(sched_param_get(s, d, NULL, weight), 100);
    both[0].value = 0; /* below the range */
    assert_int_equal(sched_param_set(s, d, NULL, both, 2, 0), -22);
    both[0].value = 1;
    assert_int_equal(sched_param_set(s, NULL, NULL, both, 1, 0), -22);
    fake_destroy(s);
}

static void test_defaults(void **state)
{
    const struct sched_param *grant = sched_param_find(&defect_ops, "grant");
    struct sched *s;

    (void)state;
    fake_reset();
    assert_int_equal(sched_param_set_default(grant, 1), -22);
    assert_int_equal(sched_param_set_default(grant, MS(3)), 0);
    s = fake_sched(&defect_ops, 1);
    assert_int_equal(sched_param_get(s, NULL, NULL, grant), MS(3));
    fake_destroy(s);
    assert_null(sched_param_find(&defect_ops, "nonsense"));
}

static void test_registry(void **state)
{
    struct sched_ops other = defect_ops;
    char names[64];

    (void)state;
    sched_names(names, sizeof(names));
    assert_string_equal(names, "defect misplacing rr single");
    assert_null(sched_find("nonsense"));
    assert_ptr_equal(sched_find("defect"), &defect_ops);
    assert_int_equal(sched_register(&other), -17);
    other.name = "Bad";
    assert_int_equal(sched_register(&other), -22);
    other.name = "other";
    other.pick = NULL;
    assert_int_equal(sched_register(&other), -22);
    other.pick = defect_ops.pick;
    assert_int_equal(sched_register(&other), 0);
    assert_ptr_equal(sched_plugin(2), &other);
    sched_names(names, 8);
    assert_string_equal(names, "defect ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),    cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_format),   cmocka_unit_test(test_set),
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_registry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
