/* SPDX-License-Identifier: Apache-2.0 */
#include "capture.h"

#include "fields.h"

enum {
    CAPTURE_URL = 1,
    CAPTURE_MEDIA_TYPE = 2,
    CAPTURE_SIZE = 3,
    CAPTURE_SHA256 = 4,
    CAPTURE_CAPTURED_AT = 5,
    CAPTURE_TOOL = 6,
    CAPTURE_TITLE = 7,
    CAPTURE_AUTHOR = 8,
    CAPTURE_PUBLISHED = 9
};

/* A restricted-name (RFC 6838 section 4.2) is this long at most. */
#define MEDIA_NAME_MAX 127

static bool is_alnum(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

static bool is_one_of(uint8_t byte, const char *set)
{
    return byte != 0 && strchr(set, byte) != NULL;
}

static uint8_t byte_at(struct assay_bytes text, size_t pos)
{
    return pos < text.len ? text.data[pos] : 0;
}

static void skip_blanks(struct assay_bytes text, size_t *pos)
{
    while (byte_at(text, *pos) == ' ' || byte_at(text, *pos) == '\t') {
        (*pos)++;
    }
}

/* RFC 6838 section 4.2: type and subtype. */
static bool skip_restricted_name(struct assay_bytes text, size_t *pos)
{
    size_t first = *pos;

    if (!is_alnum(byte_at(text, *pos))) {
        return false;
    }
    while (is_alnum(byte_at(text, *pos)) ||
           is_one_of(byte_at(text, *pos), "!#$&-^_.+")) {
        (*pos)++;
    }
    return *pos - first <= MEDIA_NAME_MAX;
}

/* RFC 9110 section 5.6.2. */
static bool skip_token(struct assay_bytes text, size_t *pos)
{
    size_t first = *pos;

    while (is_alnum(byte_at(text, *pos)) ||
           is_one_of(byte_at(text, *pos), "!#$%&'*+-.^_`|~")) {
        (*pos)++;
    }
    return *pos > first;
}

/* RFC 9110 section 5.6.4; pos stands at the opening quote. */
static bool skip_quoted(struct assay_bytes text, size_t *pos)
{
    (*pos)++;
    while (*pos < text.len && byte_at(text, *pos) != '"') {
        if (byte_at(text, *pos) == '\\') {
            (*pos)++;
        }
        if (byte_at(text, *pos) == '\n') {
            return false;
        }
        (*pos)++;
    }
    if (*pos >= text.len) {
        return false;
    }
    (*pos)++;
    return true;
}

/* RFC 9110 section 5.6.6, one parameter; pos stands at its semicolon. */
static bool skip_parameter(struct assay_bytes text, size_t *pos)
{
    (*pos)++;
    skip_blanks(text, pos);
    if (!skip_token(text, pos) || byte_at(text, *pos) != '=') {
        return false;
    }
    (*pos)++;
    if (byte_at(text, *pos) == '"') {
        return skip_quoted(text, pos);
    }
    return skip_token(text, pos);
}

static bool is_media_type(struct assay_bytes text)
{
    size_t pos = 0;

    if (!skip_restricted_name(text, &pos) || byte_at(text, pos) != '/') {
        return false;
    }
    pos++;
    if (!skip_restricted_name(text, &pos)) {
        return false;
    }
    while (pos < text.len) {
        skip_blanks(text, &pos);
        if (byte_at(text, pos) != ';' || !skip_parameter(text, &pos)) {
            return false;
        }
    }
    return true;
}

static struct assay_bytes read_media_type(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    struct assay_bytes type = assay_field_text(reader, ASSAY_NAME_MAX);

    /* RECORDS 5.1: "A media type MUST have the form of RFC 6838,
     * type/subtype, with parameters as in RFC 9110 behind it or none." */
    if (reader->err == ASSAY_OK && !is_media_type(type)) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a media type is type/subtype, then parameters");
    }
    return type;
}

/* Which of the two required numbers, that no value stands for absence of,
 * were read. */
struct capture_seen {
    bool size;
    bool sha256;
};

static void read_field(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_capture *capture, struct capture_seen *seen)
{
    switch (key) {
    case CAPTURE_URL:
        capture->url = assay_field_url(reader);
        break;
    case CAPTURE_MEDIA_TYPE:
        capture->media_type = read_media_type(reader);
        break;
    case CAPTURE_SIZE:
        seen->size = true;
        capture->size = assay_field_number(reader, ASSAY_NUMBER_MAX,
                                           "a size is 2^53 - 1 at most");
        break;
    case CAPTURE_SHA256:
        seen->sha256 = true;
        assay_cbor_read_fixed(reader, capture->sha256, ASSAY_HASH_SIZE);
        break;
    case CAPTURE_CAPTURED_AT:
        capture->has_captured_at = true;
        capture->captured_at_s = assay_field_number(
            reader, ASSAY_NUMBER_MAX, "captured-at is 2^53 - 1 at most");
        break;
    case CAPTURE_TOOL:
        capture->tool = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case CAPTURE_TITLE:
        capture->title = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case CAPTURE_AUTHOR:
        capture->author = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case CAPTURE_PUBLISHED:
        capture->published = assay_field_date(reader);
        break;
    default:
        (void)assay_cbor_skip(reader);
        break;
    }
}

enum assay_err assay_capture_read(struct assay_bytes body,
                                  struct assay_capture *out,
                                  struct assay_fault *fault_out)
{
    struct assay_capture capture;
    struct capture_seen seen = {false, false};
    struct assay_cbor_reader reader;
    struct assay_cbor_map map;
    uint64_t key = 0;

    memset(&capture, 0, sizeof(capture));
    assay_field_begin(&reader, &map, body);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        read_field(&reader, key, &capture, &seen);
    }
    assay_field_require(&reader, capture.media_type.data != NULL,
                        "a capture has a media type");
    assay_field_require(&reader, seen.size, "a capture has a size");
    assay_field_require(&reader, seen.sha256, "a capture has a SHA-256");

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *out = capture;
    }
    return err;
}

void assay_capture_write(const struct assay_capture *capture,
                         const uint8_t salt[ASSAY_SALT_SIZE],
                         struct assay_cbor_writer *writer)
{
    assay_field_write_begin(writer,
                            2 + assay_field_given(capture->url) +
                                assay_field_given(capture->media_type) +
                                (capture->has_captured_at ? 1U : 0U) +
                                assay_field_given(capture->tool) +
                                assay_field_given(capture->title) +
                                assay_field_given(capture->author) +
                                assay_field_given(capture->published),
                            salt);
    assay_field_write_text(writer, CAPTURE_URL, capture->url);
    assay_field_write_text(writer, CAPTURE_MEDIA_TYPE, capture->media_type);
    assay_cbor_write_uint(writer, CAPTURE_SIZE);
    assay_cbor_write_uint(writer, capture->size);
    assay_cbor_write_uint(writer, CAPTURE_SHA256);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){capture->sha256, ASSAY_HASH_SIZE});
    if (capture->has_captured_at) {
        assay_cbor_write_uint(writer, CAPTURE_CAPTURED_AT);
        assay_cbor_write_uint(writer, capture->captured_at_s);
    }
    assay_field_write_text(writer, CAPTURE_TOOL, capture->tool);
    assay_field_write_text(writer, CAPTURE_TITLE, capture->title);
    assay_field_write_text(writer, CAPTURE_AUTHOR, capture->author);
    assay_field_write_text(writer, CAPTURE_PUBLISHED, capture->published);
}

static uint8_t to_lower(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return (uint8_t)(byte - 'A' + 'a');
    }
    return byte;
}

/* Whether text, of any case, has part, in lower case, at that offset. */
static bool has_at(struct assay_bytes text, size_t offset, const char *part)
{
    size_t len = strlen(part);

    if (offset > text.len || len > text.len - offset) {
        return false;
    }
    for (size_t index = 0; index < len; index++) {
        if (to_lower(text.data[offset + index]) != (uint8_t)part[index]) {
            return false;
        }
    }
    return true;
}

static bool ends_with(struct assay_bytes text, const char *part)
{
    size_t len = strlen(part);

    return len <= text.len && has_at(text, text.len - len, part);
}

bool assay_capture_is_text(struct assay_bytes media_type)
{
    struct assay_bytes name = {media_type.data, 0};

    while (name.len < media_type.len &&
           !is_one_of(media_type.data[name.len], "; \t")) {
        name.len++;
    }
    return has_at(name, 0, "text/") || ends_with(name, "/json") ||
           ends_with(name, "/xml") || ends_with(name, "+json") ||
           ends_with(name, "+xml");
}
