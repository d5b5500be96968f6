/* SPDX-License-Identifier: Apache-2.0 */
#include "record_json.h"

#include "protocol/check.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"
#include "protocol/kinds/verdict.h"

#include <sodium.h>

static json_t *hex_of(struct assay_bytes bytes)
{
    static char hex[2 * ASSAY_ITEM_MAX + 1];

    ASSAY_CHECK(bytes.len <= ASSAY_ITEM_MAX);
    (void)sodium_bin2hex(hex, sizeof(hex), bytes.data, bytes.len);
    return json_string(hex);
}

static json_t *hash_of(const uint8_t *bytes)
{
    return hex_of((struct assay_bytes){bytes, ASSAY_HASH_SIZE});
}

static void set(json_t *object, const char *name, json_t *value)
{
    ASSAY_CHECK(json_object_set_new(object, name, value) == 0);
}

static json_t *text_of(struct assay_bytes text)
{
    return json_stringn((const char *)text.data, text.len);
}

static void set_text(json_t *object, const char *name, struct assay_bytes text)
{
    if (text.data != NULL) {
        set(object, name, text_of(text));
    }
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    set(object, name, json_integer((json_int_t)number));
}

static void set_list(json_t *object, const char *name,
                     const struct assay_text_list *list)
{
    json_t *array = json_array();

    for (size_t index = 0; index < list->count; index++) {
        ASSAY_CHECK(json_array_append_new(array, text_of(list->items[index])) ==
                    0);
    }
    if (list->count > 0) {
        set(object, name, array);
    } else {
        json_decref(array);
    }
}

static json_t *ids_of(const struct assay_id *ids, size_t count)
{
    json_t *array = json_array();

    for (size_t index = 0; index < count; index++) {
        ASSAY_CHECK(json_array_append_new(array, hash_of(ids[index].hash)) ==
                    0);
    }
    return array;
}

static void set_place(json_t *object, const struct assay_place *place)
{
    set_text(object, "url", place->url);
    if (place->has_capture) {
        set(object, "capture", hash_of(place->capture.hash));
    }
    set_text(object, "exact", place->exact);
    set_text(object, "prefix", place->prefix);
    set_text(object, "suffix", place->suffix);
}

static void set_profile(json_t *object, struct assay_bytes body)
{
    struct assay_profile profile;
    json_t *ratings = json_object();

    ASSAY_CHECK(assay_profile_read(body, &profile, NULL) == ASSAY_OK);
    set_text(object, "name", profile.name);
    set_text(object, "url", profile.url);
    set_list(object, "langs", &profile.langs);
    set_text(object, "contact", profile.contact);
    for (unsigned rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        set_text(ratings, assay_rating_name((enum assay_rating)rating),
                 profile.words[rating]);
    }
    if (json_object_size(ratings) > 0) {
        set(object, "words", json_incref(ratings));
    }
    json_decref(ratings);
    if (profile.has_signoffs) {
        set_number(object, "signoffs", profile.signoffs);
    }
}

static void set_capture(json_t *object, struct assay_bytes body)
{
    struct assay_capture capture;

    ASSAY_CHECK(assay_capture_read(body, &capture, NULL) == ASSAY_OK);
    set_text(object, "url", capture.url);
    set_text(object, "media-type", capture.media_type);
    set_number(object, "size", capture.size);
    set(object, "sha256", hash_of(capture.sha256));
    if (capture.has_captured_at) {
        set_number(object, "captured-at", capture.captured_at_s);
    }
    set_text(object, "tool", capture.tool);
    set_text(object, "title", capture.title);
    set_text(object, "author", capture.author);
    set_text(object, "published", capture.published);
}

static void set_claim(json_t *object, struct assay_bytes body)
{
    static struct assay_claim claim;
    json_t *places = json_array();

    ASSAY_CHECK(assay_claim_read(body, &claim, NULL) == ASSAY_OK);
    set_text(object, "text", claim.text);
    set_text(object, "lang", claim.lang);
    set_text(object, "speaker", claim.speaker);
    set_text(object, "said", claim.said);
    set_list(object, "topics", &claim.topics);
    for (size_t index = 0; index < claim.place_count; index++) {
        json_t *place = json_object();

        set_place(place, &claim.places[index]);
        ASSAY_CHECK(json_array_append_new(places, place) == 0);
    }
    if (claim.place_count > 0) {
        set(object, "places", json_incref(places));
    }
    json_decref(places);
}

static void set_source(json_t *object, struct assay_bytes body)
{
    struct assay_source source;

    ASSAY_CHECK(assay_source_read(body, &source, NULL) == ASSAY_OK);
    set_place(object, &source.place);
    set(object, "stance", json_string(assay_stance_name(source.stance)));
    set_text(object, "note", source.note);
}

static void set_verdict(json_t *object, struct assay_bytes body)
{
    struct assay_verdict verdict;

    ASSAY_CHECK(assay_verdict_read(body, &verdict, NULL) == ASSAY_OK);
    set(object, "rating", json_string(assay_rating_name(verdict.rating)));
    set_text(object, "label", verdict.label);
    set_text(object, "lang", verdict.lang);
    set_text(object, "rationale", verdict.rationale);
    set_text(object, "review-url", verdict.review_url);
}

static void set_note(json_t *object, uint64_t kind, struct assay_bytes body)
{
    struct assay_note note;

    ASSAY_CHECK(assay_note_read(kind, body, &note, NULL) == ASSAY_OK);
    set_text(object, kind == ASSAY_KIND_MEMBER ? "name" : "text", note.text);
}

static json_t *body_of(const struct assay_record *record)
{
    json_t *object = json_object();

    switch (record->payload.kind) {
    case ASSAY_KIND_FOUND:
    case ASSAY_KIND_PROFILE:
        set_profile(object, record->body);
        break;
    case ASSAY_KIND_CAPTURE:
        set_capture(object, record->body);
        break;
    case ASSAY_KIND_CLAIM:
        set_claim(object, record->body);
        break;
    case ASSAY_KIND_SOURCE:
        set_source(object, record->body);
        break;
    case ASSAY_KIND_VERDICT:
        set_verdict(object, record->body);
        break;
    default:
        set_note(object, record->payload.kind, record->body);
        break;
    }
    return object;
}

static json_t *grant_of(const struct assay_payload *payload)
{
    struct assay_grant grant;
    json_t *object = json_object();

    ASSAY_CHECK(assay_grant_read(payload->kind, payload->grant, &grant, NULL) ==
                ASSAY_OK);
    if (payload->kind == ASSAY_KIND_MEMBER) {
        set(object, "key", hash_of(grant.key.bytes));
        set(object, "role", json_string(assay_role_name(grant.role)));
        set_number(object, "signoffs", grant.signoffs);
        return object;
    }
    if (payload->kind == ASSAY_KIND_REVOKE) {
        set(object, "grant", hash_of(grant.target.hash));
    } else {
        set(object, "next-key-hash", hash_of(grant.next_key_hash));
    }
    if (payload->kind != ASSAY_KIND_FOUND) {
        set(object, "last", ids_of(grant.last, grant.last_count));
    }
    return object;
}

static json_t *about_of(const struct assay_payload *payload)
{
    json_t *array = json_array();

    for (size_t index = 0; index < payload->about_count; index++) {
        json_t *entry = json_array();

        ASSAY_CHECK(json_array_append_new(
                        entry, json_string(assay_relation_name(
                                   payload->about[index].relation))) == 0);
        ASSAY_CHECK(json_array_append_new(
                        entry, hash_of(payload->about[index].id.hash)) == 0);
        ASSAY_CHECK(json_array_append_new(array, entry) == 0);
    }
    return array;
}

json_t *record_json_of(const struct assay_record *record)
{
    static uint8_t space[ASSAY_ITEM_MAX];
    const struct assay_payload *payload = &record->payload;
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_bytes item;
    json_t *object = json_object();

    ASSAY_CHECK(assay_record_join(record->envelope, record->body, space,
                                  sizeof(space), &item) == ASSAY_OK);
    assay_id_format(assay_id_type_of_kind(payload->kind), record->id.hash,
                    text);
    set(object, "item", hex_of(item));
    set(object, "id", hash_of(record->id.hash));
    set(object, "text", json_string(text));
    set(object, "key", hash_of(record->key.bytes));
    set(object, "kind", json_string(assay_kind_name(payload->kind)));
    set(object, "auth", hash_of(payload->auth.hash));
    set_number(object, "seq", payload->seq);
    set(object, "prev", ids_of(payload->prev, payload->prev_count));
    set_number(object, "time", payload->time_s);
    set(object, "body-hash", hash_of(payload->body_hash));
    if (payload->grant.data != NULL) {
        set(object, "grant", grant_of(payload));
    }
    if (payload->about_count > 0) {
        set(object, "about", about_of(payload));
    }
    set(object, "body", body_of(record));
    return object;
}

json_t *sample_json_of(const struct sample *sample)
{
    json_t *object = record_json_of(&sample->record);

    set(object, "seed", hash_of(sample->secret));
    return object;
}
