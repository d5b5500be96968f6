/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

#include "../check.h"
#include "../text.h"

/* The longest date that text.h allows; longer ones are refused unread. */
#define DATE_MAX 32

/* The keys of a place. */
enum {
    PLACE_URL = 1,
    PLACE_CAPTURE = 2,
    PLACE_EXACT = 3,
    PLACE_PREFIX = 4,
    PLACE_SUFFIX = 5
};

void assay_field_begin(struct assay_cbor_reader *reader,
                       struct assay_cbor_map *map, struct assay_bytes body)
{
    uint8_t salt[ASSAY_SALT_SIZE];
    uint64_t key = 0;

    assay_cbor_reader_init(reader, body);
    *map = assay_cbor_read_map(reader, ASSAY_RECORD_MAX);
    size_t at = reader->pos;
    /* RECORDS 5.1: "A body MUST have 16 random bytes, its salt, under key
     * 0." */
    if (!assay_cbor_next_key(reader, map, &key) || key != 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a body has a salt under key 0");
    }
    assay_cbor_read_fixed(reader, salt, sizeof(salt));
}

void assay_field_require(struct assay_cbor_reader *reader, bool is_there,
                         const char *rule)
{
    if (!is_there) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED, rule);
    }
}

struct assay_bytes assay_field_text(struct assay_cbor_reader *reader,
                                    size_t len_max)
{
    size_t at = reader->pos;
    struct assay_bytes text = assay_cbor_read_text(reader, len_max);

    /* RECORDS 5.1: "A text that is empty MUST be left out." */
    if (reader->err == ASSAY_OK && text.len == 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a text is left out where it is empty");
    }
    return text;
}

struct assay_bytes assay_field_url(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    struct assay_bytes url = assay_field_text(reader, ASSAY_URL_MAX);

    /* RECORDS 5.1: "A URL MUST begin with http:// or https://, have a host
     * and hold only what RFC 3986 allows." */
    if (reader->err == ASSAY_OK && !assay_text_is_url(url)) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a URL is http or https and has a host");
    }
    return url;
}

struct assay_bytes assay_field_lang(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    struct assay_bytes tag = assay_field_text(reader, ASSAY_NAME_MAX);

    /* RECORDS 5.1: "A language MUST look like a tag of BCP 47" */
    if (reader->err == ASSAY_OK && !assay_text_is_lang(tag)) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a language is a BCP 47 tag");
    }
    return tag;
}

struct assay_bytes assay_field_date(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    struct assay_bytes date = assay_field_text(reader, DATE_MAX);

    /* RECORDS 5.1: "A date MUST be YYYY, YYYY-MM, YYYY-MM-DD or
     * YYYY-MM-DDThh:mm:ssZ, and exist in the calendar." */
    if (reader->err == ASSAY_OK && !assay_text_is_date(date)) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a date is YYYY, YYYY-MM, YYYY-MM-DD or "
                           "YYYY-MM-DDThh:mm:ssZ");
    }
    return date;
}

uint64_t assay_field_number(struct assay_cbor_reader *reader, uint64_t max,
                            const char *rule)
{
    size_t at = reader->pos;
    uint64_t number = assay_cbor_read_uint(reader);

    if (number > max) {
        assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT, rule);
        return 0;
    }
    return number;
}

bool assay_field_place(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_place *place)
{
    switch (key) {
    case PLACE_URL:
        place->url = assay_field_url(reader);
        return true;
    case PLACE_CAPTURE:
        place->has_capture = true;
        assay_cbor_read_fixed(reader, place->capture.hash, ASSAY_ID_SIZE);
        return true;
    case PLACE_EXACT:
        place->exact = assay_field_text(reader, ASSAY_TEXT_MAX);
        return true;
    case PLACE_PREFIX:
        place->prefix = assay_field_text(reader, ASSAY_TEXT_MAX);
        return true;
    case PLACE_SUFFIX:
        place->suffix = assay_field_text(reader, ASSAY_TEXT_MAX);
        return true;
    default:
        return false;
    }
}

void assay_field_place_end(struct assay_cbor_reader *reader,
                           const struct assay_place *place)
{
    /* RECORDS 5.3: "A place MUST have a url or a capture." */
    assay_field_require(reader, place->url.data != NULL || place->has_capture,
                        "a place has a URL or a capture");
    /* RECORDS 5.3: "A place MUST NOT have a prefix or suffix without exact." */
    assay_field_require(
        reader,
        place->exact.data != NULL ||
            (place->prefix.data == NULL && place->suffix.data == NULL),
        "a prefix or suffix stands beside an exact quote");
}

size_t assay_field_place_count(const struct assay_place *place)
{
    return assay_field_given(place->url) + (place->has_capture ? 1U : 0U) +
           assay_field_given(place->exact) + assay_field_given(place->prefix) +
           assay_field_given(place->suffix);
}

void assay_field_write_place(struct assay_cbor_writer *writer,
                             const struct assay_place *place)
{
    assay_field_write_text(writer, PLACE_URL, place->url);
    if (place->has_capture) {
        assay_cbor_write_uint(writer, PLACE_CAPTURE);
        assay_cbor_write_bytes(
            writer, (struct assay_bytes){place->capture.hash, ASSAY_ID_SIZE});
    }
    assay_field_write_text(writer, PLACE_EXACT, place->exact);
    assay_field_write_text(writer, PLACE_PREFIX, place->prefix);
    assay_field_write_text(writer, PLACE_SUFFIX, place->suffix);
}

void assay_field_write_begin(struct assay_cbor_writer *writer, size_t count,
                             const uint8_t salt[ASSAY_SALT_SIZE])
{
    assay_cbor_write_map(writer, count + 1);
    assay_cbor_write_uint(writer, 0);
    assay_cbor_write_bytes(writer, (struct assay_bytes){salt, ASSAY_SALT_SIZE});
}

void assay_field_write_text(struct assay_cbor_writer *writer, uint64_t key,
                            struct assay_bytes text)
{
    if (text.data != NULL) {
        assay_cbor_write_uint(writer, key);
        assay_cbor_write_text(writer, text);
    }
}

void assay_field_write_list(struct assay_cbor_writer *writer, uint64_t key,
                            const struct assay_text_list *list)
{
    ASSAY_CHECK(list->count <= ASSAY_LIST_MAX);
    if (list->count == 0) {
        return;
    }
    assay_cbor_write_uint(writer, key);
    assay_cbor_write_array(writer, list->count);
    for (size_t index = 0; index < list->count; index++) {
        assay_cbor_write_text(writer, list->items[index]);
    }
}
