/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which folder is meant: each place goes before those below it, and an empty
 * or relative name is none.
 */
#include "store/where.h"

#include "testing.h"

#include <stdlib.h>

static void set(const char *name, const char *value)
{
    if (value == NULL) {
        assert_int_equal(unsetenv(name), 0);
    } else {
        assert_int_equal(setenv(name, value, 1), 0);
    }
}

/* What may say where the ledger is; NULL where it is not set. */
struct places {
    const char *named; /* --ledger */
    const char *ledger;
    const char *data_home;
    const char *home;
};

static enum assay_err where(const struct places *places, char **dir_out)
{
    set("ASSAY_LEDGER", places->ledger);
    set("XDG_DATA_HOME", places->data_home);
    set("HOME", places->home);
    return store_where(places->named, dir_out);
}

static void the_first_that_is_given_is_meant(void **state)
{
    static const struct {
        struct places places;
        const char *dir;
    } cases[] = {
        {{"here", "/b", "/c", "/d"}, "here"},
        {{NULL, "/b", "/c", "/d"}, "/b"},
        {{"", "b", "/c", "/d"}, "b"},
        {{NULL, NULL, "/c", "/d"}, "/c/assay"},
        {{NULL, "", "/c", "/d"}, "/c/assay"},
        {{NULL, NULL, NULL, "/d"}, "/d/.local/share/assay"},
        {{NULL, NULL, "", "/d"}, "/d/.local/share/assay"},
        /* The XDG specification: a relative path is to be ignored. */
        {{NULL, NULL, "c", "/d"}, "/d/.local/share/assay"},
        {{"here", NULL, NULL, NULL}, "here"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *dir = NULL;

        assert_int_equal(where(&cases[i].places, &dir), ASSAY_OK);
        assert_string_equal(dir, cases[i].dir);
        free(dir);
    }
}

static void without_any_there_is_none(void **state)
{
    static const struct places cases[] = {
        {NULL, NULL, NULL, NULL},
        {"", "", "", ""},
        {NULL, NULL, "c", "d"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *dir = NULL;

        assert_int_equal(where(&cases[i], &dir), ASSAY_E_NOT_FOUND);
        assert_null(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_given_is_meant),
        cmocka_unit_test(without_any_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
