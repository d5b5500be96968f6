/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "words.h"

#include <sodium.h>

/* Longest run of bytes that is put in hexadecimal: a hash or a key. */
#define HEX_BYTES_MAX 64

static json_t *checked(struct cli_doc *json, json_t *value)
{
    if (value == NULL) {
        json->has_failed = true;
    }
    return value;
}

json_t *cli_doc_object(struct cli_doc *json)
{
    return checked(json, json_object());
}

json_t *cli_doc_list(struct cli_doc *json)
{
    return checked(json, json_array());
}

void cli_doc_put(struct cli_doc *json, json_t *object, const char *key,
                 json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        json->has_failed = true;
    }
}

void cli_doc_add(struct cli_doc *json, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0) {
        json->has_failed = true;
    }
}

static json_t *text_of(struct assay_bytes text)
{
    return text.data == NULL ? json_null()
                             : json_stringn((const char *)text.data, text.len);
}

void cli_doc_put_text(struct cli_doc *json, json_t *object, const char *key,
                      struct assay_bytes text)
{
    cli_doc_put(json, object, key, text_of(text));
}

void cli_doc_put_word(struct cli_doc *json, json_t *object, const char *key,
                      const char *word)
{
    cli_doc_put(json, object, key,
                word == NULL ? json_null() : json_string(word));
}

void cli_doc_put_number(struct cli_doc *json, json_t *object, const char *key,
                        uint64_t number)
{
    cli_doc_put(json, object, key, json_integer((json_int_t)number));
}

void cli_doc_put_bool(struct cli_doc *json, json_t *object, const char *key,
                      bool value)
{
    cli_doc_put(json, object, key, json_boolean(value));
}

void cli_doc_put_hex(struct cli_doc *json, json_t *object, const char *key,
                     struct assay_bytes bytes)
{
    char hex[2 * HEX_BYTES_MAX + 1];

    if (bytes.data == NULL || bytes.len > HEX_BYTES_MAX) {
        cli_doc_put(json, object, key, json_null());
        return;
    }
    (void)sodium_bin2hex(hex, sizeof(hex), bytes.data, bytes.len);
    cli_doc_put(json, object, key, json_string(hex));
}

json_t *cli_doc_id(struct cli_doc *json, enum assay_id_type type,
                   const uint8_t *bytes)
{
    json_t *id = cli_doc_object(json);
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(type, bytes, text);
    cli_doc_put_word(json, id, "text", text);
    cli_doc_put_hex(json, id, "hex",
                    (struct assay_bytes){bytes, ASSAY_ID_SIZE});
    return id;
}

void cli_doc_put_id(struct cli_doc *json, json_t *object, const char *key,
                    enum assay_id_type type, const uint8_t *bytes)
{
    cli_doc_put(json, object, key,
                bytes == NULL ? json_null() : cli_doc_id(json, type, bytes));
}

void cli_doc_put_time(struct cli_doc *json, json_t *object, const char *key,
                      uint64_t time_s)
{
    json_t *time = cli_doc_object(json);
    char text[CLI_TIME_MAX];
    bool has_text = cli_time_rfc3339(time_s, text);

    cli_doc_put_number(json, time, "s", time_s);
    cli_doc_put_word(json, time, "text", has_text ? text : NULL);
    cli_doc_put(json, object, key, time);
}

static json_t *author_of(struct cli_doc *json, const struct store_item *item)
{
    const struct assay_authority *authority = item->validity.authority;
    json_t *author;

    if (authority == NULL) {
        return json_null();
    }
    author = cli_doc_object(json);
    cli_doc_put_id(json, author, "team", ASSAY_ID_TEAM, authority->team.hash);
    cli_doc_put_text(json, author, "team_name", item->team_name);
    cli_doc_put_text(json, author, "name", item->member_name);
    cli_doc_put_word(json, author, "role", assay_role_name(authority->role));
    cli_doc_put_bool(json, author, "is_root", authority->is_root);
    cli_doc_put_id(json, author, "grant", ASSAY_ID_RECORD,
                   authority->grant.hash);
    cli_doc_put_bool(json, author, "has_root_fork", authority->has_root_fork);
    cli_doc_put_bool(json, author, "is_log_forked", item->is_log_forked);
    return author;
}

static json_t *validity_of(struct cli_doc *json, const struct store_item *item)
{
    const struct assay_validity_result *validity = &item->validity;
    bool is_cut = validity->state == ASSAY_CUT_BY_REVOKE ||
                  validity->state == ASSAY_CUT_BY_ROTATE;
    json_t *object = cli_doc_object(json);

    cli_doc_put_bool(json, object, "stands", validity->state == ASSAY_STANDS);
    cli_doc_put_word(json, object, "state",
                     assay_validity_name(validity->state));
    cli_doc_put_id(json, object, "cut_by", ASSAY_ID_RECORD,
                   is_cut ? validity->cut_by.hash : NULL);
    return object;
}

static json_t *retraction_of(struct cli_doc *json,
                             const struct store_item *item)
{
    json_t *object;

    if (!item->is_retracted) {
        return json_null();
    }
    object = cli_doc_object(json);
    cli_doc_put_id(json, object, "by", ASSAY_ID_RECORD,
                   item->retracted_by.hash);
    cli_doc_put_time(json, object, "time", item->retracted_s);
    cli_doc_put_text(json, object, "reason", item->retract_reason);
    return object;
}

static json_t *erasure_of(struct cli_doc *json, const struct store_item *item)
{
    const struct store_erasure *erasure = &item->erasure;
    json_t *object;

    if (item->body != STORE_BODY_ERASED) {
        return json_null();
    }
    object = cli_doc_object(json);
    cli_doc_put_time(json, object, "time", erasure->at_s);
    cli_doc_put_id(json, object, "by", ASSAY_ID_RECORD,
                   erasure->has_by ? erasure->by.hash : NULL);
    cli_doc_put_text(json, object, "reason", erasure->reason);
    return object;
}

/* What the signed payload and this ledger say of a held record. */
static void put_row(struct cli_doc *json, json_t *object,
                    const struct store_row *row)
{
    const struct assay_record *record = &row->record;

    cli_doc_put_word(json, object, "kind",
                     assay_kind_name(record->payload.kind));
    cli_doc_put_number(json, object, "kind_number", record->payload.kind);
    cli_doc_put_time(json, object, "time", record->payload.time_s);
    cli_doc_put_number(json, object, "lsn", row->lsn);
    cli_doc_put_time(json, object, "received", row->received_s);
    cli_doc_put_number(json, object, "seq", record->payload.seq);
    cli_doc_put_id(json, object, "log", ASSAY_ID_RECORD,
                   assay_record_log(record)->hash);
    cli_doc_put_id(json, object, "key", ASSAY_ID_KEY, record->key.bytes);
}

json_t *cli_doc_item(struct cli_doc *json, const struct store_item *item)
{
    json_t *object = cli_doc_object(json);
    enum assay_id_type type = ASSAY_ID_RECORD;

    if (item->is_held) {
        type = assay_id_type_of_kind(item->row->record.payload.kind);
    }
    cli_doc_put_id(json, object, "id", type, item->id.hash);
    cli_doc_put_bool(json, object, "is_held", item->is_held);
    if (!item->is_held) {
        return object;
    }
    put_row(json, object, item->row);
    cli_doc_put(json, object, "author", author_of(json, item));
    cli_doc_put_word(json, object, "signature",
                     cli_signature_name(item->signature));
    cli_doc_put(json, object, "validity", validity_of(json, item));
    cli_doc_put_word(json, object, "body", cli_body_name(item->body));
    cli_doc_put_word(json, object, "malformed_rule", item->malformed_rule);
    cli_doc_put(json, object, "erasure", erasure_of(json, item));
    cli_doc_put(json, object, "retraction", retraction_of(json, item));
    cli_doc_put_bool(json, object, "is_dated_ahead", item->is_dated_ahead);
    return object;
}

enum assay_err cli_doc_write(struct cli_doc *json, json_t *document, FILE *out)
{
    enum assay_err err = json->has_failed ? ASSAY_E_NOMEM : ASSAY_OK;

    if (err == ASSAY_OK &&
        (json_dumpf(document, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0 ||
         fputc('\n', out) == EOF)) {
        err = ASSAY_E_IO;
    }
    json_decref(document);
    return err;
}
