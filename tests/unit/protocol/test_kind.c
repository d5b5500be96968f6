/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/kind.h"

#include "testing.h"

/* The numbers are signed into records and fixed for ever. */
static const struct {
    uint64_t number;
    const char *name;
} kinds[] = {
    {1, "found"},      {2, "profile"},  {3, "member"},   {4, "revoke"},
    {5, "rotate"},     {6, "vouch"},    {16, "capture"}, {17, "claim"},
    {18, "source"},    {19, "verdict"}, {20, "endorse"}, {21, "link"},
    {22, "challenge"}, {23, "carry"},   {24, "retract"},
};

static const struct {
    uint64_t number;
    const char *name;
} relations[] = {
    {1, "on"},           {2, "capture"},  {3, "cites"},
    {4, "supersedes"},   {5, "erases"},   {16, "same-as"},
    {17, "contradicts"}, {18, "part-of"}, {19, "translation-of"},
    {20, "repeats"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void every_kind_has_its_word_and_its_number(void **state)
{
    (void)state;

    for (size_t index = 0; index < COUNT(kinds); index++) {
        const char *name = kinds[index].name;

        assert_string_equal(assay_kind_name(kinds[index].number), name);
        assert_int_equal(assay_kind_by_name(assay_bytes_of(name)),
                         kinds[index].number);
    }
}

static void every_relation_has_its_word_and_its_number(void **state)
{
    (void)state;

    for (size_t index = 0; index < COUNT(relations); index++) {
        const char *name = relations[index].name;

        assert_string_equal(assay_relation_name(relations[index].number), name);
        assert_int_equal(assay_relation_by_name(assay_bytes_of(name)),
                         relations[index].number);
    }
}

/* Old nodes keep what newer ones say, under this word. */
static void other_numbers_are_called_unknown(void **state)
{
    static const uint64_t numbers[] = {0,  7,  15,         25,
                                       32, 99, 1ULL << 32, UINT64_MAX};
    (void)state;

    for (size_t index = 0; index < COUNT(numbers); index++) {
        assert_string_equal(assay_kind_name(numbers[index]), "unknown");
        assert_string_equal(assay_relation_name(numbers[index]), "unknown");
    }
}

static void other_words_have_no_number(void **state)
{
    static const char *const words[] = {"",       "unknown", "Claim", "claim ",
                                        "claims", "clai",    "on-"};
    (void)state;

    for (size_t index = 0; index < COUNT(words); index++) {
        struct assay_bytes word = assay_bytes_of(words[index]);

        assert_int_equal(assay_kind_by_name(word), 0);
        assert_int_equal(assay_relation_by_name(word), 0);
    }
    assert_int_equal(assay_kind_by_name(ASSAY_BYTES_NONE), 0);
}

static void links_are_the_relations_from_16_to_31(void **state)
{
    (void)state;

    for (uint64_t relation = 0; relation < 64; relation++) {
        assert_int_equal(assay_relation_is_link(relation),
                         relation >= 16 && relation <= 31);
    }
    assert_false(assay_relation_is_link(UINT64_MAX));
}

/* Kinds below 16 that a newer version adds decide who may speak, too. */
static void authority_is_the_kinds_from_1_to_15(void **state)
{
    (void)state;

    for (uint64_t kind = 0; kind < 64; kind++) {
        assert_int_equal(assay_kind_is_authority(kind),
                         kind >= 1 && kind <= 15);
    }
    assert_false(assay_kind_is_authority(UINT64_MAX));
}

static void only_found_and_rotate_begin_a_log_of_their_own(void **state)
{
    (void)state;

    for (uint64_t kind = 0; kind < 64; kind++) {
        assert_int_equal(assay_kind_is_root(kind), kind == 1 || kind == 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_word_and_its_number),
        cmocka_unit_test(every_relation_has_its_word_and_its_number),
        cmocka_unit_test(other_numbers_are_called_unknown),
        cmocka_unit_test(other_words_have_no_number),
        cmocka_unit_test(links_are_the_relations_from_16_to_31),
        cmocka_unit_test(authority_is_the_kinds_from_1_to_15),
        cmocka_unit_test(only_found_and_rotate_begin_a_log_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
