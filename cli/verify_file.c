/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "render_json.h"
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

/* Where the answer goes: to people, or into lists of a document. */
struct output {
    struct cli_watch watch;
    struct cli_term term;
    struct cli_doc doc;
    json_t *document; /* NULL: for people. */
    json_t *faults;   /* Lent by the document, as claims is. */
    json_t *claims;
};

static bool go_on(void *context, const struct store_import_report *so_far)
{
    struct output *output = context;

    cli_progress_show(&output->watch.progress, so_far->records, 0,
                      "records read");
    return !cli_interrupt_has_come();
}

static void tell_refused(void *context, uint64_t offset,
                         const struct assay_id *id, enum assay_err err,
                         const char *rule)
{
    struct output *output = context;
    json_t *fault;

    cli_progress_end(&output->watch.progress);
    if (output->document == NULL) {
        cli_report_refused(NULL, offset, id, err, rule);
        return;
    }
    if (json_array_size(output->faults) == CLI_VERIFY_FAULTS_MAX) {
        return;
    }
    fault = cli_doc_object(&output->doc);
    cli_doc_put_id(&output->doc, fault, "id", ASSAY_ID_RECORD,
                   id == NULL ? NULL : id->hash);
    cli_doc_put_number(&output->doc, fault, "offset", offset);
    cli_doc_put_word(&output->doc, fault, "sentence",
                     rule == NULL ? assay_err_phrase(err) : rule);
    cli_doc_add(&output->doc, output->faults, fault);
}

static bool is_good(const struct store_import_report *report)
{
    return report->records > 0 && report->refused == 0 && report->early == 0 &&
           !report->is_cut;
}

/* What the file holds. */
static void write_report(struct cli_term *term,
                         const struct store_import_report *report)
{
    cli_verify_count(term, CLI_STEP_GOOD, report->added,
                     "records verified: form, signature, authority, place");
    cli_verify_count(term, CLI_STEP_GOOD, report->captures,
                     "captures with the hash that is signed");
    cli_verify_count(term, CLI_STEP_BAD, report->refused,
                     "records are REFUSED");
    cli_verify_count(term, CLI_STEP_BAD, report->early,
                     "records lack what they build on");
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
}

static void put_report(struct cli_doc *doc, json_t *document,
                       const struct store_import_report *report)
{
    cli_doc_put_bool(doc, document, "is_good", is_good(report));
    cli_doc_put_number(doc, document, "records", report->records);
    cli_doc_put_number(doc, document, "verified", report->added);
    cli_doc_put_number(doc, document, "refused", report->refused);
    cli_doc_put_number(doc, document, "early", report->early);
    cli_doc_put_number(doc, document, "captures", report->captures);
    cli_doc_put_bool(doc, document, "is_cut", report->is_cut);
    if (report->is_cut) {
        cli_doc_put_number(doc, document, "cut_offset", report->cut_offset);
    } else {
        cli_doc_put_null(doc, document, "cut_offset");
    }
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

static void add_standing(struct output *output, const struct store_chain *chain)
{
    struct cli_doc *doc = &output->doc;
    json_t *object = cli_doc_object(doc);
    json_t *verdicts = cli_doc_list(doc);

    cli_doc_put_id(doc, object, "id", ASSAY_ID_CLAIM, chain->item.id.hash);
    cli_doc_put_text(doc, object, "text", chain->claim.text);
    cli_doc_put(doc, object, "standing",
                cli_render_json_standing(doc, &chain->standing));
    for (size_t i = 0; i < chain->verdict_count; i++) {
        const struct store_chain_verdict *verdict = &chain->verdicts[i];
        json_t *entry;

        if (!verdict->is_current) {
            continue;
        }
        entry = cli_doc_object(doc);
        cli_doc_put_id(doc, entry, "id", ASSAY_ID_VERDICT,
                       verdict->item.id.hash);
        cli_doc_put_word(doc, entry, "rating",
                         assay_rating_name(verdict->verdict.rating));
        cli_doc_put_id(doc, entry, "team", ASSAY_ID_TEAM,
                       verdict->item.validity.authority->team.hash);
        cli_doc_put_text(doc, entry, "team_name", verdict->item.team_name);
        cli_doc_add(doc, verdicts, entry);
    }
    cli_doc_put(doc, object, "verdicts", verdicts);
    cli_doc_add(doc, output->claims, object);
}

/* How each claim stands, up to CLAIMS_MAX. */
static enum assay_err tell_claims(struct output *output,
                                  struct store_ledger *ledger,
                                  struct store_view *view,
                                  const struct store_chain_options *options,
                                  bool *has_more_out)
{
    const struct store_list_query query = {.list = STORE_LIST_KIND,
                                           .kind = ASSAY_KIND_CLAIM};
    struct store_row row;
    uint64_t cursor = 0;
    size_t claims = 0;
    enum assay_err err = store_list_next(view, &query, &cursor, &row);

    while (err == ASSAY_OK && claims++ < CLAIMS_MAX) {
        struct store_chain *chain = NULL;

        if (cli_interrupt_has_come()) {
            return ASSAY_E_STOPPED;
        }
        err = store_chain_walk(view, ledger, &row.record.id, options, &chain);
        if (err == ASSAY_OK && output->document == NULL) {
            write_standing(&output->term, chain);
        } else if (err == ASSAY_OK) {
            add_standing(output, chain);
        }
        store_chain_free(chain);
        if (err == ASSAY_OK) {
            err = store_list_next(view, &query, &cursor, &row);
        }
    }
    *has_more_out = err == ASSAY_OK;
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err tell_standings(struct output *output,
                                     struct store_ledger *ledger,
                                     bool *has_more_out)
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
        err = tell_claims(output, ledger, view, &options, has_more_out);
    }
    store_view_end(view);
    free(teams);
    return err;
}

static enum assay_err tell_people(struct output *output,
                                  struct store_ledger *ledger,
                                  const struct store_import_report *report)
{
    const struct cli_look look = cli_look_of(stdout);
    struct cli_term *term = &output->term;
    bool has_more = false;
    enum assay_err err;

    cli_term_open(term, stdout, &look);
    write_report(term, report);
    cli_gap_line(term);
    cli_put(term, CLI_PLAIN,
            "Where its claims stand, every team in it counted:");
    cli_end(term);
    err = tell_standings(output, ledger, &has_more);
    if (err == ASSAY_OK && has_more) {
        cli_put(term, CLI_PLAIN,
                "There are more claims in it: import it into "
                "a ledger to see them.");
        cli_end(term);
    }
    cli_term_close(term);
    if (err == ASSAY_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        err = ASSAY_E_IO;
    }
    return err;
}

static enum assay_err put_answer(struct output *output,
                                 struct store_ledger *ledger,
                                 const struct store_import_report *report)
{
    bool has_more = false;
    enum assay_err err;

    put_report(&output->doc, output->document, report);
    err = tell_standings(output, ledger, &has_more);
    cli_doc_put_bool(&output->doc, output->document, "has_more_claims",
                     has_more);
    return err;
}

static enum cli_exit say_stopped(const char *path)
{
    cli_report("interrupted before all of %s was verified; verify it again.",
               path);
    return CLI_INTERRUPTED;
}

/* Reads the file into the ledger, which is of no other use. */
static enum cli_exit read_file(struct output *output,
                               struct store_ledger *ledger, int fd,
                               const char *path, uint64_t now_s)
{
    const struct store_import_hooks hooks = {
        .context = output, .refused = tell_refused, .progress = go_on};
    struct store_import_report report = {0};
    enum assay_err err;

    cli_watch_begin(&output->watch, NULL);
    store_ledger_watch(ledger, &output->watch.store);
    err = store_import(ledger, fd, 0, now_s, &hooks, &report);
    store_ledger_watch(ledger, NULL);
    cli_watch_end(&output->watch);
    /* The last batch of a file is never stopped behind. */
    if (err == ASSAY_OK && cli_interrupt_has_come()) {
        err = ASSAY_E_STOPPED;
    }
    if (err == ASSAY_OK) {
        err = output->document == NULL ? tell_people(output, ledger, &report)
                                       : put_answer(output, ledger, &report);
    }
    if (err == ASSAY_E_STOPPED) {
        return say_stopped(path);
    }
    if (err == ASSAY_E_MALFORMED) {
        cli_report("%s is no file of records, such as assay export writes.",
                   path);
        return CLI_REFUSED;
    }
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    return is_good(&report) ? CLI_DONE : CLI_NO;
}

static enum cli_exit read_apart(struct output *output, int fd, const char *path,
                                uint64_t now_s)
{
    struct cli_scratch scratch = {0};
    enum cli_exit code;
    enum assay_err err = cli_scratch_open(&scratch);

    if (err != ASSAY_OK) {
        return cli_report_err("a temporary ledger", err, NULL);
    }
    code = read_file(output, scratch.ledger, fd, path, now_s);
    err = cli_scratch_close(&scratch);
    return err == ASSAY_OK
               ? code
               : cli_report_err("removing the temporary ledger", err, NULL);
}

static enum cli_exit verify_as_json(int fd, const char *path, uint64_t now_s)
{
    struct output output = {.document = NULL};
    struct cli_doc *doc = &output.doc;
    enum cli_exit printed;
    enum cli_exit code;

    output.document = cli_doc_begin(doc, "assay-verify-file/1");
    output.faults = cli_doc_list(doc);
    output.claims = cli_doc_list(doc);
    cli_doc_put(doc, output.document, "faults", output.faults);
    cli_doc_put(doc, output.document, "claims", output.claims);
    code = doc->has_failed ? cli_report_err(path, ASSAY_E_NOMEM, NULL)
                           : read_apart(&output, fd, path, now_s);
    if (code != CLI_DONE && code != CLI_NO) {
        json_decref(output.document);
        return code;
    }
    printed = cli_doc_print(doc, output.document);
    return printed == CLI_DONE ? code : printed;
}

enum cli_exit cli_verify_file(const char *path, uint64_t now_s, bool is_json)
{
    struct output for_people = {.document = NULL};
    enum cli_exit code;
    int fd;

    /* Before anything is made that must be removed. */
    cli_interrupt_catch();
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == EINTR) {
        return say_stopped(path);
    }
    if (fd < 0) {
        cli_report("%s cannot be opened: %s.", path, strerror(errno));
        return CLI_ENVIRONMENT;
    }
    code = is_json ? verify_as_json(fd, path, now_s)
                   : read_apart(&for_people, fd, path, now_s);
    (void)close(fd);
    return code;
}
