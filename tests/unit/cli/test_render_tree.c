/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/render_tree.h"

#include "sample_chain.h"
#include "testing.h"

#include <stdlib.h>

#define GOLDEN_MAX (64 * 1024)

static enum assay_err write_with(const struct store_chain *chain, FILE *out,
                                 struct cli_look look)
{
    struct cli_tree_options options = {.look = look};

    return cli_render_tree(chain, out, &options);
}

static enum assay_err write_plain(const struct store_chain *chain, FILE *out)
{
    return write_with(chain, out, (struct cli_look){80, false, true});
}

static enum assay_err write_ascii(const struct store_chain *chain, FILE *out)
{
    return write_with(chain, out, (struct cli_look){80, false, false});
}

static enum assay_err write_colour(const struct store_chain *chain, FILE *out)
{
    return write_with(chain, out, (struct cli_look){80, true, true});
}

static enum assay_err write_narrow(const struct store_chain *chain, FILE *out)
{
    return write_with(chain, out, (struct cli_look){40, false, true});
}

static enum assay_err write_whole_ids(const struct store_chain *chain,
                                      FILE *out)
{
    struct cli_tree_options options = {.look = {80, false, true},
                                       .id_chars = 52};

    return cli_render_tree(chain, out, &options);
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("the text lacks: %s", part);
    }
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("the text has: %s", part);
    }
}

/* The sample has no wide characters: columns are characters. */
static size_t longest_line(const char *text)
{
    size_t longest = 0;
    size_t column = 0;

    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            column = 0;
        } else if (((unsigned char)*text & 0xc0U) != 0x80) {
            column++;
        }
        longest = column > longest ? column : longest;
    }
    return longest;
}

static char *read_golden(void)
{
    char *golden = calloc(1, GOLDEN_MAX);
    FILE *file = fopen(ASSAY_TEST_VECTORS "/chain/tree.txt", "r");

    assert_non_null(golden);
    assert_non_null(file);
    assert_true(fread(golden, 1, GOLDEN_MAX - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return golden;
}

/* This is what a journalist reads; every change of it is to be looked at. */
static void the_sample_is_written_as_agreed(void **state)
{
    struct sample *sample = sample_new();
    char *text = sample_text(write_plain, &sample->chain);
    char *golden = read_golden();
    (void)state;

    assert_string_equal(text, golden);
    free(golden);
    free(text);
    free(sample);
}

static void lines_stay_within_the_width(void **state)
{
    struct sample *sample = sample_new();
    char *plain = sample_text(write_plain, &sample->chain);
    char *narrow = sample_text(write_narrow, &sample->chain);
    (void)state;

    assert_in_range(longest_line(plain), 60, 80);
    assert_in_range(longest_line(narrow), 30, 40);
    free(narrow);
    free(plain);
    free(sample);
}

static void whole_ids_are_written_where_asked(void **state)
{
    struct sample *sample = sample_new();
    char *text = sample_text(write_whole_ids, &sample->chain);
    char id[ASSAY_ID_TEXT_MAX];
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample->chain.item.id.hash, id);
    assert_contains(text, id);
    free(text);
    free(sample);
}

/* In an 8-bit terminal the bytes of UTF-8 would be controls. */
static void other_locales_get_ascii(void **state)
{
    struct sample *sample = sample_new();
    char *text;
    (void)state;

    sample->chain.claim.speaker = assay_bytes_of("Zo\xc3\xab");
    text = sample_text(write_ascii, &sample->chain);
    for (const char *at = text; *at != '\0'; at++) {
        assert_true((unsigned char)*at < 0x80);
    }
    assert_contains(text, "Zo<U+00EB>");
    assert_contains(text, "[ok] signature good");
    free(text);
    free(sample);
}

static void colours_are_codes_that_end(void **state)
{
    struct sample *sample = sample_new();
    char *plain = sample_text(write_plain, &sample->chain);
    char *colour = sample_text(write_colour, &sample->chain);
    size_t at = 0;
    (void)state;

    assert_lacks(plain, "\033");
    assert_contains(colour, "\033[0;31m");
    for (const char *from = colour; *from != '\0'; from++) {
        if (*from == '\033') {
            from = strchr(from, 'm');
            assert_non_null(from);
            continue;
        }
        assert_int_equal(*from, plain[at++]);
    }
    assert_int_equal(plain[at], '\0');
    free(colour);
    free(plain);
    free(sample);
}

/* A record must not clear the screen, turn text around or hide some. */
static void hostile_text_is_shown_and_does_nothing(void **state)
{
    static const char hostile[] =
        "A\033[2J\033]0;owned\007B \xe2\x80\xae"
        "desrever\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9 "
        "z\xe2\x80\x8bw \xc2\x9b"
        "31m \xff end";
    struct sample *sample = sample_new_claim(assay_bytes_of(hostile));
    char *text = sample_text(write_plain, &sample->chain);
    (void)state;

    for (const char *at = text; *at != '\0'; at++) {
        assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
    }
    assert_lacks(text, "\xe2\x80\xae");
    assert_lacks(text, "\xe2\x80\xac");
    assert_lacks(text, "\xe2\x81\xa6");
    assert_lacks(text, "\xe2\x80\x8b");
    assert_lacks(text, "\xc2\x9b");
    assert_contains(text, "\u2039U+001B\u203a[2J");
    assert_contains(text, "\u2039U+202E\u203a");
    assert_contains(text, "\u2039U+009B\u203a");
    assert_contains(text, "\u20390xFF\u203a");
    free(text);
    free(sample);
}

/* Each of them would be drawn over the lines above. */
static void a_heap_of_marks_is_cut_with_a_word(void **state)
{
    char *heap = malloc(ASSAY_TEXT_MAX + 1);
    struct sample *sample;
    char *text;
    (void)state;

    assert_non_null(heap);
    heap[0] = 'e';
    for (size_t i = 1; i + 1 < ASSAY_TEXT_MAX; i += 2) {
        heap[i] = (char)0xcc;
        heap[i + 1] = (char)0x81;
    }
    heap[ASSAY_TEXT_MAX - 1] = 'x';
    heap[ASSAY_TEXT_MAX] = '\0';
    sample = sample_new_claim(assay_bytes_of(heap));
    text = sample_text(write_plain, &sample->chain);
    assert_true(strlen(text) < 1000);
    assert_contains(text, "\u2039+8187 combining marks\u203ax");
    free(text);
    free(sample);
    free(heap);
}

/* Else a team called "X \u2713 signature good" would look checked. */
static void names_cannot_carry_our_marks(void **state)
{
    struct sample *sample = sample_new();
    char *text;
    (void)state;

    sample->verdicts[0].item.team_name =
        assay_bytes_of("Nobody\n\xe2\x94\x94\xe2\x94\x80 \xe2\x9c\x93 good");
    text = sample_text(write_plain, &sample->chain);
    assert_contains(text, "Nobody \u2039U+2514\u203a\u2039U+2500\u203a");
    assert_contains(text, "\u2039U+2713\u203a good");
    free(text);
    free(sample);
}

/* Lines of a text stay inside the tree's lines, whatever it says, and begin
 * further in than ours: none passes for what was checked. */
static void text_cannot_leave_its_place_in_the_tree(void **state)
{
    struct sample *sample = sample_new();
    char *text;
    (void)state;

    sample->verdicts[0].verdict.rationale =
        assay_bytes_of("one\n\n\n\n\nStanding: agreed");
    text = sample_text(write_plain, &sample->chain);
    assert_contains(text, "\u2502  \u2502  \u201cone\n\u2502  \u2502\n"
                          "\u2502  \u2502    Standing: agreed\u201d\n");
    free(text);
    free(sample);
}

static void wide_characters_take_two_columns(void **state)
{
    char chinese[601];
    struct sample *sample;
    char *text;
    char *line;
    (void)state;

    for (size_t i = 0; i < 600; i += 3) {
        memcpy(chinese + i, "\xe7\xa8\x80", 3);
    }
    chinese[600] = '\0';
    sample = sample_new_claim(assay_bytes_of(chinese));
    text = sample_text(write_plain, &sample->chain);
    line = strstr(text, "\xe7\xa8\x80");
    assert_non_null(line);
    assert_in_range(strcspn(line, "\n"), 38 * 3, 40 * 3);
    free(text);
    free(sample);
}

static void a_view_of_the_past_says_so(void **state)
{
    struct sample *sample = sample_new();
    char *text;
    (void)state;

    sample->chain.as_of_s = 1760277780;
    text = sample_text(write_plain, &sample->chain);
    assert_contains(text, "as received here by 2025-10-12 14:03 UTC");
    free(text);
    free(sample);
}

static void pages_say_what_they_leave_out(void **state)
{
    struct sample *sample = sample_new();
    char *text;
    (void)state;

    sample->chain.source_total = 100000;
    sample->chain.source_next_lsn = 51;
    sample->chain.verdict_more = 1200;
    text = sample_text(write_plain, &sample->chain);
    assert_contains(text, "100,000 sources; the next page begins with --after "
                          "51.");
    assert_contains(text, "1,200 more verdicts");
    free(text);
    free(sample);
}

static void an_output_that_fails_is_reported(void **state)
{
    struct sample *sample = sample_new();
    FILE *out = fopen("/dev/full", "w");
    (void)state;

    assert_non_null(out);
    (void)setvbuf(out, NULL, _IONBF, 0);
    assert_int_equal(write_plain(&sample->chain, out), ASSAY_E_IO);
    (void)fclose(out);
    free(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_is_written_as_agreed),
        cmocka_unit_test(lines_stay_within_the_width),
        cmocka_unit_test(whole_ids_are_written_where_asked),
        cmocka_unit_test(other_locales_get_ascii),
        cmocka_unit_test(colours_are_codes_that_end),
        cmocka_unit_test(hostile_text_is_shown_and_does_nothing),
        cmocka_unit_test(a_heap_of_marks_is_cut_with_a_word),
        cmocka_unit_test(names_cannot_carry_our_marks),
        cmocka_unit_test(text_cannot_leave_its_place_in_the_tree),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(a_view_of_the_past_says_so),
        cmocka_unit_test(pages_say_what_they_leave_out),
        cmocka_unit_test(an_output_that_fails_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
