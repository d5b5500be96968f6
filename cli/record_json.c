/* SPDX-License-Identifier: Apache-2.0 */
#include "record_json.h"

#include "fields.h"
#include "words.h"

#include <stdlib.h>

/* The prefix of a grant's id: a team's founding record is its first grant. */
static enum assay_id_type grant_type(const struct assay_authority *authority)
{
    return authority != NULL &&
                   assay_id_equal(&authority->grant, &authority->team)
               ? ASSAY_ID_TEAM
               : ASSAY_ID_RECORD;
}

static json_t *speaker_of(struct cli_doc *doc, const struct store_item *item)
{
    const struct assay_authority *by = item->validity.authority;
    json_t *object;

    if (by == NULL) {
        return json_null();
    }
    object = cli_doc_object(doc);
    cli_doc_put_id(doc, object, "team", ASSAY_ID_TEAM, by->team.hash);
    cli_doc_put_text(doc, object, "team_name", item->team_name);
    cli_doc_put_text(doc, object, "member_name", item->member_name);
    cli_doc_put_word(doc, object, "role", assay_role_name(by->role));
    cli_doc_put_bool(doc, object, "is_root", by->is_root);
    cli_doc_put_id(doc, object, "grant", grant_type(by), by->grant.hash);
    cli_doc_put_bool(doc, object, "has_root_fork", by->has_root_fork);
    return object;
}

static json_t *retraction_of(struct cli_doc *doc, const struct store_item *item)
{
    json_t *object;

    if (!item->is_retracted) {
        return json_null();
    }
    object = cli_doc_object(doc);
    cli_doc_put_id(doc, object, "by", ASSAY_ID_RECORD, item->retracted_by.hash);
    cli_doc_put_time(doc, object, "at", item->retracted_s);
    cli_doc_put_text(doc, object, "reason", item->retract_reason);
    return object;
}

static json_t *erasure_of(struct cli_doc *doc, const struct store_item *item)
{
    const struct store_erasure *erasure = &item->erasure;
    json_t *object;

    if (item->body != STORE_BODY_ERASED) {
        return json_null();
    }
    object = cli_doc_object(doc);
    cli_doc_put_id(doc, object, "by", ASSAY_ID_RECORD,
                   erasure->has_by ? erasure->by.hash : NULL);
    cli_doc_put_time(doc, object, "at", erasure->at_s);
    cli_doc_put_text(doc, object, "reason", erasure->reason);
    return object;
}

static json_t *state_of(struct cli_doc *doc, const struct store_item *item)
{
    const struct assay_validity_result *validity = &item->validity;
    bool is_cut = validity->state == ASSAY_CUT_BY_REVOKE ||
                  validity->state == ASSAY_CUT_BY_ROTATE;
    json_t *state = cli_doc_object(doc);

    cli_doc_put_bool(doc, state, "stands", validity->state == ASSAY_STANDS);
    cli_doc_put_word(doc, state, "validity",
                     assay_validity_name(validity->state));
    cli_doc_put_id(doc, state, "cut_by", ASSAY_ID_RECORD,
                   is_cut ? validity->cut_by.hash : NULL);
    cli_doc_put_word(doc, state, "signature",
                     cli_signature_name(item->signature));
    cli_doc_put_word(doc, state, "body", cli_body_name(item->body));
    cli_doc_put_word(doc, state, "malformed_rule", item->malformed_rule);
    cli_doc_put(doc, state, "retraction", retraction_of(doc, item));
    cli_doc_put(doc, state, "erasure", erasure_of(doc, item));
    cli_doc_put_bool(doc, state, "is_log_forked", item->is_log_forked);
    cli_doc_put_bool(doc, state, "is_dated_ahead", item->is_dated_ahead);
    return state;
}

/* What the signed payload and this ledger say of a held record. */
static void put_held(struct cli_doc *doc, json_t *object,
                     const struct store_item *item)
{
    const struct store_row *row = item->row;
    const struct assay_payload *payload = &row->record.payload;
    const struct assay_id *log = assay_record_log(&row->record);
    bool begins_log = assay_id_equal(log, &item->id);

    cli_doc_put_word(doc, object, "kind", assay_kind_name(payload->kind));
    cli_doc_put_number(doc, object, "kind_number", payload->kind);
    cli_doc_put_time(doc, object, "time", payload->time_s);
    cli_doc_put_time(doc, object, "received", row->received_s);
    cli_doc_put_number(doc, object, "lsn", row->lsn);
    cli_doc_put_id(doc, object, "key", ASSAY_ID_KEY, row->record.key.bytes);
    cli_doc_put_id(doc, object, "log",
                   begins_log ? assay_id_type_of_kind(payload->kind)
                              : grant_type(item->validity.authority),
                   log->hash);
    cli_doc_put_number(doc, object, "seq", payload->seq);
    cli_doc_put(doc, object, "speaker", speaker_of(doc, item));
    cli_doc_put(doc, object, "state", state_of(doc, item));
}

static void put_brief(struct cli_doc *doc, json_t *object,
                      const struct store_item *item)
{
    enum assay_id_type type = ASSAY_ID_RECORD;

    if (item->is_held) {
        type = assay_id_type_of_kind(item->row->record.payload.kind);
    }
    cli_doc_put_id(doc, object, "id", type, item->id.hash);
    cli_doc_put_bool(doc, object, "is_held", item->is_held);
    if (item->is_held) {
        put_held(doc, object, item);
    }
}

json_t *cli_record_brief(struct cli_doc *doc, const struct store_item *item)
{
    json_t *object = cli_doc_object(doc);

    put_brief(doc, object, item);
    return object;
}

static enum assay_id_type type_of(struct store_view *view,
                                  const struct assay_id *id)
{
    struct store_row row;

    return store_view_by_id(view, id, &row) == ASSAY_OK
               ? assay_id_type_of_kind(row.record.payload.kind)
               : ASSAY_ID_RECORD;
}

void cli_record_put_id(struct cli_doc *doc, json_t *object, const char *key,
                       struct store_view *view, const struct assay_id *id)
{
    cli_doc_put_id(doc, object, key, type_of(view, id), id->hash);
}

static void put_names(struct cli_doc *doc, json_t *object,
                      struct store_view *view,
                      const struct assay_payload *payload)
{
    json_t *list = cli_doc_list(doc);

    if (payload->kind == ASSAY_KIND_FOUND) {
        cli_doc_put_id(doc, object, "auth", ASSAY_ID_RECORD, NULL);
    } else {
        cli_record_put_id(doc, object, "auth", view, &payload->auth);
    }
    cli_doc_put_ids(doc, object, "prev");
    for (size_t i = 0; i < payload->prev_count; i++) {
        cli_doc_add_id(doc, object, "prev", type_of(view, &payload->prev[i]),
                       payload->prev[i].hash);
    }
    for (size_t i = 0; i < payload->about_count; i++) {
        const struct assay_about *about = &payload->about[i];
        json_t *entry = cli_doc_object(doc);

        cli_doc_put_word(doc, entry, "relation",
                         assay_relation_name(about->relation));
        cli_doc_put_number(doc, entry, "relation_number", about->relation);
        cli_record_put_id(doc, entry, "id", view, &about->id);
        cli_doc_add(doc, list, entry);
    }
    cli_doc_put(doc, object, "about", list);
}

static void put_field(struct cli_doc *doc, json_t *object,
                      const struct cli_field *field)
{
    if (field->is_absent && field->type != CLI_FIELD_ID) {
        cli_doc_put_null(doc, object, field->name);
        return;
    }
    switch (field->type) {
    case CLI_FIELD_TEXT:
        cli_doc_put_text(doc, object, field->name, field->text);
        break;
    case CLI_FIELD_WORD:
        cli_doc_put_word(doc, object, field->name, field->word);
        break;
    case CLI_FIELD_NUMBER:
        cli_doc_put_number(doc, object, field->name, field->number);
        break;
    case CLI_FIELD_TIME:
        cli_doc_put_time(doc, object, field->name, field->number);
        break;
    case CLI_FIELD_HASH:
        cli_doc_put_hash(doc, object, field->name, field->bytes);
        break;
    case CLI_FIELD_ID:
        cli_doc_put_id(doc, object, field->name, field->id_type,
                       field->is_absent ? NULL : field->bytes);
        break;
    case CLI_FIELD_LIST:
        cli_doc_put(doc, object, field->name, cli_doc_list(doc));
        break;
    case CLI_FIELD_IDS:
        cli_doc_put_ids(doc, object, field->name);
        break;
    }
}

/* A member of an entry of a list, or an entry that is one value. */
static void put_entry(struct cli_doc *doc, json_t *object,
                      const struct cli_field *field)
{
    json_t *list = json_object_get(object, field->list);
    json_t *entry;

    if (field->name == NULL && field->type == CLI_FIELD_ID) {
        cli_doc_add_id(doc, object, field->list, field->id_type, field->bytes);
        return;
    }
    if (field->name == NULL) {
        cli_doc_add_text(doc, list, field->text);
        return;
    }
    entry = json_array_get(list, field->index);
    if (entry == NULL) {
        entry = cli_doc_object(doc);
        cli_doc_add(doc, list, entry);
    }
    put_field(doc, entry, field);
}

static json_t *fields_of(struct cli_doc *doc, const struct cli_fields *fields)
{
    json_t *object = cli_doc_object(doc);

    for (size_t i = 0; i < fields->count; i++) {
        const struct cli_field *field = &fields->items[i];

        if (field->list != NULL) {
            put_entry(doc, object, field);
        } else {
            put_field(doc, object, field);
        }
    }
    return object;
}

/* The fields that read gives; null where it fails or there are no bytes. */
static json_t *said(struct cli_doc *doc, const struct assay_record *record,
                    struct assay_bytes bytes,
                    enum assay_err (*read)(const struct assay_record *,
                                           struct cli_fields *))
{
    struct cli_fields *fields;
    json_t *value = NULL;

    if (bytes.data == NULL) {
        return json_null();
    }
    fields = malloc(sizeof(*fields));
    if (fields == NULL) {
        doc->has_failed = true;
        return NULL;
    }
    value =
        read(record, fields) == ASSAY_OK ? fields_of(doc, fields) : json_null();
    free(fields);
    return value;
}

void cli_record_put_whole(struct cli_doc *doc, json_t *object,
                          struct store_view *view,
                          const struct store_item *item)
{
    const struct assay_record *record = &item->row->record;

    put_brief(doc, object, item);
    put_names(doc, object, view, &record->payload);
    cli_doc_put_hash(doc, object, "body_hash", record->payload.body_hash);
    cli_doc_put(doc, object, "grant",
                said(doc, record, record->payload.grant, cli_fields_of_grant));
    cli_doc_put(doc, object, "body",
                said(doc, record, record->body, cli_fields_of_body));
}
