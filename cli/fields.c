/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

#include "protocol/check.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"
#include "protocol/kinds/verdict.h"

#include <stdlib.h>

/* Where the next field goes: in a list, or beside the others. */
struct place_in {
    struct cli_fields *fields;
    const char *list;
    size_t index;
};

static struct cli_field *add(const struct place_in *in, const char *name,
                             enum cli_field_type type)
{
    struct cli_field *field;

    ASSAY_CHECK(in->fields->count < CLI_FIELDS_MAX);
    field = &in->fields->items[in->fields->count++];
    *field = (struct cli_field){
        .list = in->list, .index = in->index, .name = name, .type = type};
    return field;
}

static struct cli_field *last_added(const struct place_in *in)
{
    return &in->fields->items[in->fields->count - 1];
}

static void add_text(const struct place_in *in, const char *name,
                     struct assay_bytes text)
{
    struct cli_field *field = add(in, name, CLI_FIELD_TEXT);

    field->text = text;
    field->is_absent = text.data == NULL;
}

static void add_word(const struct place_in *in, const char *name,
                     const char *word)
{
    add(in, name, CLI_FIELD_WORD)->word = word;
}

static void add_number(const struct place_in *in, const char *name,
                       uint64_t number)
{
    add(in, name, CLI_FIELD_NUMBER)->number = number;
}

static void add_hash(const struct place_in *in, const char *name,
                     const uint8_t hash[ASSAY_HASH_SIZE])
{
    memcpy(add(in, name, CLI_FIELD_HASH)->bytes, hash, ASSAY_HASH_SIZE);
}

static void add_id(const struct place_in *in, const char *name,
                   enum assay_id_type type, const uint8_t bytes[ASSAY_ID_SIZE])
{
    struct cli_field *field = add(in, name, CLI_FIELD_ID);

    field->id_type = type;
    memcpy(field->bytes, bytes, ASSAY_ID_SIZE);
}

static void add_list(struct cli_fields *fields, const char *list,
                     enum cli_field_type type)
{
    (void)add(&(struct place_in){fields, NULL, 0}, list, type);
}

static void add_texts(struct cli_fields *fields, const char *list,
                      const struct assay_text_list *texts)
{
    add_list(fields, list, CLI_FIELD_LIST);
    for (size_t i = 0; i < texts->count; i++) {
        add_text(&(struct place_in){fields, list, i}, NULL, texts->items[i]);
    }
}

static void add_ids(struct cli_fields *fields, const char *list,
                    const struct assay_id *ids, size_t count)
{
    add_list(fields, list, CLI_FIELD_IDS);
    for (size_t i = 0; i < count; i++) {
        add_id(&(struct place_in){fields, list, i}, NULL, ASSAY_ID_RECORD,
               ids[i].hash);
    }
}

static void add_place(const struct place_in *in,
                      const struct assay_place *place)
{
    add_text(in, "url", place->url);
    add_id(in, "capture", ASSAY_ID_CAPTURE, place->capture.hash);
    last_added(in)->is_absent = !place->has_capture;
    add_text(in, "quote", place->exact);
    add_text(in, "prefix", place->prefix);
    add_text(in, "suffix", place->suffix);
}

static enum assay_err read_claim(const struct assay_record *record,
                                 struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};
    struct assay_claim claim;
    enum assay_err err = assay_claim_read(record->body, &claim, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    add_text(&in, "text", claim.text);
    add_text(&in, "lang", claim.lang);
    add_text(&in, "speaker", claim.speaker);
    add_text(&in, "said", claim.said);
    add_texts(fields, "topics", &claim.topics);
    add_list(fields, "places", CLI_FIELD_LIST);
    for (size_t i = 0; i < claim.place_count; i++) {
        add_place(&(struct place_in){fields, "places", i}, &claim.places[i]);
    }
    return ASSAY_OK;
}

static enum assay_err read_source(const struct assay_record *record,
                                  struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};
    struct assay_source source;
    enum assay_err err = assay_source_read(record->body, &source, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    add_word(&in, "stance", assay_stance_name(source.stance));
    add_place(&in, &source.place);
    add_text(&in, "note", source.note);
    return ASSAY_OK;
}

static enum assay_err read_verdict(const struct assay_record *record,
                                   struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};
    struct assay_verdict verdict;
    enum assay_err err = assay_verdict_read(record->body, &verdict, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    add_word(&in, "rating", assay_rating_name(verdict.rating));
    add_text(&in, "label", verdict.label);
    add_text(&in, "lang", verdict.lang);
    add_text(&in, "rationale", verdict.rationale);
    add_text(&in, "review_url", verdict.review_url);
    return ASSAY_OK;
}

static enum assay_err read_capture(const struct assay_record *record,
                                   struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};
    struct assay_capture capture;
    enum assay_err err = assay_capture_read(record->body, &capture, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    add_text(&in, "title", capture.title);
    add_text(&in, "author", capture.author);
    add_text(&in, "published", capture.published);
    add_text(&in, "url", capture.url);
    add_text(&in, "media_type", capture.media_type);
    add_number(&in, "size", capture.size);
    add_hash(&in, "sha256", capture.sha256);
    add(&in, "captured_at", CLI_FIELD_TIME)->number = capture.captured_at_s;
    last_added(&in)->is_absent = !capture.has_captured_at;
    add_text(&in, "tool", capture.tool);
    return ASSAY_OK;
}

static enum assay_err read_profile(const struct assay_record *record,
                                   struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};
    struct assay_profile profile;
    size_t count = 0;
    enum assay_err err = assay_profile_read(record->body, &profile, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    add_text(&in, "name", profile.name);
    add_text(&in, "url", profile.url);
    add_text(&in, "contact", profile.contact);
    add_number(&in, "signoffs", profile.signoffs);
    last_added(&in)->is_absent = !profile.has_signoffs;
    add_texts(fields, "langs", &profile.langs);
    add_list(fields, "words", CLI_FIELD_LIST);
    for (size_t i = 1; i <= ASSAY_RATING_COUNT; i++) {
        const struct place_in word = {fields, "words", count};

        if (profile.words[i].data != NULL) {
            add_word(&word, "rating", assay_rating_name((enum assay_rating)i));
            add_text(&word, "word", profile.words[i]);
            count++;
        }
    }
    return ASSAY_OK;
}

static const char *note_name(uint64_t kind)
{
    if (kind == ASSAY_KIND_MEMBER) {
        return "name";
    }
    return kind == ASSAY_KIND_CHALLENGE || kind == ASSAY_KIND_RETRACT ? "reason"
                                                                      : "note";
}

static enum assay_err read_note(const struct assay_record *record,
                                struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};
    const uint64_t kind = record->payload.kind;
    struct assay_note note;
    enum assay_err err = assay_note_read(kind, record->body, &note, NULL);

    if (err == ASSAY_OK) {
        add_text(&in, note_name(kind), note.text);
    }
    return err;
}

enum assay_err cli_fields_of_body(const struct assay_record *record,
                                  struct cli_fields *fields_out)
{
    enum assay_err err = assay_body_check(record, NULL);

    fields_out->count = 0;
    if (err != ASSAY_OK || !assay_kind_is_known(record->payload.kind)) {
        return err;
    }
    switch (record->payload.kind) {
    case ASSAY_KIND_FOUND:
    case ASSAY_KIND_PROFILE:
        return read_profile(record, fields_out);
    case ASSAY_KIND_CAPTURE:
        return read_capture(record, fields_out);
    case ASSAY_KIND_CLAIM:
        return read_claim(record, fields_out);
    case ASSAY_KIND_SOURCE:
        return read_source(record, fields_out);
    case ASSAY_KIND_VERDICT:
        return read_verdict(record, fields_out);
    default:
        return read_note(record, fields_out);
    }
}

static void add_grant(uint64_t kind, const struct assay_grant *grant,
                      struct cli_fields *fields)
{
    const struct place_in in = {fields, NULL, 0};

    if (kind == ASSAY_KIND_MEMBER) {
        add_id(&in, "key", ASSAY_ID_KEY, grant->key.bytes);
        add_word(&in, "role", assay_role_name(grant->role));
        add_number(&in, "signoffs", grant->signoffs);
        return;
    }
    if (kind == ASSAY_KIND_REVOKE) {
        add_id(&in, "ends", ASSAY_ID_RECORD, grant->target.hash);
    } else {
        add_hash(&in, "next_key_hash", grant->next_key_hash);
    }
    add_ids(fields, "last", grant->last, grant->last_count);
}

enum assay_err cli_fields_of_grant(const struct assay_record *record,
                                   struct cli_fields *fields_out)
{
    const uint64_t kind = record->payload.kind;
    struct assay_grant grant;
    enum assay_err err;

    fields_out->count = 0;
    if (!assay_kind_is_known(kind) || !assay_grant_is_required(kind)) {
        return ASSAY_OK;
    }
    err = assay_grant_read(kind, record->payload.grant, &grant, NULL);
    if (err == ASSAY_OK) {
        add_grant(kind, &grant, fields_out);
    }
    return err;
}

/* The names of the fields that say most, by how much. */
static const char *const gists[] = {"text",   "rationale", "title", "name",
                                    "reason", "quote",     "note",  "url"};

static struct assay_bytes find_gist(const struct cli_fields *fields)
{
    for (size_t i = 0; i < sizeof(gists) / sizeof(gists[0]); i++) {
        for (size_t j = 0; j < fields->count; j++) {
            const struct cli_field *field = &fields->items[j];

            if (field->list == NULL && field->type == CLI_FIELD_TEXT &&
                !field->is_absent && strcmp(field->name, gists[i]) == 0) {
                return field->text;
            }
        }
    }
    return ASSAY_BYTES_NONE;
}

struct assay_bytes cli_fields_gist(const struct assay_record *record)
{
    struct assay_bytes gist = ASSAY_BYTES_NONE;
    struct cli_fields *fields;

    if (record->body.data == NULL) {
        return gist;
    }
    fields = malloc(sizeof(*fields));
    if (fields != NULL && cli_fields_of_body(record, fields) == ASSAY_OK) {
        gist = find_gist(fields);
    }
    free(fields);
    return gist;
}
