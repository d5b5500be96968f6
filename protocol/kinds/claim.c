/* SPDX-License-Identifier: Apache-2.0 */
#include "claim.h"

#include "../check.h"
#include "fields.h"

enum {
    CLAIM_TEXT = 1,
    CLAIM_LANG = 2,
    CLAIM_SPEAKER = 3,
    CLAIM_SAID = 4,
    CLAIM_TOPICS = 5,
    CLAIM_PLACES = 6
};

static bool list_has(const struct assay_text_list *list, size_t count,
                     struct assay_bytes text)
{
    for (size_t index = 0; index < count; index++) {
        if (assay_bytes_equal(list->items[index], text)) {
            return true;
        }
    }
    return false;
}

static void read_topics(struct assay_cbor_reader *reader,
                        struct assay_text_list *topics)
{
    topics->count = assay_cbor_read_array(reader, ASSAY_LIST_MAX);
    for (size_t index = 0; index < topics->count; index++) {
        size_t at = reader->pos;

        topics->items[index] = assay_field_text(reader, ASSAY_NAME_MAX);
        /* RECORDS 6.2: "The topics of a claim MUST be unique." */
        if (list_has(topics, index, topics->items[index])) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "a topic is named once");
        }
    }
}

static void read_place(struct assay_cbor_reader *reader,
                       struct assay_place *place)
{
    struct assay_cbor_map map = assay_cbor_read_map(reader, ASSAY_RECORD_MAX);
    uint64_t key = 0;

    while (assay_cbor_next_key(reader, &map, &key)) {
        if (!assay_field_place(reader, key, place)) {
            /* RECORDS 5.1: "Unknown keys of a body, and of a place in it,
             * MUST be kept and passed over." */
            (void)assay_cbor_skip(reader);
        }
    }
    assay_field_place_end(reader, place);
}

static void read_places(struct assay_cbor_reader *reader,
                        struct assay_claim *claim)
{
    claim->place_count = assay_cbor_read_array(reader, ASSAY_LIST_MAX);
    for (size_t index = 0; index < claim->place_count; index++) {
        read_place(reader, &claim->places[index]);
    }
}

static void read_field(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_claim *claim)
{
    switch (key) {
    case CLAIM_TEXT:
        claim->text = assay_field_text(reader, ASSAY_TEXT_MAX);
        break;
    case CLAIM_LANG:
        claim->lang = assay_field_lang(reader);
        break;
    case CLAIM_SPEAKER:
        claim->speaker = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case CLAIM_SAID:
        claim->said = assay_field_date(reader);
        break;
    case CLAIM_TOPICS:
        read_topics(reader, &claim->topics);
        break;
    case CLAIM_PLACES:
        read_places(reader, claim);
        break;
    default:
        (void)assay_cbor_skip(reader);
        break;
    }
}

enum assay_err assay_claim_read(struct assay_bytes body,
                                struct assay_claim *out,
                                struct assay_fault *fault_out)
{
    struct assay_claim claim;
    struct assay_cbor_reader reader;
    struct assay_cbor_map map;
    uint64_t key = 0;

    memset(&claim, 0, sizeof(claim));
    assay_field_begin(&reader, &map, body);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        read_field(&reader, key, &claim);
    }
    assay_field_require(&reader, claim.text.data != NULL, "a claim has a text");

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *out = claim;
    }
    return err;
}

static void write_places(struct assay_cbor_writer *writer,
                         const struct assay_claim *claim)
{
    if (claim->place_count == 0) {
        return;
    }
    assay_cbor_write_uint(writer, CLAIM_PLACES);
    assay_cbor_write_array(writer, claim->place_count);
    for (size_t index = 0; index < claim->place_count; index++) {
        const struct assay_place *place = &claim->places[index];

        assay_cbor_write_map(writer, assay_field_place_count(place));
        assay_field_write_place(writer, place);
    }
}

void assay_claim_write(const struct assay_claim *claim,
                       const uint8_t salt[ASSAY_SALT_SIZE],
                       struct assay_cbor_writer *writer)
{
    ASSAY_CHECK(claim->place_count <= ASSAY_LIST_MAX);
    assay_field_write_begin(
        writer,
        assay_field_given(claim->text) + assay_field_given(claim->lang) +
            assay_field_given(claim->speaker) + assay_field_given(claim->said) +
            (claim->topics.count > 0 ? 1U : 0U) +
            (claim->place_count > 0 ? 1U : 0U),
        salt);
    assay_field_write_text(writer, CLAIM_TEXT, claim->text);
    assay_field_write_text(writer, CLAIM_LANG, claim->lang);
    assay_field_write_text(writer, CLAIM_SPEAKER, claim->speaker);
    assay_field_write_text(writer, CLAIM_SAID, claim->said);
    assay_field_write_list(writer, CLAIM_TOPICS, &claim->topics);
    write_places(writer, claim);
}
