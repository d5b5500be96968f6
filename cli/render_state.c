/* SPDX-License-Identifier: Apache-2.0 */
#include "render_tree.h"

#include "words.h"

static bool is_set(const struct assay_id *id)
{
    static const struct assay_id zero;

    return !assay_id_equal(id, &zero);
}

static void put_id(struct cli_term *term, enum assay_id_type type,
                   const struct assay_id *id, size_t id_chars)
{
    char text[ASSAY_ID_TEXT_MAX];

    cli_id_short(type, id->hash, id_chars, text);
    cli_put(term, CLI_PLAIN, text);
}

static void put_time(struct cli_term *term, uint64_t time_s)
{
    char text[CLI_TIME_MAX];

    cli_time_words(time_s, text);
    cli_put_glued(term, CLI_PLAIN, text);
}

static void put_signature(struct cli_term *term,
                          enum store_signature_state signature)
{
    switch (signature) {
    case STORE_SIGNATURE_STORED:
        cli_put(term, CLI_GOOD, "\u2713 ");
        cli_put(term, CLI_PLAIN, "signature checked on receipt");
        break;
    case STORE_SIGNATURE_GOOD:
        cli_put(term, CLI_GOOD, "\u2713 ");
        cli_put(term, CLI_PLAIN, "signature good");
        break;
    case STORE_SIGNATURE_BAD:
        cli_put(term, CLI_BAD, "\u2717 SIGNATURE BAD");
        break;
    }
}

static void put_team(struct cli_term *term, const struct store_item *item,
                     size_t id_chars)
{
    if (item->team_name.data != NULL) {
        cli_put_text(term, CLI_PLAIN, item->team_name, CLI_LINE);
    } else {
        put_id(term, ASSAY_ID_TEAM, &item->validity.authority->team, id_chars);
    }
}

static void put_speaker(struct cli_term *term, const struct store_item *item,
                        size_t id_chars)
{
    const struct assay_authority *authority = item->validity.authority;

    if (authority == NULL) {
        cli_put(term, CLI_WARN, "\u25cb ");
        cli_put(term, CLI_PLAIN, "who speaks is not known here");
        return;
    }
    cli_put(term, CLI_PLAIN, "under ");
    put_team(term, item, id_chars);
    if (authority->is_root) {
        cli_put(term, CLI_PLAIN, " by its root key");
        return;
    }
    cli_put(term, CLI_PLAIN, " by ");
    if (item->member_name.data != NULL) {
        cli_put_text(term, CLI_PLAIN, item->member_name, CLI_LINE);
        cli_putf(term, CLI_PLAIN, " (%s)", assay_role_name(authority->role));
    } else {
        cli_putf(term, CLI_PLAIN, "a member whose name is not here (%s)",
                 assay_role_name(authority->role));
    }
}

/* A phrase behind a mark. */
static void put_marked(struct cli_term *term, enum cli_style style,
                       const char *mark, const char *words)
{
    cli_dot(term);
    cli_put(term, style, mark);
    cli_put(term, style, words);
}

static void put_validity(struct cli_term *term, const struct store_item *item,
                         size_t id_chars)
{
    if (item->validity.state == ASSAY_STANDS) {
        return;
    }
    put_marked(term, CLI_BAD, "\u2717 does not stand: ",
               assay_validity_phrase(item->validity.state));
    if (is_set(&item->validity.cut_by)) {
        cli_put(term, CLI_PLAIN, " (");
        put_id(term, ASSAY_ID_RECORD, &item->validity.cut_by, id_chars);
        cli_put(term, CLI_PLAIN, ")");
    }
}

static void put_reason(struct cli_term *term, struct assay_bytes reason)
{
    if (reason.data != NULL) {
        cli_put(term, CLI_PLAIN, ": \u201c");
        cli_put_text(term, CLI_PLAIN, reason, CLI_TEXT);
        cli_put(term, CLI_PLAIN, "\u201d");
    }
}

static void put_retraction(struct cli_term *term, const struct store_item *item,
                           size_t id_chars)
{
    if (!item->is_retracted) {
        return;
    }
    put_marked(term, CLI_BAD, "\u2717 ", "retracted");
    cli_put(term, CLI_PLAIN, " ");
    put_time(term, item->retracted_s);
    cli_put(term, CLI_PLAIN, " (");
    put_id(term, ASSAY_ID_RECORD, &item->retracted_by, id_chars);
    cli_put(term, CLI_PLAIN, ")");
    put_reason(term, item->retract_reason);
}

static void put_erasure(struct cli_term *term, const struct store_item *item,
                        size_t id_chars)
{
    put_marked(term, CLI_WARN, "\u25cb ", "its text was erased here");
    if (item->erasure.at_s > 0) {
        cli_put(term, CLI_PLAIN, " ");
        put_time(term, item->erasure.at_s);
    }
    if (item->erasure.has_by) {
        cli_put(term, CLI_PLAIN, ", as ");
        put_id(term, ASSAY_ID_RECORD, &item->erasure.by, id_chars);
        cli_put(term, CLI_PLAIN, " asks");
    }
    put_reason(term, item->erasure.reason);
}

static void put_body(struct cli_term *term, const struct store_item *item,
                     size_t id_chars)
{
    switch (item->body) {
    case STORE_BODY_HELD:
        break;
    case STORE_BODY_MALFORMED:
        put_marked(term, CLI_BAD, "\u2717 ",
                   "counts for nothing: it breaks a rule of its kind");
        if (item->malformed_rule != NULL) {
            cli_putf(term, CLI_PLAIN, " (%s)", item->malformed_rule);
        }
        break;
    case STORE_BODY_ERASED:
        put_erasure(term, item, id_chars);
        break;
    case STORE_BODY_MISSING:
        put_marked(term, CLI_WARN, "\u25cb ", "its text is not held here");
        break;
    }
}

static void put_forks(struct cli_term *term, const struct store_item *item)
{
    const struct assay_authority *authority = item->validity.authority;

    if (item->is_log_forked) {
        put_marked(term, CLI_WARN, "! ", "its author's log is forked");
    }
    if (authority != NULL && authority->has_root_fork) {
        put_marked(term, CLI_BAD, "! ", "two root keys claim this team");
    }
    if (item->is_dated_ahead) {
        put_marked(term, CLI_WARN, "! ", "dated after it was received");
    }
}

void cli_render_state(struct cli_term *term, const struct store_item *item,
                      size_t id_chars)
{
    if (!item->is_held) {
        cli_put(term, CLI_WARN, "\u25cb ");
        cli_put(term, CLI_PLAIN, "not held here: nothing but its id is known");
        cli_end(term);
        return;
    }
    put_signature(term, item->signature);
    cli_dot(term);
    put_speaker(term, item, id_chars);
    cli_dot(term);
    put_time(term, item->row->record.payload.time_s);
    cli_end(term);
    put_validity(term, item, id_chars);
    put_retraction(term, item, id_chars);
    put_body(term, item, id_chars);
    put_forks(term, item);
    cli_end(term);
}
