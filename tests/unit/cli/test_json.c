/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"

#include "testing.h"

#include <stdlib.h>

/* The document as it is written; free it. Fails where it cannot be. */
static char *written(struct cli_doc *doc, json_t *document)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(cli_doc_write(doc, document, out), ASSAY_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void an_id_is_text_with_its_bytes_beside_it(void **state)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "test/1");
    const uint8_t bytes[ASSAY_ID_SIZE] = {0xab};
    char *text;
    (void)state;

    cli_doc_put_id(&doc, document, "id", ASSAY_ID_CLAIM, bytes);
    cli_doc_put_id(&doc, document, "by", ASSAY_ID_RECORD, NULL);
    cli_doc_put_ids(&doc, document, "cites");
    cli_doc_add_id(&doc, document, "cites", ASSAY_ID_SOURCE, bytes);
    text = written(&doc, document);
    assert_non_null(strstr(text, "\"format\": \"test/1\""));
    assert_non_null(strstr(text, "\"id\": \"claim14"));
    assert_non_null(strstr(text, "\"id_hex\": \"ab00"));
    assert_non_null(strstr(text, "\"by\": null"));
    assert_non_null(strstr(text, "\"by_hex\": null"));
    assert_non_null(strstr(text, "\"cites_hex\": [\n    \"ab00"));
    free(text);
}

/* A file's name may hold any bytes; a document with one is JSON all the same.
 */
static void bytes_that_are_no_text_are_replaced(void **state)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "test/1");
    char *text;
    (void)state;

    cli_doc_put_word(&doc, document, "path", "a\xff\xc3\xa9\xc3");
    text = written(&doc, document);
    assert_non_null(strstr(text, "\"a\\uFFFD\\u00E9\\uFFFD\""));
    free(text);
}

/* JSON's readers take no larger integers; a negative one would be a lie. */
static void a_number_too_large_is_the_largest(void **state)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "test/1");
    char *text;
    (void)state;

    cli_doc_put_number(&doc, document, "seq", UINT64_MAX);
    text = written(&doc, document);
    assert_non_null(strstr(text, "\"seq\": 9223372036854775807"));
    free(text);
}

/* Nobody is shown half a document. */
static void a_failure_on_the_way_is_one_at_the_end(void **state)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "test/1");
    (void)state;

    cli_doc_put(&doc, document, "lost", NULL);
    assert_int_equal(cli_doc_write(&doc, document, stderr), ASSAY_E_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_text_with_its_bytes_beside_it),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(a_number_too_large_is_the_largest),
        cmocka_unit_test(a_failure_on_the_way_is_one_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
