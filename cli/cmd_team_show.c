/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report.h"
#include "store/log.h"
#include "store/trust.h"
#include "team.h"
#include "term.h"
#include "words.h"

/* What is shown of a team before its members. */
struct portrait {
    struct assay_id team;
    struct assay_profile profile;
    const struct assay_authority *root; /* The one in force. */
    size_t rotation_count;
    const char *counts_as; /* "own", "trusted" or "other". */
};

/* One grant of the team: members and roots alike. */
struct seat {
    const struct store_log *log;
    const struct assay_authority *authority;
    struct assay_bytes name; /* None where its body is gone, or a root's. */
};

struct output {
    struct cli_term *term; /* NULL for JSON. */
    struct cli_doc *doc;
    json_t *grants;
};

static const char *state_of(const struct assay_authority *authority)
{
    if (!authority->is_in_force) {
        return assay_validity_name(authority->state);
    }
    return authority->is_ended ? "ended" : "in-force";
}

static void add_grant(struct cli_doc *doc, json_t *grants,
                      const struct seat *seat)
{
    const struct assay_authority *authority = seat->authority;
    bool is_first = assay_id_equal(&authority->grant, &authority->team);
    json_t *object = cli_doc_object(doc);

    cli_doc_put_id(doc, object, "grant",
                   is_first ? ASSAY_ID_TEAM : ASSAY_ID_RECORD,
                   authority->grant.hash);
    cli_doc_put_id(doc, object, "key", ASSAY_ID_KEY, authority->key.bytes);
    cli_doc_put_text(doc, object, "name", seat->name);
    cli_doc_put_word(doc, object, "role", assay_role_name(authority->role));
    cli_doc_put_bool(doc, object, "is_root", authority->is_root);
    cli_doc_put_number(doc, object, "signoffs", authority->signoffs);
    cli_doc_put_word(doc, object, "state", state_of(authority));
    cli_doc_put_number(doc, object, "record_count", seat->log->record_count);
    cli_doc_put_bool(doc, object, "is_log_forked", seat->log->head_count > 1);
    cli_doc_add(doc, grants, object);
}

static void put_profile(struct cli_doc *doc, json_t *document,
                        const struct assay_profile *profile)
{
    json_t *langs = cli_doc_list(doc);
    json_t *words = cli_doc_list(doc);

    cli_doc_put_text(doc, document, "name", profile->name);
    cli_doc_put_text(doc, document, "url", profile->url);
    cli_doc_put_text(doc, document, "contact", profile->contact);
    if (profile->has_signoffs) {
        cli_doc_put_number(doc, document, "signoffs", profile->signoffs);
    } else {
        cli_doc_put_null(doc, document, "signoffs");
    }
    for (size_t i = 0; i < profile->langs.count; i++) {
        cli_doc_add_text(doc, langs, profile->langs.items[i]);
    }
    cli_doc_put(doc, document, "langs", langs);
    for (int i = 1; i <= ASSAY_RATING_COUNT; i++) {
        json_t *word;

        if (profile->words[i].data == NULL) {
            continue;
        }
        word = cli_doc_object(doc);
        cli_doc_put_word(doc, word, "rating",
                         assay_rating_name((enum assay_rating)i));
        cli_doc_put_text(doc, word, "word", profile->words[i]);
        cli_doc_add(doc, words, word);
    }
    cli_doc_put(doc, document, "words", words);
}

/* One labelled paragraph; nothing where the text is not known. */
static void put_field(struct cli_term *term, const char *label,
                      struct assay_bytes text)
{
    if (text.data != NULL) {
        cli_put(term, CLI_DIM, label);
        cli_put(term, CLI_PLAIN, " ");
        cli_put_text(term, CLI_PLAIN, text, CLI_LINE);
        cli_end(term);
    }
}

static void put_id(struct cli_term *term, const char *label,
                   enum assay_id_type type, const uint8_t *bytes)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(type, bytes, text);
    put_field(term, label, assay_bytes_of(text));
}

static void put_lists(struct cli_term *term,
                      const struct assay_profile *profile)
{
    for (size_t i = 0; i < profile->langs.count; i++) {
        cli_put(term, CLI_DIM, i == 0 ? "languages " : " ");
        cli_put_text(term, CLI_PLAIN, profile->langs.items[i], CLI_LINE);
    }
    cli_end(term);
    for (int i = 1; i <= ASSAY_RATING_COUNT; i++) {
        if (profile->words[i].data != NULL) {
            cli_putf(term, CLI_DIM, "calls %s ",
                     assay_rating_name((enum assay_rating)i));
            cli_put_text(term, CLI_PLAIN, profile->words[i], CLI_TEXT);
            cli_end(term);
        }
    }
}

static const char *counted_words(const char *counts_as)
{
    if (strcmp(counts_as, "own") == 0) {
        return "your own team: its verdicts count here";
    }
    return strcmp(counts_as, "trusted") == 0
               ? "trusted: its verdicts count here"
               : "its verdicts do not count here";
}

static void put_portrait(struct cli_term *term, const struct portrait *portrait)
{
    const struct assay_profile *profile = &portrait->profile;

    if (profile->name.data == NULL) {
        cli_put(term, CLI_DIM, "(its name is not known here)");
    } else {
        cli_put_text(term, CLI_BOLD, profile->name, CLI_LINE);
    }
    cli_end(term);
    put_id(term, "id", ASSAY_ID_TEAM, portrait->team.hash);
    put_field(term, "page", profile->url);
    put_field(term, "contact", profile->contact);
    put_lists(term, profile);
    if (profile->has_signoffs) {
        cli_putf(term, CLI_PLAIN, "new members' verdicts need %u sign-off%s",
                 (unsigned)profile->signoffs,
                 profile->signoffs == 1 ? "" : "s");
        cli_end(term);
    }
    cli_put(term, CLI_PLAIN, counted_words(portrait->counts_as));
    cli_end(term);
    if (portrait->rotation_count > 0) {
        cli_putf(term, CLI_PLAIN, "its root was rotated %zu time%s",
                 portrait->rotation_count,
                 portrait->rotation_count == 1 ? "" : "s");
        cli_end(term);
    }
    if (portrait->root->has_root_fork) {
        cli_put(term, CLI_BAD,
                "Two rotations replaced one root: the keys of this team were "
                "used twice. Ask the team which side is theirs.");
        cli_end(term);
    }
    cli_gap_line(term);
}

static void put_seat(struct cli_term *term, const struct seat *seat,
                     bool is_last)
{
    const struct assay_authority *authority = seat->authority;
    bool holds = authority->is_in_force && !authority->is_ended;

    cli_node_begin(term, is_last);
    if (authority->is_root) {
        cli_put(term, CLI_BOLD, "root");
    } else if (seat->name.data == NULL) {
        cli_put(term, CLI_DIM, "(name not known here)");
    } else {
        cli_put_text(term, CLI_BOLD, seat->name, CLI_LINE);
    }
    cli_dot(term);
    cli_put(term, CLI_PLAIN, assay_role_name(authority->role));
    cli_dot(term);
    cli_put(term, holds ? CLI_GOOD : CLI_BAD, state_of(authority));
    if (authority->signoffs > 0) {
        cli_dot(term);
        cli_putf(term, CLI_PLAIN, "verdicts need %u sign-off%s",
                 (unsigned)authority->signoffs,
                 authority->signoffs == 1 ? "" : "s");
    }
    if (seat->log->head_count > 1) {
        cli_dot(term);
        cli_put(term, CLI_BAD, "log forked");
    }
    cli_end(term);
    put_id(term, "key", ASSAY_ID_KEY, authority->key.bytes);
    put_id(term, "grant", ASSAY_ID_RECORD, authority->grant.hash);
    cli_node_end(term);
}

static struct assay_bytes member_name(struct store_view *view,
                                      const struct assay_id *grant)
{
    struct assay_note note;
    struct store_row row;

    if (store_view_by_id(view, grant, &row) != ASSAY_OK ||
        row.record.payload.kind != ASSAY_KIND_MEMBER ||
        row.record.body.data == NULL ||
        assay_note_read(ASSAY_KIND_MEMBER, row.record.body, &note, NULL) !=
            ASSAY_OK) {
        return ASSAY_BYTES_NONE;
    }
    return note.text;
}

/* The next grant of the team, as it was received. ASSAY_E_NOT_FOUND. */
static enum assay_err next_seat(struct store_view *view,
                                const struct assay_id *team, uint64_t *after,
                                struct store_log *log, struct seat *seat)
{
    const struct store_log_query query = {.team = team};
    struct assay_validity *validity = NULL;
    enum assay_err err = store_view_validity(view, &validity);

    while (err == ASSAY_OK) {
        err = store_log_next_of(view, &query, after, log);
        if (err != ASSAY_OK) {
            continue;
        }
        err = assay_validity_authority(validity, &log->grant, &seat->authority);
        if (err == ASSAY_OK && seat->authority != NULL) {
            seat->log = log;
            seat->name = member_name(view, &log->grant);
            return ASSAY_OK;
        }
    }
    return err;
}

/* Shows one grant while the next is looked for, to know which is the last. */
static enum assay_err show_seats(struct store_view *view,
                                 const struct assay_id *team,
                                 const struct output *output)
{
    struct store_log logs[2];
    struct seat seats[2];
    uint64_t after = 0;
    enum assay_err err = next_seat(view, team, &after, &logs[0], &seats[0]);

    for (size_t i = 0; err == ASSAY_OK; i++) {
        const struct seat *seat = &seats[i % 2];

        err = next_seat(view, team, &after, &logs[(i + 1) % 2],
                        &seats[(i + 1) % 2]);
        if (output->term != NULL) {
            put_seat(output->term, seat, err != ASSAY_OK);
        } else {
            add_grant(output->doc, output->grants, seat);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum cli_exit find_standing(struct cli_context *context,
                                   struct store_view *view,
                                   struct portrait *portrait)
{
    struct assay_id *own = NULL;
    size_t count = 0;
    enum cli_exit code = cli_context_own_teams(context, view, &own, &count);

    portrait->counts_as =
        store_trust_has(view, &portrait->team) ? "trusted" : "other";
    for (size_t i = 0; i < count; i++) {
        if (assay_id_equal(&own[i], &portrait->team)) {
            portrait->counts_as = "own";
        }
    }
    free(own);
    return code;
}

static enum assay_err find_root(struct store_view *view,
                                struct portrait *portrait)
{
    struct assay_validity *validity = NULL;
    struct assay_id *roots = NULL;
    size_t count = 0;
    enum assay_err err = cli_team_roots(view, &portrait->team, &roots, &count);

    if (err == ASSAY_OK) {
        err = store_view_validity(view, &validity);
    }
    if (err == ASSAY_OK) {
        portrait->rotation_count = count - 1;
        err = assay_validity_authority(validity, &roots[count - 1],
                                       &portrait->root);
    }
    free(roots);
    return err == ASSAY_OK && portrait->root == NULL ? ASSAY_E_NOT_FOUND : err;
}

static enum cli_exit paint(struct cli_context *context, struct store_view *view,
                           const char *text, struct portrait *portrait)
{
    enum cli_exit code = cli_context_team(view, text, &portrait->team);
    enum assay_err err;

    if (code != CLI_DONE) {
        return code;
    }
    err = cli_team_profile(view, &portrait->team, &portrait->profile);
    if (err == ASSAY_OK) {
        err = find_root(view, portrait);
    }
    return err == ASSAY_OK ? find_standing(context, view, portrait)
                           : cli_report_err(text, err, NULL);
}

static enum cli_exit print_json(struct store_view *view,
                                const struct portrait *portrait)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-team/1");
    const struct output output = {.doc = &doc, .grants = cli_doc_list(&doc)};
    enum assay_err err = show_seats(view, &portrait->team, &output);

    cli_doc_put_id(&doc, document, "id", ASSAY_ID_TEAM, portrait->team.hash);
    put_profile(&doc, document, &portrait->profile);
    cli_doc_put_word(&doc, document, "counts_as", portrait->counts_as);
    cli_doc_put_id(&doc, document, "root_key", ASSAY_ID_KEY,
                   portrait->root->key.bytes);
    cli_doc_put_number(&doc, document, "rotation_count",
                       portrait->rotation_count);
    cli_doc_put_bool(&doc, document, "has_root_fork",
                     portrait->root->has_root_fork);
    cli_doc_put(&doc, document, "grants", output.grants);
    if (err != ASSAY_OK) {
        json_decref(document);
        return cli_report_err("the team", err, NULL);
    }
    return cli_doc_print(&doc, document);
}

static enum cli_exit print_text(struct store_view *view,
                                const struct portrait *portrait)
{
    struct cli_look look = cli_look_of(stdout);
    struct cli_term term;
    struct output output = {.term = &term};
    enum assay_err err;

    cli_term_open(&term, stdout, &look);
    put_portrait(&term, portrait);
    err = show_seats(view, &portrait->team, &output);
    cli_term_close(&term);
    return err == ASSAY_OK ? CLI_DONE : cli_report_err("the team", err, NULL);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct portrait portrait = {.root = NULL};
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE) {
        code = paint(context, view, cli_args_positional(args, 0), &portrait);
    }
    if (code == CLI_DONE) {
        code = context->json ? print_json(view, &portrait)
                             : print_text(view, &portrait);
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_team_show = {
    .name = "team",
    .sub = "show",
    .summary = "Show a team: what it says of itself, and who speaks for it.",
    .arguments = "TEAM",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "Every grant is listed, those that ended or fell too.",
    .example = "assay team show \"Harbor Desk\"",
    .run = run,
};
