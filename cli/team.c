/* SPDX-License-Identifier: Apache-2.0 */
#include "team.h"

#include <stdio.h>
#include <stdlib.h>

#include "report.h"
#include "store/refs.h"

/* A note's body: a salt, a text and their heads. */
#define NOTE_MAX (ASSAY_TEXT_MAX + 64)

/* The seq of the profile that each field comes from, under one root. */
struct origins {
    uint64_t name;
    uint64_t url;
    uint64_t langs;
    uint64_t contact;
    uint64_t signoffs;
    uint64_t words[ASSAY_RATING_COUNT + 1];
};

bool cli_team_signoffs(const struct cli_args *args, bool *is_given_out,
                       uint32_t *signoffs_out)
{
    const char *text = cli_args_value(args, "signoffs");
    char *end = NULL;

    *is_given_out = text != NULL;
    if (text == NULL) {
        return true;
    }
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' ||
        value > ASSAY_SIGNOFFS_MAX) {
        cli_report("--signoffs needs a number from 0 to %d.",
                   ASSAY_SIGNOFFS_MAX);
        return false;
    }
    *signoffs_out = (uint32_t)value;
    return true;
}

static void lay_text(struct assay_bytes text, uint64_t seq, uint64_t *origin,
                     struct assay_bytes *field)
{
    if (text.data != NULL && seq >= *origin) {
        *field = text;
        *origin = seq;
    }
}

/* Lays what one record says over what was said before it. */
static void lay_over(const struct assay_profile *said, uint64_t seq,
                     struct origins *origins, struct assay_profile *profile)
{
    lay_text(said->name, seq, &origins->name, &profile->name);
    lay_text(said->url, seq, &origins->url, &profile->url);
    lay_text(said->contact, seq, &origins->contact, &profile->contact);
    for (size_t i = 0; i <= ASSAY_RATING_COUNT; i++) {
        lay_text(said->words[i], seq, &origins->words[i], &profile->words[i]);
    }
    if (said->langs.count > 0 && seq >= origins->langs) {
        profile->langs = said->langs;
        origins->langs = seq;
    }
    if (said->has_signoffs && seq >= origins->signoffs) {
        profile->has_signoffs = true;
        profile->signoffs = said->signoffs;
        origins->signoffs = seq;
    }
}

static void lay_record(const struct assay_record *record,
                       struct origins *origins, struct assay_profile *profile)
{
    struct assay_profile said;

    if (record->body.data != NULL &&
        assay_profile_read(record->body, &said, NULL) == ASSAY_OK) {
        lay_over(&said, record->payload.seq, origins, profile);
    }
}

/* Lays the standing profiles of one root over what came before it. */
static enum assay_err lay_root(struct store_view *view,
                               struct assay_validity *validity,
                               const struct assay_id *root,
                               struct assay_profile *profile)
{
    struct assay_validity_result result;
    struct origins origins = {0};
    struct store_row row;
    uint64_t lsn = 0;
    enum assay_err err = store_view_by_id(view, root, &row);

    if (err == ASSAY_OK && row.record.payload.kind == ASSAY_KIND_FOUND) {
        lay_record(&row.record, &origins, profile);
    }
    while (err == ASSAY_OK) {
        err = store_refs_next(view, root, ASSAY_KIND_PROFILE, &lsn, &row);
        if (err == ASSAY_OK) {
            err = assay_validity_of(validity, &row.record, &result);
        }
        if (err == ASSAY_OK && result.state == ASSAY_STANDS) {
            lay_record(&row.record, &origins, profile);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Writes the roots behind the one in force, last first; *count_out is how
 * many there are. */
static enum assay_err walk_back(struct store_view *view, struct assay_id root,
                                struct assay_id *roots, size_t *count_out)
{
    struct store_row row;
    size_t count = 0;

    for (; count <= ASSAY_ROTATIONS_MAX; root = row.record.payload.auth) {
        enum assay_err err = store_view_by_id(view, &root, &row);

        if (err != ASSAY_OK) {
            return err;
        }
        roots[count++] = root;
        if (row.record.payload.kind != ASSAY_KIND_ROTATE) {
            break;
        }
    }
    *count_out = count;
    return ASSAY_OK;
}

enum assay_err cli_team_roots(struct store_view *view,
                              const struct assay_id *team,
                              struct assay_id **roots_out, size_t *count_out)
{
    struct assay_validity *validity = NULL;
    struct assay_id *roots = NULL;
    struct assay_id root;
    size_t count = 0;
    enum assay_err err = store_view_validity(view, &validity);

    if (err == ASSAY_OK) {
        err = assay_validity_root(validity, team, &root);
    }
    if (err == ASSAY_OK) {
        roots = malloc((ASSAY_ROTATIONS_MAX + 1) * sizeof(*roots));
        err = roots == NULL ? ASSAY_E_NOMEM
                            : walk_back(view, root, roots, &count);
    }
    if (err != ASSAY_OK) {
        free(roots);
        return err;
    }
    for (size_t i = 0; i < count / 2; i++) {
        struct assay_id other = roots[i];

        roots[i] = roots[count - 1 - i];
        roots[count - 1 - i] = other;
    }
    *roots_out = roots;
    *count_out = count;
    return ASSAY_OK;
}

enum assay_err cli_team_profile(struct store_view *view,
                                const struct assay_id *team,
                                struct assay_profile *profile_out)
{
    struct assay_validity *validity = NULL;
    struct assay_profile profile = {0};
    struct assay_id *roots = NULL;
    size_t count = 0;
    enum assay_err err = cli_team_roots(view, team, &roots, &count);

    if (err == ASSAY_OK) {
        err = store_view_validity(view, &validity);
    }
    for (size_t i = 0; err == ASSAY_OK && i < count; i++) {
        err = lay_root(view, validity, &roots[i], &profile);
    }
    free(roots);
    if (err == ASSAY_OK) {
        *profile_out = profile;
    }
    return err;
}

enum cli_exit cli_team_draft(const struct assay_profile *profile,
                             enum assay_kind kind, struct cli_draft *draft_out)
{
    struct assay_profile again;
    struct assay_fault fault = {0, NULL};
    enum cli_exit code;
    enum assay_err err;

    cli_draft_begin(draft_out, kind);
    assay_profile_write(profile, draft_out->salt, &draft_out->writer);
    code = cli_draft_end(draft_out);
    if (code != CLI_DONE) {
        return code;
    }
    err = assay_profile_read(draft_out->store.body, &again, &fault);
    return err == ASSAY_OK ? CLI_DONE
                           : cli_report_err("the team's profile", err, &fault);
}

enum cli_exit cli_team_note(const struct cli_args *args, const char **note_out)
{
    struct assay_bytes note;
    enum cli_exit code = cli_draft_option(args, "note", CLI_TEXT_LONG, &note);

    if (code == CLI_DONE) {
        *note_out = cli_args_value(args, "note");
    }
    return code;
}

static enum assay_err write_note(const char *text, uint8_t *out,
                                 struct assay_bytes *body_out)
{
    struct assay_note note = {.text = assay_bytes_of(text)};
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];

    cli_signer_salt(salt);
    assay_cbor_writer_init(&writer, out, NOTE_MAX);
    assay_note_write(&note, salt, &writer);
    return assay_cbor_writer_finish(&writer, body_out);
}

enum cli_exit cli_team_put_note(struct cli_context *context,
                                struct store_batch *batch,
                                const struct cli_signer *signer,
                                struct store_draft *draft, const char *text,
                                struct assay_id *id_out)
{
    uint8_t *body = malloc(NOTE_MAX);
    enum assay_err err =
        body == NULL ? ASSAY_E_NOMEM : write_note(text, body, &draft->body);
    enum cli_exit code =
        err == ASSAY_OK
            ? cli_signer_put(context, batch, signer, draft, id_out)
            : cli_report_err(assay_kind_name((uint64_t)draft->kind), err, NULL);

    draft->body = ASSAY_BYTES_NONE;
    free(body);
    return code;
}

enum cli_exit cli_team_write_note(struct cli_context *context,
                                  const struct cli_signer *signer,
                                  struct store_draft *draft, const char *text)
{
    uint8_t *body = malloc(NOTE_MAX);
    enum assay_err err =
        body == NULL ? ASSAY_E_NOMEM : write_note(text, body, &draft->body);
    enum cli_exit code =
        err == ASSAY_OK
            ? cli_signer_write(context, signer, draft, NULL)
            : cli_report_err(assay_kind_name((uint64_t)draft->kind), err, NULL);

    draft->body = ASSAY_BYTES_NONE;
    free(body);
    return code;
}

void cli_team_print_id(uint64_t kind, const struct assay_id *id)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(assay_id_type_of_kind(kind), id->hash, text);
    (void)printf("%s\n", text);
}
