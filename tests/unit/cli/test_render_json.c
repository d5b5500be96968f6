/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/render_json.h"

#include "sample_chain.h"
#include "testing.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *parse(const struct store_chain *chain)
{
    char *text = sample_text(cli_render_json, chain);
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(document);
    free(text);
    return document;
}

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    return text;
}

/* Programs rely on the name of the shape and on every list being there. */
static void the_whole_chain_is_in_the_document(void **state)
{
    struct sample *sample = sample_new();
    json_t *document = parse(&sample->chain);
    json_t *claim = json_object_get(document, "claim");
    (void)state;

    assert_string_equal(word(document, "format"), "assay-chain/1");
    assert_true(json_is_null(json_object_get(document, "as_of")));
    assert_string_equal(word(claim, "speaker"), "the thread's author");
    assert_int_equal(json_array_size(json_object_get(claim, "places")), 2);
    assert_int_equal(json_array_size(json_object_get(document, "verdicts")), 8);
    assert_int_equal(json_array_size(json_object_get(document, "sources")), 6);
    assert_int_equal(json_array_size(json_object_get(document, "links")), 2);
    assert_int_equal(json_array_size(json_object_get(document, "challenges")),
                     1);
    assert_int_equal(json_array_size(json_object_get(document, "missing")), 2);
    json_decref(document);
    free(sample);
}

static void ids_are_whole_and_in_both_spellings(void **state)
{
    struct sample *sample = sample_new();
    json_t *document = parse(&sample->chain);
    json_t *record =
        json_object_get(json_object_get(document, "claim"), "record");
    json_t *missing = json_object_get(document, "missing");
    json_t *missing_hex = json_object_get(document, "missing_hex");
    char text[ASSAY_ID_TEXT_MAX];
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample->chain.item.id.hash, text);
    assert_string_equal(word(record, "id"), text);
    assert_int_equal(strlen(word(record, "id_hex")), 2 * ASSAY_ID_SIZE);
    assay_id_format(ASSAY_ID_RECORD, sample->missing[1].hash, text);
    assert_string_equal(json_string_value(json_array_get(missing, 1)), text);
    assert_int_equal(json_array_size(missing_hex), json_array_size(missing));
    json_decref(document);
    free(sample);
}

static void states_have_stable_names(void **state)
{
    struct sample *sample = sample_new();
    json_t *document = parse(&sample->chain);
    json_t *verdicts = json_object_get(document, "verdicts");
    json_t *states[8];
    json_t *source = json_array_get(json_object_get(document, "sources"), 1);
    (void)state;

    for (size_t i = 0; i < 8; i++) {
        states[i] = json_object_get(
            json_object_get(json_array_get(verdicts, i), "record"), "state");
    }
    assert_string_equal(word(states[6], "validity"), "revoked");
    assert_true(json_is_false(json_object_get(states[6], "stands")));
    assert_string_equal(word(states[7], "signature"), "bad");
    assert_string_equal(word(states[7], "body"), "malformed");
    assert_string_equal(
        word(json_object_get(states[5], "retraction"), "reason"),
        "the figure was misread");
    assert_string_equal(word(json_object_get(source, "place"), "state"),
                        "absent");
    assert_true(
        json_is_null(json_object_get(json_array_get(verdicts, 7), "rating")));
    json_decref(document);
    free(sample);
}

/* RFC 3339 has four digits for a year; a record may state any second. */
static void times_are_rfc_3339_while_the_year_allows(void **state)
{
    struct sample *sample = sample_new();
    json_t *document;
    (void)state;

    sample->chain.as_of_s = 1760277780;
    document = parse(&sample->chain);
    assert_string_equal(word(document, "as_of"), "2025-10-12T14:03:00Z");
    json_decref(document);
    sample->chain.as_of_s = 253402300800;
    document = parse(&sample->chain);
    assert_int_equal(json_integer_value(json_object_get(document, "as_of")),
                     253402300800);
    json_decref(document);
    free(sample);
}

/* A record that is not held has an id and no more; it is known by that. */
static void what_is_not_held_is_an_id(void **state)
{
    struct sample *sample = sample_new();
    json_t *document = parse(&sample->chain);
    json_t *sources = json_object_get(document, "sources");
    json_t *place = json_object_get(json_array_get(sources, 4), "place");
    json_t *record =
        json_object_get(json_object_get(place, "archived"), "record");
    (void)state;

    assert_int_equal(json_object_size(record), 3);
    assert_true(json_is_false(json_object_get(record, "is_held")));
    assert_string_equal(word(record, "id_hex"), word(place, "capture_hex"));
    json_decref(document);
    free(sample);
}

/* The text arrives as it is, but no terminal on the way sees it raw. */
static void hostile_text_is_escaped_and_kept(void **state)
{
    static const char hostile[] = "\xe2\x80\xae"
                                  "olleh \"quoted\" \\ \xe7\xa8\x80\ttab\n";
    struct sample *sample = sample_new_claim(assay_bytes_of(hostile));
    char *text = sample_text(cli_render_json, &sample->chain);
    json_t *document = parse(&sample->chain);
    (void)state;

    for (const char *at = text; *at != '\0'; at++) {
        assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
    }
    assert_string_equal(word(json_object_get(document, "claim"), "text"),
                        hostile);
    json_decref(document);
    free(text);
    free(sample);
}

static void the_next_page_is_named(void **state)
{
    struct sample *sample = sample_new();
    json_t *document;
    (void)state;

    sample->chain.source_next_lsn = 51;
    document = parse(&sample->chain);
    assert_int_equal(
        json_integer_value(json_object_get(document, "sources_next")), 51);
    json_decref(document);
    free(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_chain_is_in_the_document),
        cmocka_unit_test(ids_are_whole_and_in_both_spellings),
        cmocka_unit_test(states_have_stable_names),
        cmocka_unit_test(times_are_rfc_3339_while_the_year_allows),
        cmocka_unit_test(what_is_not_held_is_an_id),
        cmocka_unit_test(hostile_text_is_escaped_and_kept),
        cmocka_unit_test(the_next_page_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
