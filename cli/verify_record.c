/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/body.h"
#include "protocol/key.h"
#include "record_json.h"
#include "render_tree.h"
#include "report.h"
#include "store/chain.h"
#include "store/log.h"
#include "verify.h"
#include "words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Data characters of an id that make it whole. */
#define WHOLE 64

/* A member, then one root a rotation, then the founding record. */
#define PATH_MAX_LEN (ASSAY_ROTATIONS_MAX + 2)

/* What one step says, at most: words of our own and a number or two. */
#define SENTENCE_MAX 256

/* Says each step as it is taken: for people, or into lists of a document. */
struct verifier {
    struct store_view *view;
    struct cli_term term;
    struct cli_doc doc;
    json_t *document; /* NULL: for people. */
    json_t *checks;   /* Lent by the document, as path is. */
    json_t *path;
    bool is_good;
};

const char *cli_step_name(enum cli_step step)
{
    switch (step) {
    case CLI_STEP_GOOD:
        return "good";
    case CLI_STEP_BAD:
        return "bad";
    case CLI_STEP_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

void cli_verify_mark(struct cli_term *term, enum cli_step step)
{
    switch (step) {
    case CLI_STEP_GOOD:
        cli_put(term, CLI_GOOD, "\u2713 ");
        break;
    case CLI_STEP_BAD:
        cli_put(term, CLI_BAD, "\u2717 ");
        break;
    case CLI_STEP_UNKNOWN:
        cli_put(term, CLI_WARN, "\u25cb ");
        break;
    }
}

void cli_verify_count(struct cli_term *term, enum cli_step step, uint64_t count,
                      const char *what)
{
    char number[CLI_NUMBER_MAX];

    if (count > 0) {
        cli_number(count, number);
        cli_verify_mark(term, step);
        cli_putf(term, CLI_PLAIN, "%s %s", number, what);
        cli_end(term);
    }
}

void cli_verify_id(struct cli_term *term, enum assay_id_type type,
                   const uint8_t *bytes, size_t chars)
{
    char text[ASSAY_ID_TEXT_MAX];

    cli_id_short(type, bytes, chars, text);
    cli_put(term, CLI_PLAIN, text);
}

static void step(struct verifier *verifier, const char *check,
                 enum cli_step outcome, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One step: what was checked (a word for programs), how it went, and a
 * sentence of our own. */
static void step(struct verifier *verifier, const char *check,
                 enum cli_step outcome, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, values);
    va_end(values);
    verifier->is_good = verifier->is_good && outcome != CLI_STEP_BAD;
    if (verifier->document != NULL) {
        json_t *entry = cli_doc_object(&verifier->doc);

        cli_doc_put_word(&verifier->doc, entry, "check", check);
        cli_doc_put_word(&verifier->doc, entry, "outcome",
                         cli_step_name(outcome));
        cli_doc_put_word(&verifier->doc, entry, "sentence", sentence);
        cli_doc_add(&verifier->doc, verifier->checks, entry);
        return;
    }
    cli_verify_mark(&verifier->term, outcome);
    cli_put(&verifier->term, CLI_PLAIN, sentence);
    cli_end(&verifier->term);
}

static enum cli_step outcome_of(bool is_good)
{
    return is_good ? CLI_STEP_GOOD : CLI_STEP_BAD;
}

static bool has_good_signature(const struct assay_record *record)
{
    struct assay_record bare = *record;

    bare.body = ASSAY_BYTES_NONE;
    return assay_record_check(&bare) == ASSAY_OK;
}

static void check_form(struct verifier *verifier,
                       const struct assay_record *record,
                       const struct assay_id *id)
{
    struct assay_record again;
    struct assay_fault fault = {0};
    enum assay_err err =
        assay_record_parse(record->envelope, record->body, &again, &fault);
    bool is_good;

    if (err != ASSAY_OK) {
        step(verifier, "form", CLI_STEP_BAD,
             "its form is wrong at byte %zu: %s", fault.offset,
             fault.rule != NULL ? fault.rule : assay_err_phrase(err));
        return;
    }
    is_good = assay_id_equal(&again.id, id);
    step(verifier, "form", outcome_of(is_good), "%s",
         is_good
             ? "its form is right, and its id is the hash of what was signed"
             : "its id is not the hash of what was signed");
    is_good = has_good_signature(record);
    step(verifier, "signature", outcome_of(is_good), "%s",
         is_good ? "its signature is good" : "ITS SIGNATURE IS BAD");
}

static void check_body(struct verifier *verifier, const struct store_row *row)
{
    struct assay_fault fault = {0};
    uint8_t hash[ASSAY_HASH_SIZE];
    bool is_good;

    if (row->record.body.data == NULL) {
        step(verifier, "body", CLI_STEP_UNKNOWN, "%s",
             row->is_erased ? "its body was erased here; all else can be "
                              "verified without it"
                            : "its body is not held here");
        return;
    }
    assay_hash(row->record.body, hash);
    is_good = memcmp(hash, row->record.payload.body_hash, sizeof(hash)) == 0;
    step(verifier, "body", outcome_of(is_good), "%s",
         is_good ? "its body has the hash that was signed"
                 : "its body does not have the hash that was signed");
    if (assay_body_check(&row->record, &fault) != ASSAY_OK) {
        step(verifier, "rules", CLI_STEP_BAD,
             "its body breaks a rule of its kind, so it counts for nothing: %s",
             fault.rule != NULL ? fault.rule : "a limit");
    }
}

/* Shows one grant on the way up. */
static void show_grant(struct verifier *verifier, const struct store_row *row,
                       bool is_signed, enum assay_validity_state state)
{
    const uint64_t kind = row->record.payload.kind;
    struct cli_term *term = &verifier->term;

    cli_node_begin(term, kind == ASSAY_KIND_FOUND);
    cli_verify_mark(term, outcome_of(is_signed && state == ASSAY_STANDS));
    cli_putf(term, CLI_PLAIN, "%s ", assay_kind_name(kind));
    cli_verify_id(term, assay_id_type_of_kind(kind), row->record.id.hash, 0);
    cli_putf(term, CLI_PLAIN, " signed by ");
    cli_verify_id(term, ASSAY_ID_KEY, row->record.key.bytes, 0);
    cli_putf(term, CLI_PLAIN, ": signature %s, %s", is_signed ? "good" : "BAD",
             assay_validity_phrase(state));
    cli_end(term);
    cli_node_end(term);
}

static void add_grant(struct verifier *verifier, const struct store_row *row,
                      bool is_signed, enum assay_validity_state state)
{
    const uint64_t kind = row->record.payload.kind;
    struct cli_doc *doc = &verifier->doc;
    json_t *entry = cli_doc_object(doc);

    cli_doc_put_id(doc, entry, "id", assay_id_type_of_kind(kind),
                   row->record.id.hash);
    cli_doc_put_word(doc, entry, "kind", assay_kind_name(kind));
    cli_doc_put_id(doc, entry, "key", ASSAY_ID_KEY, row->record.key.bytes);
    cli_doc_put_word(doc, entry, "signature", is_signed ? "good" : "bad");
    cli_doc_put_word(doc, entry, "validity", assay_validity_name(state));
    cli_doc_add(doc, verifier->path, entry);
}

/* One grant on the way up. */
static enum assay_err check_grant(struct verifier *verifier,
                                  const struct store_row *row,
                                  bool *is_good_out)
{
    struct assay_validity_result result;
    struct assay_validity *validity = NULL;
    enum assay_err err = store_view_validity(verifier->view, &validity);
    bool is_signed;

    if (err == ASSAY_OK) {
        err = assay_validity_of(validity, &row->record, &result);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    is_signed = has_good_signature(&row->record);
    if (verifier->document != NULL) {
        add_grant(verifier, row, is_signed, result.state);
    } else {
        show_grant(verifier, row, is_signed, result.state);
    }
    *is_good_out = is_signed && result.state == ASSAY_STANDS;
    return ASSAY_OK;
}

/* What gives the author the authority, up to the founding record. */
static enum assay_err check_path(struct verifier *verifier,
                                 const struct assay_record *record)
{
    struct store_row row = {.record = *record};
    bool is_good = true;
    bool is_one_good = true;
    size_t len = 0;

    if (record->payload.kind == ASSAY_KIND_FOUND) {
        step(verifier, "authority", CLI_STEP_GOOD,
             "it founds its team: nobody is above it");
        return ASSAY_OK;
    }
    if (verifier->document == NULL) {
        cli_put(&verifier->term, CLI_PLAIN, "Its authority comes from:");
        cli_end(&verifier->term);
    }
    while (row.record.payload.kind != ASSAY_KIND_FOUND &&
           len++ < PATH_MAX_LEN) {
        const struct assay_id auth = row.record.payload.auth;
        enum assay_err err = store_view_by_id(verifier->view, &auth, &row);

        if (err == ASSAY_E_NOT_FOUND) {
            step(verifier, "authority", CLI_STEP_BAD,
                 "a record above it is not held here");
            return ASSAY_OK;
        }
        if (err == ASSAY_OK) {
            err = check_grant(verifier, &row, &is_one_good);
        }
        if (err != ASSAY_OK) {
            return err;
        }
        is_good = is_good && is_one_good;
    }
    step(verifier, "authority", outcome_of(is_good), "%s",
         is_good ? "all of them are signed and stand"
                 : "not all of them are signed and stand");
    return ASSAY_OK;
}

/* Each prev is held, of the same log, and seq follows from them. */
static enum assay_err check_prev(struct verifier *verifier,
                                 const struct assay_record *record,
                                 bool *is_right_out)
{
    uint64_t last = 0;
    bool is_right = true;

    for (size_t i = 0; i < record->payload.prev_count; i++) {
        struct store_row row;
        enum assay_err err =
            store_view_by_id(verifier->view, &record->payload.prev[i], &row);

        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        if (err == ASSAY_E_NOT_FOUND ||
            !assay_id_equal(assay_record_log(&row.record),
                            assay_record_log(record))) {
            is_right = false;
            continue;
        }
        if (row.record.payload.seq > last) {
            last = row.record.payload.seq;
        }
    }
    *is_right_out = is_right && record->payload.seq == last + 1;
    return ASSAY_OK;
}

static enum assay_err check_place(struct verifier *verifier,
                                  const struct assay_record *record)
{
    struct store_log log;
    bool is_right = false;
    enum assay_err err = check_prev(verifier, record, &is_right);

    if (err == ASSAY_OK) {
        err = store_log_find(verifier->view, assay_record_log(record), &log);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    step(verifier, "place", outcome_of(is_right),
         "number %" PRIu64 " in a log of %" PRIu64 "%s", record->payload.seq,
         log.record_count,
         is_right ? ", and what it builds on is here"
                  : ", but it does not follow from what it builds on");
    if (log.head_count > 1) {
        step(verifier, "fork", CLI_STEP_UNKNOWN, "its log is forked: %zu heads",
             log.head_count);
    }
    return ASSAY_OK;
}

static enum assay_err check_all(struct verifier *verifier,
                                const struct store_item *item)
{
    const struct assay_record *record = &item->row->record;
    bool stands = item->validity.state == ASSAY_STANDS;
    enum assay_err err;

    check_form(verifier, record, &item->id);
    check_body(verifier, item->row);
    err = check_path(verifier, record);
    if (err == ASSAY_OK) {
        err = check_place(verifier, record);
    }
    if (err == ASSAY_OK) {
        step(verifier, "standing", outcome_of(stands), "%s%s",
             stands ? "it stands" : "it does not stand: ",
             stands ? "" : assay_validity_phrase(item->validity.state));
    }
    return err;
}

static enum assay_err verify_for_people(struct verifier *verifier,
                                        const struct store_item *item)
{
    const struct cli_look look = cli_look_of(stdout);
    const uint64_t kind = item->row->record.payload.kind;
    struct cli_term *term = &verifier->term;
    enum assay_err err;

    cli_term_open(term, stdout, &look);
    cli_put(term, CLI_BOLD, assay_kind_name(kind));
    cli_put(term, CLI_PLAIN, " ");
    cli_verify_id(term, assay_id_type_of_kind(kind), item->id.hash, WHOLE);
    cli_end(term);
    err = check_all(verifier, item);
    if (err == ASSAY_OK) {
        cli_render_state(term, item, 0);
    }
    cli_term_close(term);
    if (err == ASSAY_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        err = ASSAY_E_IO;
    }
    return err;
}

static enum assay_err verify_as_json(struct verifier *verifier,
                                     const struct store_item *item)
{
    struct cli_doc *doc = &verifier->doc;
    enum assay_err err;

    verifier->document = cli_doc_begin(doc, "assay-verify-record/1");
    verifier->checks = cli_doc_list(doc);
    verifier->path = cli_doc_list(doc);
    cli_doc_put(doc, verifier->document, "record", cli_record_brief(doc, item));
    cli_doc_put(doc, verifier->document, "checks", verifier->checks);
    cli_doc_put(doc, verifier->document, "path", verifier->path);
    err = doc->has_failed ? ASSAY_E_NOMEM : check_all(verifier, item);
    cli_doc_put_bool(doc, verifier->document, "is_good", verifier->is_good);
    if (err != ASSAY_OK) {
        json_decref(verifier->document);
        return err;
    }
    return cli_doc_write(doc, verifier->document, stdout);
}

enum cli_exit cli_verify_record(struct store_view *view,
                                const struct assay_id *id, bool is_json)
{
    struct verifier verifier = {.view = view, .is_good = true};
    struct store_row row;
    struct store_item item;
    enum assay_err err = store_view_by_id(view, id, &row);

    if (err == ASSAY_OK) {
        err = store_item_fill(view, &row, true, &item);
    }
    if (err == ASSAY_OK) {
        err = is_json ? verify_as_json(&verifier, &item)
                      : verify_for_people(&verifier, &item);
    }
    if (err != ASSAY_OK) {
        return cli_report_err("the record", err, NULL);
    }
    return verifier.is_good ? CLI_DONE : CLI_NO;
}
