/* SPDX-License-Identifier: Apache-2.0 */
#include "record_text.h"

#include "fields.h"
#include "render_tree.h"
#include "words.h"

#include <inttypes.h>
#include <sodium/utils.h>
#include <stdlib.h>

/* Data characters of an id that make it whole. */
#define WHOLE 64

/* Characters of a text that a list shows: most of a line. */
#define GIST_CHARS 72

static void put_id(struct cli_term *term, enum assay_id_type type,
                   const uint8_t *bytes)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(type, bytes, text);
    cli_put(term, CLI_PLAIN, text);
}

/* An id with the prefix that its record has, where that is held. */
static void put_id_of(struct cli_term *term, struct store_view *view,
                      const struct assay_id *id)
{
    struct store_row row;

    if (store_view_by_id(view, id, &row) == ASSAY_OK) {
        put_id(term, assay_id_type_of_kind(row.record.payload.kind), id->hash);
    } else {
        put_id(term, ASSAY_ID_RECORD, id->hash);
        cli_put(term, CLI_WARN, " (not held here)");
    }
}

static void put_time(struct cli_term *term, uint64_t time_s)
{
    char text[CLI_TIME_MAX];

    cli_time_words(time_s, text);
    cli_put(term, CLI_PLAIN, text);
}

/* A label of our own: underscores of a field's name become blanks. */
static void put_label(struct cli_term *term, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        cli_putf(term, CLI_DIM, "%c", *at == '_' ? ' ' : *at);
    }
    cli_put(term, CLI_DIM, ": ");
}

static void put_value(struct cli_term *term, const struct cli_field *field)
{
    char hex[2 * ASSAY_HASH_SIZE + 1];

    switch (field->type) {
    case CLI_FIELD_TEXT:
        cli_put(term, CLI_PLAIN, "\u201c");
        cli_put_text(term, CLI_PLAIN, field->text, CLI_TEXT);
        cli_put(term, CLI_PLAIN, "\u201d");
        break;
    case CLI_FIELD_WORD:
        cli_put(term, CLI_BOLD, field->word);
        break;
    case CLI_FIELD_NUMBER:
        cli_putf(term, CLI_PLAIN, "%" PRIu64, field->number);
        break;
    case CLI_FIELD_TIME:
        put_time(term, field->number);
        break;
    case CLI_FIELD_HASH:
        cli_put(
            term, CLI_PLAIN,
            sodium_bin2hex(hex, sizeof(hex), field->bytes, ASSAY_HASH_SIZE));
        break;
    case CLI_FIELD_ID:
        put_id(term, field->id_type, field->bytes);
        break;
    case CLI_FIELD_LIST:
    case CLI_FIELD_IDS:
        break;
    }
}

/* Whether there is something to show; a list shows its entries. */
static bool is_shown(const struct cli_field *field)
{
    return !field->is_absent && field->type != CLI_FIELD_LIST &&
           field->type != CLI_FIELD_IDS;
}

static size_t count_shown(const struct cli_fields *fields)
{
    size_t count = 0;

    for (size_t i = 0; i < fields->count; i++) {
        count += is_shown(&fields->items[i]) ? 1U : 0U;
    }
    return count;
}

/* A node a field, so that no line of a text can pass for one of ours. */
static void write_fields(struct cli_term *term, const struct cli_fields *fields)
{
    size_t left = count_shown(fields);

    for (size_t i = 0; i < fields->count; i++) {
        const struct cli_field *field = &fields->items[i];

        if (!is_shown(field)) {
            continue;
        }
        cli_node_begin(term, --left == 0);
        if (field->list != NULL) {
            cli_putf(term, CLI_DIM, "%s %zu", field->list, field->index + 1);
            cli_put(term, CLI_DIM, field->name != NULL ? " " : ": ");
        }
        if (field->name != NULL) {
            put_label(term, field->name);
        }
        put_value(term, field);
        cli_end(term);
        cli_node_end(term);
    }
}

static enum assay_err write_said(struct cli_term *term,
                                 const struct assay_record *record)
{
    struct cli_fields *fields = malloc(sizeof(*fields));

    if (fields == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (cli_fields_of_grant(record, fields) == ASSAY_OK &&
        count_shown(fields) > 0) {
        cli_gap_line(term);
        cli_put(term, CLI_BOLD, "What it grants or ends");
        cli_end(term);
        write_fields(term, fields);
    }
    if (record->body.data != NULL &&
        cli_fields_of_body(record, fields) == ASSAY_OK &&
        count_shown(fields) > 0) {
        cli_gap_line(term);
        cli_put(term, CLI_BOLD, "What it says");
        cli_end(term);
        write_fields(term, fields);
    }
    free(fields);
    return ASSAY_OK;
}

static void write_about(struct cli_term *term, struct store_view *view,
                        const struct assay_payload *payload)
{
    for (size_t i = 0; i < payload->about_count; i++) {
        const struct assay_about *about = &payload->about[i];

        put_label(term, assay_relation_name(about->relation));
        put_id_of(term, view, &about->id);
        cli_end(term);
    }
}

static void write_place(struct cli_term *term, struct store_view *view,
                        const struct store_row *row)
{
    const struct assay_payload *payload = &row->record.payload;

    put_label(term, "received");
    put_time(term, row->received_s);
    cli_putf(term, CLI_PLAIN, ", as number %" PRIu64 " here", row->lsn);
    cli_end(term);
    put_label(term, "key");
    put_id(term, ASSAY_ID_KEY, row->record.key.bytes);
    cli_end(term);
    if (payload->kind != ASSAY_KIND_FOUND) {
        put_label(term, "under");
        put_id_of(term, view, &payload->auth);
        cli_end(term);
    }
    put_label(term, "place in its log");
    cli_putf(term, CLI_PLAIN, "%" PRIu64, payload->seq);
    cli_end(term);
    for (size_t i = 0; i < payload->prev_count; i++) {
        put_label(term, "after");
        put_id_of(term, view, &payload->prev[i]);
        cli_end(term);
    }
}

enum assay_err cli_record_text(struct cli_term *term, struct store_view *view,
                               const struct store_item *item)
{
    const struct assay_record *record = &item->row->record;

    cli_put(term, CLI_BOLD, assay_kind_name(record->payload.kind));
    if (!assay_kind_is_known(record->payload.kind)) {
        cli_putf(term, CLI_PLAIN, " kind (%" PRIu64 ")", record->payload.kind);
    }
    cli_put(term, CLI_PLAIN, " ");
    put_id(term, assay_id_type_of_kind(record->payload.kind), item->id.hash);
    cli_end(term);
    cli_render_state(term, item, WHOLE);
    write_about(term, view, &record->payload);
    write_place(term, view, item->row);
    return write_said(term, record);
}

/* The beginning of a text, cut between characters. */
static struct assay_bytes cut(struct assay_bytes text)
{
    size_t len = 0;

    for (size_t count = 0; len < text.len && count < GIST_CHARS; len++) {
        /* A byte that does not go on a character begins one. */
        count += (text.data[len] & 0xc0) != 0x80 ? 1 : 0;
    }
    while (len < text.len && (text.data[len] & 0xc0) == 0x80) {
        len++;
    }
    return (struct assay_bytes){text.data, len};
}

void cli_record_lines(struct cli_term *term, const struct store_item *item)
{
    const struct assay_record *record = &item->row->record;
    struct assay_bytes gist = cli_fields_gist(record);
    char id[ASSAY_ID_TEXT_MAX];

    cli_item_id(item, 0, id);
    cli_put(term, CLI_BOLD, id);
    cli_dot(term);
    cli_put(term, CLI_PLAIN, assay_kind_name(record->payload.kind));
    if (gist.data != NULL) {
        struct assay_bytes shown = cut(gist);

        cli_put(term, CLI_PLAIN, " \u201c");
        cli_put_text(term, CLI_PLAIN, shown, CLI_LINE);
        cli_put(term, CLI_PLAIN,
                shown.len < gist.len ? "\u2026\u201d" : "\u201d");
    }
    cli_end(term);
    cli_node_begin(term, true);
    cli_render_state(term, item, 0);
    cli_node_end(term);
}
