/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fields.h"

#include "protocol/kinds/claim.h"
#include "protocol/kinds/verdict.h"
#include "testing.h"

#include <stdio.h>
#include <string.h>

static const uint8_t salt[ASSAY_SALT_SIZE] = {1};
static uint8_t buffer[ASSAY_RECORD_MAX];
static struct assay_cbor_writer writer;
static struct assay_record record;
static struct cli_fields fields;

static void begin(uint64_t kind)
{
    memset(&record, 0, sizeof(record));
    record.payload.kind = kind;
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
}

static void write_claim(const struct assay_claim *claim)
{
    begin(ASSAY_KIND_CLAIM);
    assay_claim_write(claim, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &record.body), ASSAY_OK);
}

static const struct cli_field *find(const char *list, size_t index,
                                    const char *name)
{
    for (size_t i = 0; i < fields.count; i++) {
        const struct cli_field *field = &fields.items[i];
        bool is_list = list == NULL ? field->list == NULL
                                    : field->list != NULL &&
                                          strcmp(field->list, list) == 0;
        bool is_name = name == NULL ? field->name == NULL
                                    : field->name != NULL &&
                                          strcmp(field->name, name) == 0;

        if (is_list && is_name && field->index == index) {
            return field;
        }
    }
    return NULL;
}

static void assert_text(const struct cli_field *field, const char *text)
{
    assert_non_null(field);
    assert_int_equal(field->type, CLI_FIELD_TEXT);
    assert_false(field->is_absent);
    assert_int_equal(field->text.len, strlen(text));
    assert_memory_equal(field->text.data, text, strlen(text));
}

static void a_claim_has_all_its_fields(void **state)
{
    static struct assay_claim claim;
    (void)state;

    claim.text = assay_bytes_of("The sea is dry.");
    claim.topics.count = 2;
    claim.topics.items[0] = assay_bytes_of("sea");
    claim.topics.items[1] = assay_bytes_of("water");
    claim.place_count = 1;
    claim.places[0].url = assay_bytes_of("https://a.example/");
    write_claim(&claim);
    assert_int_equal(cli_fields_of_body(&record, &fields), ASSAY_OK);
    assert_text(find(NULL, 0, "text"), "The sea is dry.");
    assert_true(find(NULL, 0, "speaker")->is_absent);
    assert_int_equal(find(NULL, 0, "topics")->type, CLI_FIELD_LIST);
    assert_text(find("topics", 0, NULL), "sea");
    assert_text(find("topics", 1, NULL), "water");
    assert_text(find("places", 0, "url"), "https://a.example/");
    assert_true(find("places", 0, "capture")->is_absent);
    assert_null(find("places", 1, "url"));
}

/* As many topics and places as a claim may have are as many fields. */
static void the_largest_claim_has_room(void **state)
{
    static struct assay_claim claim;
    (void)state;

    claim.text = assay_bytes_of("x");
    claim.topics.count = ASSAY_LIST_MAX;
    claim.place_count = ASSAY_LIST_MAX;
    static char topics[ASSAY_LIST_MAX][4];
    for (size_t i = 0; i < ASSAY_LIST_MAX; i++) {
        (void)snprintf(topics[i], sizeof(topics[i]), "%02zu", i);
        claim.topics.items[i] = assay_bytes_of(topics[i]);
        claim.places[i].url = assay_bytes_of("https://a.example/");
    }
    write_claim(&claim);
    assert_int_equal(cli_fields_of_body(&record, &fields), ASSAY_OK);
    assert_in_range(fields.count, ASSAY_LIST_MAX * 6, CLI_FIELDS_MAX);
    assert_text(find("topics", ASSAY_LIST_MAX - 1, NULL), "63");
}

/* In a list of records a line says what matters most of each. */
static void the_gist_is_what_the_record_says(void **state)
{
    static struct assay_claim claim;
    struct assay_bytes gist;
    (void)state;

    claim.text = assay_bytes_of("The sea is dry.");
    claim.speaker = assay_bytes_of("A sailor");
    write_claim(&claim);
    gist = cli_fields_gist(&record);
    assert_int_equal(gist.len, strlen("The sea is dry."));
    assert_memory_equal(gist.data, "The sea is dry.", gist.len);
    record.body = ASSAY_BYTES_NONE;
    assert_null(cli_fields_gist(&record).data);
}

static void a_kind_of_a_newer_program_has_no_fields(void **state)
{
    (void)state;
    begin(999);
    record.body = assay_bytes_of("\xa1\x00\x01");
    assert_int_equal(cli_fields_of_body(&record, &fields), ASSAY_OK);
    assert_int_equal(fields.count, 0);
    assert_int_equal(cli_fields_of_grant(&record, &fields), ASSAY_OK);
    assert_int_equal(fields.count, 0);
}

static void a_body_that_breaks_its_rules_is_refused(void **state)
{
    (void)state;
    begin(ASSAY_KIND_CLAIM);
    record.body = assay_bytes_of("\xa1\x01\x02");
    assert_int_not_equal(cli_fields_of_body(&record, &fields), ASSAY_OK);
    assert_null(cli_fields_gist(&record).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_has_all_its_fields),
        cmocka_unit_test(the_largest_claim_has_room),
        cmocka_unit_test(the_gist_is_what_the_record_says),
        cmocka_unit_test(a_kind_of_a_newer_program_has_no_fields),
        cmocka_unit_test(a_body_that_breaks_its_rules_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
