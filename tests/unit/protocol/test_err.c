/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/err.h"

#include "testing.h"

#include <ctype.h>
#include <string.h>

static const enum assay_err codes[] = {
#define CODE(code, phrase) code,
    ASSAY_ERR_MAP(CODE)
#undef CODE
};

#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

/* People are told the phrase behind "it was refused: ". */
static void every_phrase_completes_a_sentence(void **state)
{
    (void)state;

    for (size_t index = 0; index < CODE_COUNT; index++) {
        const char *phrase = assay_err_phrase(codes[index]);
        size_t len = strlen(phrase);

        assert_in_range(len, 1, 72);
        assert_true(islower((unsigned char)phrase[0]));
        assert_int_not_equal(phrase[len - 1], '.');
    }
}

/* Two codes with one phrase would be one code. */
static void phrases_and_names_are_unique(void **state)
{
    (void)state;

    for (size_t index = 0; index < CODE_COUNT; index++) {
        for (size_t other = 0; other < index; other++) {
            assert_string_not_equal(assay_err_phrase(codes[index]),
                                    assay_err_phrase(codes[other]));
            assert_string_not_equal(assay_err_name(codes[index]),
                                    assay_err_name(codes[other]));
        }
    }
}

static void names_are_the_codes_own(void **state)
{
    (void)state;

    assert_string_equal(assay_err_name(ASSAY_OK), "ASSAY_OK");
    assert_string_equal(assay_err_name(ASSAY_E_SEQ), "ASSAY_E_SEQ");
    assert_string_equal(assay_err_name(ASSAY_E_STOPPED), "ASSAY_E_STOPPED");
}

/* A zeroed struct reads as success. */
static void ok_is_zero(void **state)
{
    (void)state;

    assert_int_equal(ASSAY_OK, 0);
}

/* A code from a damaged memory or a newer library is still told apart. */
static void a_code_without_a_name_has_a_phrase(void **state)
{
    (void)state;

    assert_string_equal(assay_err_phrase((enum assay_err)CODE_COUNT),
                        "an error without a name");
    assert_string_equal(assay_err_name((enum assay_err)CODE_COUNT),
                        "ASSAY_E_UNNAMED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_phrase_completes_a_sentence),
        cmocka_unit_test(phrases_and_names_are_unique),
        cmocka_unit_test(names_are_the_codes_own),
        cmocka_unit_test(ok_is_zero),
        cmocka_unit_test(a_code_without_a_name_has_a_phrase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
