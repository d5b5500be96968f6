/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include "protocol/cbor.h"
#include "protocol/limits.h"
#include "protocol/text.h"

#include <inttypes.h>

#define INDENT 2

/* Unknown items nest this deep; what a record has around them adds less. */
#define DEPTH_MAX (2 * ASSAY_CBOR_DEPTH_MAX)

/* An array or map that is being written. */
struct level {
    size_t left; /* Items that are still to come; a pair is two. */
    bool is_map;
    bool is_key_next;
    bool is_first;
};

struct diag {
    struct assay_cbor_reader reader;
    struct level levels[DEPTH_MAX];
    size_t depth;
    size_t indent;
    FILE *out;
};

static void new_line(const struct diag *diag)
{
    (void)fprintf(diag->out, "\n%*s",
                  (int)(INDENT * (diag->indent + diag->depth)), "");
}

static void write_hex(struct assay_bytes bytes, FILE *out)
{
    (void)fputs("h'", out);
    for (size_t i = 0; i < bytes.len; i++) {
        (void)fprintf(out, "%02x", (unsigned)bytes.data[i]);
    }
    (void)fputc('\'', out);
}

static void write_char(uint32_t code_point, FILE *out)
{
    const uint32_t beyond_bmp = 0x10000;

    if (code_point == '"' || code_point == '\\') {
        (void)fprintf(out, "\\%c", (int)code_point);
    } else if (code_point >= ' ' && code_point <= '~') {
        (void)fputc((int)code_point, out);
    } else if (code_point < beyond_bmp) {
        (void)fprintf(out, "\\u%04" PRIx32, code_point);
    } else {
        (void)fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32,
                      0xd800 + ((code_point - beyond_bmp) >> 10),
                      0xdc00 + ((code_point - beyond_bmp) & 0x3ff));
    }
}

static void write_text(struct assay_bytes text, FILE *out)
{
    size_t pos = 0;

    (void)fputc('"', out);
    while (pos < text.len) {
        write_char(assay_text_next(text, &pos), out);
    }
    (void)fputc('"', out);
}

/* Begins an array or a map; an empty one is whole at once. */
static void begin_level(struct diag *diag, bool is_map)
{
    struct assay_cbor_reader *reader = &diag->reader;
    size_t count = is_map
                       ? assay_cbor_read_map(reader, ASSAY_RECORD_MAX).left * 2
                       : assay_cbor_read_array(reader, ASSAY_RECORD_MAX);

    if (count == 0) {
        (void)fputs(is_map ? "{}" : "[]", diag->out);
        return;
    }
    if (diag->depth == DEPTH_MAX) {
        assay_cbor_fail(reader, ASSAY_E_LIMIT, "items nest too deep");
        return;
    }
    (void)fputc(is_map ? '{' : '[', diag->out);
    diag->levels[diag->depth++] = (struct level){count, is_map, is_map, true};
}

/* Writes what stands before the next item: a comma, a colon, a new line. */
static void write_before(struct diag *diag)
{
    struct level *level;

    if (diag->depth == 0) {
        return;
    }
    level = &diag->levels[diag->depth - 1];
    level->left--;
    if (level->is_map && !level->is_key_next) {
        (void)fputs(": ", diag->out);
        level->is_key_next = true;
        return;
    }
    if (!level->is_first) {
        (void)fputc(',', diag->out);
    }
    level->is_first = false;
    level->is_key_next = false;
    new_line(diag);
}

/* Ends what is complete. */
static void end_levels(struct diag *diag)
{
    while (diag->depth > 0 && diag->levels[diag->depth - 1].left == 0) {
        bool is_map = diag->levels[diag->depth - 1].is_map;

        diag->depth--;
        new_line(diag);
        (void)fputc(is_map ? '}' : ']', diag->out);
    }
}

static void write_item(struct diag *diag)
{
    struct assay_cbor_reader *reader = &diag->reader;

    switch (assay_cbor_peek(reader)) {
    case ASSAY_CBOR_UINT:
        (void)fprintf(diag->out, "%" PRIu64, assay_cbor_read_uint(reader));
        break;
    case ASSAY_CBOR_NEGINT:
        (void)fprintf(diag->out, "%" PRId64, assay_cbor_read_int(reader));
        break;
    case ASSAY_CBOR_BYTES:
        write_hex(assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX), diag->out);
        break;
    case ASSAY_CBOR_TEXT:
        write_text(assay_cbor_read_text(reader, ASSAY_RECORD_MAX), diag->out);
        break;
    case ASSAY_CBOR_ARRAY:
    case ASSAY_CBOR_MAP:
        begin_level(diag, assay_cbor_peek(reader) == ASSAY_CBOR_MAP);
        break;
    case ASSAY_CBOR_BOOL:
        (void)fputs(assay_cbor_read_bool(reader) ? "true" : "false", diag->out);
        break;
    case ASSAY_CBOR_NULL:
        assay_cbor_read_null(reader);
        (void)fputs("null", diag->out);
        break;
    case ASSAY_CBOR_TAG:
    case ASSAY_CBOR_NOTHING:
    case ASSAY_CBOR_OTHER:
        (void)assay_cbor_skip(reader);
        break;
    }
}

enum assay_err cli_diag_item(struct assay_bytes item, size_t indent, FILE *out)
{
    struct diag diag = {.out = out, .indent = indent};

    assay_cbor_reader_init(&diag.reader, item);
    do {
        write_before(&diag);
        write_item(&diag);
        end_levels(&diag);
    } while (diag.depth > 0 && diag.reader.err == ASSAY_OK);
    return assay_cbor_reader_finish(&diag.reader, NULL);
}

/* A byte string that holds CBOR. */
static enum assay_err write_embedded(struct assay_cbor_reader *reader,
                                     FILE *out)
{
    struct assay_bytes bytes = assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX);
    enum assay_err err = reader->err;

    if (err != ASSAY_OK) {
        return err;
    }
    (void)fputs("    << ", out);
    err = cli_diag_item(bytes, 2, out);
    (void)fputs(" >>,\n", out);
    return err;
}

static enum assay_err write_envelope(struct assay_bytes envelope, FILE *out)
{
    const size_t part_count = 4;
    struct assay_cbor_reader reader;
    enum assay_err err;

    assay_cbor_reader_init(&reader, envelope);
    (void)fprintf(out, "  %" PRIu64 "([\n", assay_cbor_read_tag(&reader));
    (void)assay_cbor_read_array(&reader, part_count);
    err = write_embedded(&reader, out);
    if (err != ASSAY_OK) {
        return err;
    }
    (void)assay_cbor_read_map(&reader, 0);
    (void)fputs("    {},\n", out);
    err = write_embedded(&reader, out);
    if (err != ASSAY_OK) {
        return err;
    }
    (void)fputs("    ", out);
    write_hex(assay_cbor_read_bytes(&reader, ASSAY_SIGNATURE_SIZE), out);
    (void)fputs("\n  ])", out);
    return assay_cbor_reader_finish(&reader, NULL);
}

enum assay_err cli_diag_record(struct assay_bytes envelope,
                               struct assay_bytes body, FILE *out)
{
    enum assay_err err;

    (void)fputs("[\n", out);
    err = write_envelope(envelope, out);
    if (err != ASSAY_OK) {
        return err;
    }
    (void)fputs(",\n  ", out);
    if (body.data == NULL) {
        (void)fputs("null", out);
    } else {
        err = cli_diag_item(body, 1, out);
    }
    (void)fputs("\n]\n", out);
    return err;
}
