/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "report.h"
#include "scratch.h"
#include "store/chain.h"
#include "store/lists.h"
#include "store/transfer.h"
#include "verify.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Claims whose standing is said, and teams that are counted: a file with more
 * is no proof of a claim but a whole ledger. */
#define CLAIMS_MAX 100
#define TEAMS_MAX 1024

static bool go_on(void *context, const struct store_import_report *so_far)
{
    (void)context;
    (void)so_far;
    return !cli_interrupt_has_come();
}

static void count(struct cli_term *term, enum cli_step step, uint64_t number,
                  const char *what)
{
    char text[CLI_NUMBER_MAX];

    if (number > 0) {
        cli_number(number, text);
        cli_verify_mark(term, step);
        cli_putf(term, CLI_PLAIN, "%s %s", text, what);
        cli_end(term);
    }
}

/* What the file holds; true where all of it is whole and right. */
static bool write_report(struct cli_term *term,
                         const struct store_import_report *report)
{
    count(term, CLI_STEP_GOOD, report->added,
          "records verified: form, signature, authority, place");
    count(term, CLI_STEP_GOOD, report->captures,
          "captures with the hash that is signed");
    count(term, CLI_STEP_BAD, report->refused, "records are REFUSED");
    count(term, CLI_STEP_BAD, report->early, "records lack what they build on");
    if (report->records == 0) {
        cli_verify_mark(term, CLI_STEP_BAD);
        cli_put(term, CLI_PLAIN, "it holds no records");
        cli_end(term);
    }
    if (report->is_cut) {
        cli_verify_mark(term, CLI_STEP_BAD);
        cli_putf(term, CLI_PLAIN,
                 "the file is CUT: what is whole ends at byte %" PRIu64,
                 report->cut_offset);
        cli_end(term);
    }
    return report->records > 0 && report->refused == 0 && report->early == 0 &&
           !report->is_cut;
}

/* The teams in the file, up to TEAMS_MAX. */
static enum assay_err find_teams(struct store_view *view,
                                 struct assay_id *teams, size_t *count_out)
{
    const struct store_list_query query = {.list = STORE_LIST_KIND,
                                           .kind = ASSAY_KIND_FOUND};
    struct store_row row;
    uint64_t cursor = 0;
    size_t found = 0;
    enum assay_err err = store_list_next(view, &query, &cursor, &row);

    while (err == ASSAY_OK && found < TEAMS_MAX) {
        teams[found++] = row.record.id;
        err = store_list_next(view, &query, &cursor, &row);
    }
    *count_out = found;
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static void write_standing(struct cli_term *term,
                           const struct store_chain *chain)
{
    char number[CLI_NUMBER_MAX];

    cli_verify_id(term, ASSAY_ID_CLAIM, chain->item.id.hash, 0);
    cli_put(term, CLI_PLAIN, ": ");
    cli_put(term, CLI_BOLD, assay_standing_name(chain->standing.standing));
    cli_number(chain->standing.current_count, number);
    cli_putf(term, CLI_PLAIN, ", with %s current verdict%s", number,
             chain->standing.current_count == 1 ? "" : "s");
    if (chain->claim.text.data != NULL) {
        cli_put(term, CLI_PLAIN, ", of \u201c");
        cli_put_text(term, CLI_PLAIN, chain->claim.text, CLI_LINE);
        cli_put(term, CLI_PLAIN, "\u201d");
    }
    cli_end(term);
    for (size_t i = 0; i < chain->verdict_count; i++) {
        const struct store_chain_verdict *verdict = &chain->verdicts[i];

        if (verdict->is_current) {
            cli_node_begin(term, i + 1 == chain->standing.current_count);
            cli_put(term, CLI_BOLD, assay_rating_name(verdict->verdict.rating));
            cli_put(term, CLI_PLAIN, " by ");
            cli_put_text(term, CLI_PLAIN, verdict->item.team_name, CLI_LINE);
            cli_end(term);
            cli_node_end(term);
        }
    }
}

static enum assay_err write_claims(struct cli_term *term,
                                   struct store_ledger *ledger,
                                   struct store_view *view,
                                   const struct store_chain_options *options)
{
    const struct store_list_query query = {.list = STORE_LIST_KIND,
                                           .kind = ASSAY_KIND_CLAIM};
    struct store_row row;
    uint64_t cursor = 0;
    size_t claims = 0;
    enum assay_err err = store_list_next(view, &query, &cursor, &row);

    while (err == ASSAY_OK && claims++ < CLAIMS_MAX) {
        struct store_chain *chain = NULL;

        err = store_chain_walk(view, ledger, &row.record.id, options, &chain);
        if (err == ASSAY_OK) {
            write_standing(term, chain);
            err = store_list_next(view, &query, &cursor, &row);
        }
        store_chain_free(chain);
    }
    if (err == ASSAY_OK) {
        cli_put(term, CLI_PLAIN,
                "There are more claims in it: import it into "
                "a ledger to see them.");
        cli_end(term);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err write_standings(struct cli_term *term,
                                      struct store_ledger *ledger)
{
    struct assay_id *teams = calloc(TEAMS_MAX, sizeof(*teams));
    struct store_chain_options options = {.own_teams = teams};
    struct store_view *view = NULL;
    enum assay_err err = ASSAY_E_NOMEM;

    if (teams == NULL) {
        return err;
    }
    err = store_view_begin(ledger, STORE_NOW, &view);
    if (err == ASSAY_OK) {
        err = find_teams(view, teams, &options.own_team_count);
    }
    if (err == ASSAY_OK) {
        cli_gap_line(term);
        cli_put(term, CLI_PLAIN,
                "Where its claims stand, every team in it counted:");
        cli_end(term);
        err = write_claims(term, ledger, view, &options);
    }
    store_view_end(view);
    free(teams);
    return err;
}

static enum cli_exit read_file(struct cli_term *term,
                               struct store_ledger *ledger, int fd,
                               const char *path, uint64_t now_s)
{
    const struct store_import_hooks hooks = {.refused = cli_report_refused,
                                             .progress = go_on};
    struct store_import_report report = {0};
    enum assay_err err;
    bool is_good;

    cli_interrupt_catch();
    err = store_import(ledger, fd, 0, now_s, &hooks, &report);
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    is_good = write_report(term, &report);
    err = write_standings(term, ledger);
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    return is_good ? CLI_DONE : CLI_NO;
}

static enum cli_exit read_apart(int fd, const char *path, uint64_t now_s)
{
    const struct cli_look look = cli_look_of(stdout);
    struct cli_scratch scratch = {0};
    struct cli_term term;
    enum cli_exit code;
    enum assay_err err = cli_scratch_open(&scratch);

    if (err != ASSAY_OK) {
        return cli_report_err("a temporary ledger", err, NULL);
    }
    cli_term_open(&term, stdout, &look);
    code = read_file(&term, scratch.ledger, fd, path, now_s);
    cli_term_close(&term);
    err = cli_scratch_close(&scratch);
    if (err != ASSAY_OK) {
        return cli_report_err("removing the temporary ledger", err, NULL);
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        return cli_report_err("standard output", ASSAY_E_IO, NULL);
    }
    return code;
}

enum cli_exit cli_verify_file(const char *path, uint64_t now_s)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum cli_exit code;

    if (fd < 0) {
        cli_report("%s cannot be opened: %s.", path, strerror(errno));
        return CLI_ENVIRONMENT;
    }
    code = read_apart(fd, path, now_s);
    (void)close(fd);
    return code;
}
