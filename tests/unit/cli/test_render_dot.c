/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/render_dot.h"

#include "sample_chain.h"
#include "testing.h"

#include <stdlib.h>

static size_t count(const char *text, const char *part)
{
    size_t found = 0;

    for (text = strstr(text, part); text != NULL;
         text = strstr(text + 1, part)) {
        found++;
    }
    return found;
}

static void every_record_has_a_box(void **state)
{
    struct sample *sample = sample_new();
    char *text = sample_text(cli_render_dot, &sample->chain);
    (void)state;

    assert_int_equal(count(text, "[label=\"CLAIM\\l"), 1);
    assert_int_equal(count(text, "[label=\"VERDICT: "), 8);
    assert_int_equal(count(text, "[label=\"SOURCE\\l"), 6);
    assert_int_equal(count(text, "[label=\"CHALLENGE\\l"), 3);
    assert_int_equal(count(text, "[label=\"LINKED CLAIM\\l"), 2);
    assert_int_equal(count(text, "[label=\"CITED\\l"), 1);
    assert_int_equal(count(text, "[label=\"supersedes\""), 1);
    assert_int_equal(count(text, "[label=\"quote NOT FOUND\""), 1);
    assert_int_equal(count(text, "[label=\"refutes\""), 2);
    free(text);
    free(sample);
}

/* Text must not end its label, begin an attribute or be read as HTML. */
static void text_cannot_leave_its_label(void **state)
{
    struct sample *sample = sample_new_claim(assay_bytes_of(
        "x\", color=\"red\"]; evil -> node [label=\"\\N &#x202E; \033[2J "
        "\xe2\x80\xae end\\"));
    char *text = sample_text(cli_render_dot, &sample->chain);
    (void)state;

    assert_int_equal(count(text, "x\\\", color=\\\"red\\\"];"), 1);
    assert_int_equal(count(text, "\\\\N"), 1);
    assert_int_equal(count(text, "&amp;#x202E;"), 1);
    assert_int_equal(count(text, "\033"), 0);
    assert_int_equal(count(text, "\xe2\x80\xae"), 0);
    assert_int_equal(count(text, "end\\\\"), 1);
    free(text);
    free(sample);
}

static void long_text_is_cut_at_a_character(void **state)
{
    char chinese[3001];
    struct sample *sample;
    char *text;
    (void)state;

    for (size_t i = 0; i < 3000; i += 3) {
        memcpy(chinese + i, "\xe7\xa8\x80", 3);
    }
    chinese[3000] = '\0';
    sample = sample_new_claim(assay_bytes_of(chinese));
    text = sample_text(cli_render_dot, &sample->chain);
    assert_int_equal(count(text, "\u2026"), 1);
    assert_int_equal(count(text, "0x"), 0);
    free(text);
    free(sample);
}

/* A claim linked to itself is one box with a loop. */
static void a_link_to_itself_is_a_loop(void **state)
{
    struct sample *sample = sample_new();
    char *text;
    (void)state;

    sample->links[0].other = sample->chain.item;
    text = sample_text(cli_render_dot, &sample->chain);
    assert_int_equal(count(text, "[label=\"CLAIM\\l"), 1);
    assert_int_equal(count(text, "[label=\"LINKED CLAIM\\l"), 1);
    free(text);
    free(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_has_a_box),
        cmocka_unit_test(text_cannot_leave_its_label),
        cmocka_unit_test(long_text_is_cut_at_a_character),
        cmocka_unit_test(a_link_to_itself_is_a_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
