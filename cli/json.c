/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "protocol/check.h"
#include "protocol/text.h"
#include "report.h"
#include "words.h"

#include <sodium.h>
#include <stdlib.h>

#define INDENT 2

/* Longest name of a member, "_hex" included. */
#define NAME_MAX_LEN 32

static json_t *checked(struct cli_doc *doc, json_t *value)
{
    if (value == NULL) {
        doc->has_failed = true;
    }
    return value;
}

json_t *cli_doc_object(struct cli_doc *doc)
{
    return checked(doc, json_object());
}

json_t *cli_doc_list(struct cli_doc *doc)
{
    return checked(doc, json_array());
}

json_t *cli_doc_begin(struct cli_doc *doc, const char *format)
{
    json_t *document = cli_doc_object(doc);

    cli_doc_put_word(doc, document, "format", format);
    return document;
}

void cli_doc_put(struct cli_doc *doc, json_t *object, const char *key,
                 json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        doc->has_failed = true;
    }
}

void cli_doc_add(struct cli_doc *doc, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0) {
        doc->has_failed = true;
    }
}

/* A copy in which U+FFFD stands for each byte that is not UTF-8. */
static json_t *mended(struct assay_bytes text)
{
    static const char unknown[] = "\xef\xbf\xbd";
    char *copy = malloc(text.len * (sizeof(unknown) - 1) + 1);
    json_t *value = NULL;
    size_t len = 0;
    size_t pos = 0;

    if (copy == NULL) {
        return NULL;
    }
    while (pos < text.len) {
        size_t from = pos;
        bool is_unknown = assay_text_next(text, &pos) == 0xfffd;
        size_t part = is_unknown ? sizeof(unknown) - 1 : pos - from;

        memcpy(copy + len,
               is_unknown ? unknown : (const char *)text.data + from, part);
        len += part;
    }
    value = json_stringn(copy, len);
    free(copy);
    return value;
}

static json_t *text_of(struct assay_bytes text)
{
    json_t *value;

    if (text.data == NULL) {
        return json_null();
    }
    value = json_stringn((const char *)text.data, text.len);
    return value != NULL ? value : mended(text);
}

void cli_doc_put_null(struct cli_doc *doc, json_t *object, const char *key)
{
    cli_doc_put(doc, object, key, json_null());
}

void cli_doc_put_text(struct cli_doc *doc, json_t *object, const char *key,
                      struct assay_bytes text)
{
    cli_doc_put(doc, object, key, text_of(text));
}

void cli_doc_put_word(struct cli_doc *doc, json_t *object, const char *key,
                      const char *word)
{
    cli_doc_put_text(doc, object, key, assay_bytes_of(word));
}

void cli_doc_put_bool(struct cli_doc *doc, json_t *object, const char *key,
                      bool value)
{
    cli_doc_put(doc, object, key, json_boolean(value));
}

void cli_doc_add_text(struct cli_doc *doc, json_t *list,
                      struct assay_bytes text)
{
    cli_doc_add(doc, list, text_of(text));
}

void cli_doc_put_number(struct cli_doc *doc, json_t *object, const char *key,
                        uint64_t number)
{
    cli_doc_put(
        doc, object, key,
        json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number));
}

static void hex_name(const char *key, char out[NAME_MAX_LEN])
{
    int len = snprintf(out, NAME_MAX_LEN, "%s_hex", key);

    ASSAY_CHECK(len > 0 && len < NAME_MAX_LEN);
}

static json_t *id_text(enum assay_id_type type, const uint8_t *bytes)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(type, bytes, text);
    return json_string(text);
}

static json_t *hex_of(const uint8_t bytes[ASSAY_ID_SIZE])
{
    char hex[2 * ASSAY_ID_SIZE + 1];

    return json_string(sodium_bin2hex(hex, sizeof(hex), bytes, ASSAY_ID_SIZE));
}

void cli_doc_put_id(struct cli_doc *doc, json_t *object, const char *key,
                    enum assay_id_type type, const uint8_t *bytes)
{
    char key_hex[NAME_MAX_LEN];

    hex_name(key, key_hex);
    cli_doc_put(doc, object, key,
                bytes == NULL ? json_null() : id_text(type, bytes));
    cli_doc_put(doc, object, key_hex,
                bytes == NULL ? json_null() : hex_of(bytes));
}

void cli_doc_put_ids(struct cli_doc *doc, json_t *object, const char *key)
{
    char key_hex[NAME_MAX_LEN];

    hex_name(key, key_hex);
    cli_doc_put(doc, object, key, json_array());
    cli_doc_put(doc, object, key_hex, json_array());
}

void cli_doc_add_id(struct cli_doc *doc, json_t *object, const char *key,
                    enum assay_id_type type, const uint8_t *bytes)
{
    char key_hex[NAME_MAX_LEN];

    hex_name(key, key_hex);
    cli_doc_add(doc, json_object_get(object, key), id_text(type, bytes));
    cli_doc_add(doc, json_object_get(object, key_hex), hex_of(bytes));
}

void cli_doc_put_hash(struct cli_doc *doc, json_t *object, const char *key,
                      const uint8_t hash[ASSAY_HASH_SIZE])
{
    _Static_assert(ASSAY_HASH_SIZE == ASSAY_ID_SIZE, "an id is a hash");

    cli_doc_put(doc, object, key, hex_of(hash));
}

void cli_doc_put_time(struct cli_doc *doc, json_t *object, const char *key,
                      uint64_t time_s)
{
    char text[CLI_TIME_MAX];

    if (cli_time_rfc3339(time_s, text)) {
        cli_doc_put_word(doc, object, key, text);
    } else {
        cli_doc_put_number(doc, object, key, time_s);
    }
}

static enum assay_err dump(struct cli_doc *doc, json_t *document, FILE *out,
                           size_t flags)
{
    enum assay_err err = doc->has_failed ? ASSAY_E_NOMEM : ASSAY_OK;

    if (err == ASSAY_OK &&
        (json_dumpf(document, out, flags | JSON_ENSURE_ASCII) != 0 ||
         fputc('\n', out) == EOF)) {
        err = ASSAY_E_IO;
    }
    json_decref(document);
    return err;
}

enum assay_err cli_doc_write(struct cli_doc *doc, json_t *document, FILE *out)
{
    return dump(doc, document, out, JSON_INDENT(INDENT));
}

static enum cli_exit print(struct cli_doc *doc, json_t *document, size_t flags)
{
    enum assay_err err = dump(doc, document, stdout, flags);

    if (err == ASSAY_OK && fflush(stdout) != 0) {
        err = ASSAY_E_IO;
    }
    return err == ASSAY_OK ? CLI_DONE
                           : cli_report_err("standard output", err, NULL);
}

enum cli_exit cli_doc_print(struct cli_doc *doc, json_t *document)
{
    return print(doc, document, JSON_INDENT(INDENT));
}

enum cli_exit cli_doc_print_line(struct cli_doc *doc, json_t *document)
{
    return print(doc, document, JSON_COMPACT);
}
