/* SPDX-License-Identifier: Apache-2.0 */
#include "record_json.h"

#include "fields.h"
#include "report.h"
#include "words.h"

#include <sodium/utils.h>
#include <stdio.h>
#include <stdlib.h>

#define INDENT 2

bool cli_json_put(json_t *object, const char *name, json_t *value, bool is_good)
{
    return json_object_set_new(object, name, value) == 0 && is_good;
}

json_t *cli_json_text(struct assay_bytes text)
{
    if (text.data == NULL) {
        return json_null();
    }
    return json_stringn((const char *)text.data, text.len);
}

json_t *cli_json_id(enum assay_id_type type, const uint8_t *bytes)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(type, bytes, text);
    return json_string(text);
}

json_t *cli_json_number(uint64_t number)
{
    /* JSON's integers are signed here; nothing counted comes near. */
    return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

json_t *cli_json_time(uint64_t time_s)
{
    char text[CLI_TIME_MAX];

    if (!cli_time_rfc3339(time_s, text)) {
        return cli_json_number(time_s);
    }
    return json_string(text);
}

json_t *cli_json_id_of(struct store_view *view, const struct assay_id *id)
{
    enum assay_id_type type = ASSAY_ID_RECORD;
    struct store_row row;

    if (store_view_by_id(view, id, &row) == ASSAY_OK) {
        type = assay_id_type_of_kind(row.record.payload.kind);
    }
    return cli_json_id(type, id->hash);
}

static json_t *hash_json(const uint8_t hash[ASSAY_HASH_SIZE])
{
    char text[2 * ASSAY_HASH_SIZE + 1];

    return json_string(
        sodium_bin2hex(text, sizeof(text), hash, ASSAY_HASH_SIZE));
}

static json_t *field_json(const struct cli_field *field)
{
    switch (field->type) {
    case CLI_FIELD_TEXT:
        return cli_json_text(field->text);
    case CLI_FIELD_WORD:
        return json_string(field->word);
    case CLI_FIELD_NUMBER:
        return cli_json_number(field->number);
    case CLI_FIELD_TIME:
        return cli_json_time(field->number);
    case CLI_FIELD_HASH:
        return hash_json(field->bytes);
    case CLI_FIELD_ID:
        return cli_json_id(field->id_type, field->bytes);
    }
    return NULL;
}

/* Where a field of a list goes: the list, or its entry, made as needed. */
static bool put_in_list(json_t *object, const struct cli_field *field)
{
    json_t *list = json_object_get(object, field->list);
    json_t *entry;

    if (list == NULL) {
        list = json_array();
        if (json_object_set_new(object, field->list, list) != 0) {
            return false;
        }
    }
    if (field->name == NULL) {
        return json_array_append_new(list, field_json(field)) == 0;
    }
    entry = json_array_get(list, field->index);
    if (entry == NULL) {
        entry = json_object();
        if (json_array_append_new(list, entry) != 0) {
            return false;
        }
    }
    return cli_json_put(entry, field->name, field_json(field), true);
}

static json_t *fields_json(const struct cli_fields *fields)
{
    json_t *object = json_object();
    bool is_good = object != NULL;

    for (size_t i = 0; is_good && i < fields->count; i++) {
        const struct cli_field *field = &fields->items[i];

        is_good = field->list != NULL ? put_in_list(object, field)
                                      : cli_json_put(object, field->name,
                                                     field_json(field), true);
    }
    if (!is_good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The fields that read gives; null where it fails or there is nothing. */
static json_t *read_json(const struct assay_record *record,
                         enum assay_err (*read)(const struct assay_record *,
                                                struct cli_fields *))
{
    struct cli_fields *fields = malloc(sizeof(*fields));
    json_t *value = NULL;

    if (fields == NULL) {
        return NULL;
    }
    if (read(record, fields) != ASSAY_OK) {
        value = json_null();
    } else {
        value = fields_json(fields);
    }
    free(fields);
    return value;
}

static json_t *about_json(struct store_view *view,
                          const struct assay_payload *payload)
{
    json_t *list = json_array();
    bool is_good = list != NULL;

    for (size_t i = 0; i < payload->about_count; i++) {
        const struct assay_about *about = &payload->about[i];
        json_t *entry = json_object();

        is_good = cli_json_put(
            entry, "relation",
            json_string(assay_relation_name(about->relation)), is_good);
        is_good = cli_json_put(entry, "relation_number",
                               cli_json_number(about->relation), is_good);
        is_good = cli_json_put(entry, "id", cli_json_id_of(view, &about->id),
                               is_good);
        is_good = json_array_append_new(list, entry) == 0 && is_good;
    }
    if (!is_good) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static bool is_set(const struct assay_id *id)
{
    static const struct assay_id zero;

    return !assay_id_equal(id, &zero);
}

/* An id, or null where it is all zero. */
static json_t *id_or_null(struct store_view *view, const struct assay_id *id)
{
    return is_set(id) ? cli_json_id_of(view, id) : json_null();
}

static json_t *prev_json(struct store_view *view,
                         const struct assay_payload *payload)
{
    json_t *list = json_array();
    bool is_good = list != NULL;

    for (size_t i = 0; i < payload->prev_count; i++) {
        is_good = json_array_append_new(
                      list, cli_json_id_of(view, &payload->prev[i])) == 0 &&
                  is_good;
    }
    if (!is_good) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *speaker_json(struct store_view *view,
                            const struct store_item *item)
{
    const struct assay_authority *by = item->validity.authority;
    json_t *object;
    bool is_good;

    if (by == NULL) {
        return json_null();
    }
    object = json_object();
    is_good = cli_json_put(object, "team",
                           cli_json_id(ASSAY_ID_TEAM, by->team.hash), true);
    is_good = cli_json_put(object, "team_name", cli_json_text(item->team_name),
                           is_good);
    is_good = cli_json_put(object, "member_name",
                           cli_json_text(item->member_name), is_good);
    is_good = cli_json_put(object, "role",
                           json_string(assay_role_name(by->role)), is_good);
    is_good =
        cli_json_put(object, "is_root", json_boolean(by->is_root), is_good);
    is_good = cli_json_put(object, "grant", cli_json_id_of(view, &by->grant),
                           is_good);
    is_good = cli_json_put(object, "has_root_fork",
                           json_boolean(by->has_root_fork), is_good);
    if (!is_good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool put_retraction(json_t *state, struct store_view *view,
                           const struct store_item *item, bool is_good)
{
    json_t *object;

    if (!item->is_retracted) {
        return cli_json_put(state, "retraction", json_null(), is_good);
    }
    object = json_object();
    is_good = cli_json_put(object, "id",
                           cli_json_id_of(view, &item->retracted_by), is_good);
    is_good =
        cli_json_put(object, "time", cli_json_time(item->retracted_s), is_good);
    is_good = cli_json_put(object, "reason",
                           cli_json_text(item->retract_reason), is_good);
    return cli_json_put(state, "retraction", object, is_good);
}

static bool put_erasure(json_t *state, struct store_view *view,
                        const struct store_item *item, bool is_good)
{
    const struct store_erasure *erasure = &item->erasure;
    json_t *object;

    if (item->body != STORE_BODY_ERASED) {
        return cli_json_put(state, "erasure", json_null(), is_good);
    }
    object = json_object();
    is_good = cli_json_put(object, "at", cli_json_time(erasure->at_s), is_good);
    is_good = cli_json_put(object, "by",
                           erasure->has_by ? cli_json_id_of(view, &erasure->by)
                                           : json_null(),
                           is_good);
    is_good =
        cli_json_put(object, "reason", cli_json_text(erasure->reason), is_good);
    return cli_json_put(state, "erasure", object, is_good);
}

static json_t *state_json(struct store_view *view,
                          const struct store_item *item)
{
    const struct assay_validity_result *validity = &item->validity;
    json_t *state = json_object();
    bool is_good = true;

    is_good =
        cli_json_put(state, "stands",
                     json_boolean(validity->state == ASSAY_STANDS), is_good);
    is_good = cli_json_put(state, "validity",
                           json_string(assay_validity_name(validity->state)),
                           is_good);
    is_good = cli_json_put(state, "cut_by", id_or_null(view, &validity->cut_by),
                           is_good);
    is_good =
        cli_json_put(state, "signature",
                     json_string(cli_signature_name(item->signature)), is_good);
    is_good = cli_json_put(state, "body",
                           json_string(cli_body_name(item->body)), is_good);
    is_good = cli_json_put(state, "malformed_rule",
                           item->malformed_rule == NULL
                               ? json_null()
                               : json_string(item->malformed_rule),
                           is_good);
    is_good = put_retraction(state, view, item, is_good);
    is_good = put_erasure(state, view, item, is_good);
    is_good = cli_json_put(state, "log_forked",
                           json_boolean(item->is_log_forked), is_good);
    is_good = cli_json_put(state, "dated_ahead",
                           json_boolean(item->is_dated_ahead), is_good);
    if (!is_good) {
        json_decref(state);
        return NULL;
    }
    return state;
}

static bool put_payload(json_t *object, struct store_view *view,
                        const struct store_row *row)
{
    const struct assay_payload *payload = &row->record.payload;
    bool is_good = true;

    is_good = cli_json_put(
        object, "kind", json_string(assay_kind_name(payload->kind)), is_good);
    is_good = cli_json_put(object, "kind_number",
                           cli_json_number(payload->kind), is_good);
    is_good =
        cli_json_put(object, "time", cli_json_time(payload->time_s), is_good);
    is_good = cli_json_put(object, "received", cli_json_time(row->received_s),
                           is_good);
    is_good = cli_json_put(object, "lsn", cli_json_number(row->lsn), is_good);
    is_good =
        cli_json_put(object, "key",
                     cli_json_id(ASSAY_ID_KEY, row->record.key.bytes), is_good);
    is_good =
        cli_json_put(object, "auth", id_or_null(view, &payload->auth), is_good);
    is_good =
        cli_json_put(object, "seq", cli_json_number(payload->seq), is_good);
    is_good = cli_json_put(object, "prev", prev_json(view, payload), is_good);
    is_good = cli_json_put(object, "about", about_json(view, payload), is_good);
    return cli_json_put(object, "body_hash", hash_json(payload->body_hash),
                        is_good);
}

json_t *cli_json_record(struct store_view *view, const struct store_item *item)
{
    const struct assay_record *record = &item->row->record;
    json_t *object = json_object();
    bool is_good = true;

    is_good = cli_json_put(
        object, "id",
        cli_json_id(assay_id_type_of_kind(record->payload.kind), item->id.hash),
        is_good);
    is_good = put_payload(object, view, item->row) && is_good;
    is_good =
        cli_json_put(object, "speaker", speaker_json(view, item), is_good);
    is_good = cli_json_put(object, "state", state_json(view, item), is_good);
    is_good = cli_json_put(object, "grant",
                           record->payload.grant.data == NULL
                               ? json_null()
                               : read_json(record, cli_fields_of_grant),
                           is_good);
    is_good = cli_json_put(object, "body",
                           record->body.data == NULL
                               ? json_null()
                               : read_json(record, cli_fields_of_body),
                           is_good);
    if (!is_good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

enum cli_exit cli_json_write(json_t *root)
{
    bool is_written;

    if (root == NULL) {
        return cli_report_err("the answer", ASSAY_E_NOMEM, NULL);
    }
    is_written = json_dumpf(root, stdout,
                            JSON_INDENT(INDENT) | JSON_ENSURE_ASCII) == 0 &&
                 fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(root);
    if (!is_written) {
        return cli_report_err("standard output", ASSAY_E_IO, NULL);
    }
    return CLI_DONE;
}
