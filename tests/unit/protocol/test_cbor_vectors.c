/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cbor.h"

#include "cbor_copy.h"
#include "testing.h"
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

/* What RFC 8949 has in its appendix A, and what our rules make of it. */
#define EXAMPLE_COUNT 82
#define ALLOWED_COUNT 37

/* The hexadecimal initial bytes of what is deterministic but of a type that
 * we do not allow, and the rule that says so. */
static const struct {
    const char *initial;
    const char *rule;
} refused_types[] = {
    {"c0", "tags"},      {"c1", "tags"},          {"c2", "tags"},
    {"c3", "tags"},      {"d7", "tags"},          {"d8", "tags"},
    {"f9", "floating"},  {"fa", "floating"},      {"fb", "floating"},
    {"f7", "undefined"}, {"f0", "simple values"}, {"f8", "simple values"},
};

/* The rule that an example breaks; NULL if it breaks none. */
static const char *broken_rule(const json_t *example)
{
    const char *hex = vectors_text(example, "hex");

    for (size_t index = 0;
         index < sizeof(refused_types) / sizeof(refused_types[0]); index++) {
        if (strncmp(hex, refused_types[index].initial, 2) == 0) {
            return refused_types[index].rule;
        }
    }
    /* Of the types that we allow only indefinite lengths do not roundtrip. */
    if (!json_is_true(json_object_get(example, "roundtrip"))) {
        return "lengths must be definite";
    }
    return NULL;
}

static void accept(struct assay_bytes item, const char *hex)
{
    uint8_t buffer[VECTOR_MAX];
    struct assay_cbor_reader reader;
    struct assay_cbor_writer writer;
    struct assay_bytes written = ASSAY_BYTES_NONE;

    assay_cbor_reader_init(&reader, item);
    struct assay_bytes skipped = assay_cbor_skip(&reader);
    if (assay_cbor_reader_finish(&reader, NULL) != ASSAY_OK) {
        fail_msg("%s is refused: %s", hex, reader.fault.rule);
    }
    assert_true(assay_bytes_equal(skipped, item));

    assay_cbor_reader_init(&reader, item);
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    cbor_copy(&reader, &writer);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);
    if (!assay_bytes_equal(written, item)) {
        fail_msg("%s is written otherwise", hex);
    }
}

static void refuse(struct assay_bytes item, const char *hex, const char *rule)
{
    struct assay_cbor_reader reader;
    struct assay_fault fault = {0, NULL};

    assay_cbor_reader_init(&reader, item);
    assert_int_equal(assay_cbor_skip(&reader).len, 0);
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault),
                     ASSAY_E_MALFORMED);
    assert_non_null(fault.rule);
    if (strstr(fault.rule, rule) == NULL) {
        fail_msg("%s is refused for another reason: %s", hex, fault.rule);
    }
}

/* What is deterministic and of types that we allow is taken and written
 * again to the byte; each other one is refused, for the reason it has. */
static void appendix_a_is_taken_or_refused_as_our_rules_say(void **state)
{
    json_t *root = vectors_load("cbor/appendix_a.json");
    struct vector vector;
    size_t allowed = 0;
    (void)state;

    assert_int_equal(json_array_size(root), EXAMPLE_COUNT);
    for (size_t index = 0; index < EXAMPLE_COUNT; index++) {
        const json_t *example = json_array_get(root, index);
        const char *hex = vectors_text(example, "hex");
        struct assay_bytes item = vector_from_hex(&vector, hex);
        const char *rule = broken_rule(example);

        if (rule == NULL) {
            accept(item, hex);
            allowed++;
        } else {
            refuse(item, hex, rule);
        }
    }
    assert_int_equal(allowed, ALLOWED_COUNT);
    json_decref(root);
}

/* What is not there yet is told apart from what can never be right. */
static void every_allowed_example_cut_short_ends_too_early(void **state)
{
    json_t *root = vectors_load("cbor/appendix_a.json");
    struct vector vector;
    (void)state;

    for (size_t index = 0; index < json_array_size(root); index++) {
        const json_t *example = json_array_get(root, index);
        struct assay_bytes item = vector_from_member(&vector, example, "hex");

        if (broken_rule(example) != NULL) {
            continue;
        }
        for (size_t len = 0; len < item.len; len++) {
            struct assay_cbor_reader reader;
            uint8_t *cut = malloc(len + 1);

            assert_non_null(cut);
            memcpy(cut, item.data, len);
            assay_cbor_reader_init(&reader, (struct assay_bytes){cut, len});
            (void)assay_cbor_skip(&reader);
            assert_int_equal(assay_cbor_reader_finish(&reader, NULL),
                             ASSAY_E_TRUNCATED);
            free(cut);
        }
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appendix_a_is_taken_or_refused_as_our_rules_say),
        cmocka_unit_test(every_allowed_example_cut_short_ends_too_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
