/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "report.h"

#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"
#include "protocol/kinds/verdict.h"
#include "store/batch.h"

#include <stdio.h>

void cli_load_place(const struct cli_load *load,
                    const struct cli_manifest_place *from,
                    struct assay_place *place_out)
{
    memset(place_out, 0, sizeof(*place_out));
    place_out->url = assay_bytes_of(from->url);
    place_out->exact = assay_bytes_of(from->quote);
    place_out->prefix = assay_bytes_of(from->prefix);
    place_out->suffix = assay_bytes_of(from->suffix);
    if (from->capture.key != NULL) {
        place_out->has_capture = true;
        place_out->capture = load->capture_ids[from->capture.index];
    }
}

/* Signs the draft for a team and puts it into the batch. where names its entry
 * in the manifest where it fails. */
static enum cli_exit put(const struct cli_load *load, struct store_batch *batch,
                         const struct cli_signer *signer,
                         struct cli_draft *draft, struct assay_id *id_out)
{
    enum cli_exit exit_code = cli_draft_end(draft);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    return cli_signer_put(load->context, batch, signer, &draft->store, id_out);
}

static enum cli_exit put_capture(struct cli_load *load,
                                 struct store_batch *batch, size_t index)
{
    const struct cli_manifest_capture *from = &load->manifest->captures[index];
    const struct cli_load_capture *found = &load->captures[index];
    struct assay_capture capture;
    struct cli_draft draft;

    memset(&capture, 0, sizeof(capture));
    capture.url = assay_bytes_of(from->url);
    capture.media_type = assay_bytes_of(found->media_type);
    capture.size = found->size;
    memcpy(capture.sha256, found->sha256, sizeof(capture.sha256));
    capture.has_captured_at = from->captured_at != NULL;
    capture.captured_at_s = found->captured_at_s;
    capture.title = assay_bytes_of(from->title);
    capture.author = assay_bytes_of(from->author);
    capture.published = assay_bytes_of(from->published);
    cli_draft_begin(&draft, ASSAY_KIND_CAPTURE);
    assay_capture_write(&capture, draft.salt, &draft.writer);
    return put(load, batch, cli_load_signer(load, NULL, NULL), &draft,
               &load->capture_ids[index]);
}

static enum cli_exit put_claim(struct cli_load *load, struct store_batch *batch,
                               size_t index)
{
    const struct cli_manifest_claim *from = &load->manifest->claims[index];
    struct assay_claim claim;
    struct cli_draft draft;
    enum cli_exit exit_code = CLI_DONE;

    memset(&claim, 0, sizeof(claim));
    claim.text = assay_bytes_of(from->text);
    claim.lang = assay_bytes_of(from->lang);
    claim.speaker = assay_bytes_of(from->speaker);
    claim.said = assay_bytes_of(from->said);
    claim.topics.count = from->topics.count;
    for (size_t i = 0; i < from->topics.count; i++) {
        claim.topics.items[i] = assay_bytes_of(from->topics.items[i].key);
    }
    cli_draft_begin(&draft, ASSAY_KIND_CLAIM);
    claim.place_count = from->place_count;
    for (size_t i = 0; exit_code == CLI_DONE && i < from->place_count; i++) {
        cli_load_place(load, &from->places[i], &claim.places[i]);
        if (claim.places[i].has_capture) {
            exit_code = cli_draft_about(&draft, ASSAY_REL_CAPTURE,
                                        &claim.places[i].capture);
        }
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    assay_claim_write(&claim, draft.salt, &draft.writer);
    return put(load, batch, cli_load_signer(load, from->team, NULL), &draft,
               &load->claim_ids[index]);
}

static enum cli_exit put_source(struct cli_load *load,
                                struct store_batch *batch, size_t index)
{
    const struct cli_manifest_source *from = &load->manifest->sources[index];
    struct assay_source source;
    struct cli_draft draft;

    memset(&source, 0, sizeof(source));
    source.stance = from->stance;
    source.note = assay_bytes_of(from->note);
    cli_load_place(load, &from->place, &source.place);
    cli_draft_begin(&draft, ASSAY_KIND_SOURCE);
    enum cli_exit exit_code =
        cli_draft_about(&draft, ASSAY_REL_ON, &load->claim_ids[from->claim]);
    if (exit_code == CLI_DONE && source.place.has_capture) {
        exit_code =
            cli_draft_about(&draft, ASSAY_REL_CAPTURE, &source.place.capture);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    assay_source_write(&source, draft.salt, &draft.writer);
    return put(load, batch, cli_load_signer(load, from->team, NULL), &draft,
               &load->source_ids[index]);
}

static enum cli_exit about_list(struct cli_draft *draft,
                                enum assay_relation relation,
                                const struct cli_manifest_list *list,
                                const struct assay_id *ids)
{
    enum cli_exit exit_code = CLI_DONE;

    for (size_t i = 0; exit_code == CLI_DONE && i < list->count; i++) {
        exit_code =
            cli_draft_about(draft, relation, &ids[list->items[i].index]);
    }
    return exit_code;
}

static enum cli_exit put_verdict(struct cli_load *load,
                                 struct store_batch *batch, size_t index)
{
    const struct cli_manifest_verdict *from = &load->manifest->verdicts[index];
    const struct assay_verdict verdict = {
        .rating = from->rating,
        .label = assay_bytes_of(from->label),
        .lang = assay_bytes_of(from->lang),
        .rationale = assay_bytes_of(from->rationale),
        .review_url = assay_bytes_of(from->review_url)};
    struct cli_draft draft;

    cli_draft_begin(&draft, ASSAY_KIND_VERDICT);
    enum cli_exit exit_code =
        cli_draft_about(&draft, ASSAY_REL_ON, &load->claim_ids[from->claim]);
    if (exit_code == CLI_DONE) {
        exit_code =
            about_list(&draft, ASSAY_REL_CITES, &from->cites, load->source_ids);
    }
    if (exit_code == CLI_DONE) {
        exit_code = about_list(&draft, ASSAY_REL_SUPERSEDES, &from->supersedes,
                               load->verdict_ids);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    assay_verdict_write(&verdict, draft.salt, &draft.writer);
    return put(load, batch, cli_load_signer(load, from->team, NULL), &draft,
               &load->verdict_ids[index]);
}

/* Ends a record whose body is a note, and puts it. */
static enum cli_exit put_note(const struct cli_load *load,
                              struct store_batch *batch,
                              const struct cli_signer *signer,
                              struct cli_draft *draft, const char *text)
{
    const struct assay_note note = {.text = assay_bytes_of(text)};
    struct assay_id id;

    assay_note_write(&note, draft->salt, &draft->writer);
    return put(load, batch, signer, draft, &id);
}

static enum cli_exit put_link(struct cli_load *load, struct store_batch *batch,
                              size_t index)
{
    const struct cli_manifest_link *from = &load->manifest->links[index];
    struct cli_draft draft;

    cli_draft_begin(&draft, ASSAY_KIND_LINK);
    enum cli_exit exit_code = cli_draft_about(
        &draft, ASSAY_REL_ON, &load->claim_ids[from->from.index]);
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(&draft, (enum assay_relation)from->relation,
                                    &load->claim_ids[from->to.index]);
    }
    return exit_code != CLI_DONE
               ? exit_code
               : put_note(load, batch, cli_load_signer(load, from->team, NULL),
                          &draft, from->note);
}

static enum cli_exit put_challenge(struct cli_load *load,
                                   struct store_batch *batch, size_t index)
{
    const struct cli_manifest_challenge *from =
        &load->manifest->challenges[index];
    const struct assay_id *ids =
        from->on_kind == ASSAY_KIND_CLAIM    ? load->claim_ids
        : from->on_kind == ASSAY_KIND_SOURCE ? load->source_ids
                                             : load->verdict_ids;
    struct cli_draft draft;

    cli_draft_begin(&draft, ASSAY_KIND_CHALLENGE);
    enum cli_exit exit_code =
        cli_draft_about(&draft, ASSAY_REL_ON, &ids[from->on.index]);
    if (exit_code == CLI_DONE) {
        exit_code =
            about_list(&draft, ASSAY_REL_CITES, &from->cites, load->source_ids);
    }
    return exit_code != CLI_DONE
               ? exit_code
               : put_note(load, batch, cli_load_signer(load, from->team, NULL),
                          &draft, from->reason);
}

static enum cli_exit put_endorsement(struct cli_load *load,
                                     struct store_batch *batch, size_t index)
{
    const struct cli_manifest_endorsement *from =
        &load->manifest->endorsements[index];
    struct cli_draft draft;

    cli_draft_begin(&draft, ASSAY_KIND_ENDORSE);
    enum cli_exit exit_code = cli_draft_about(
        &draft, ASSAY_REL_ON, &load->verdict_ids[from->on.index]);
    return exit_code != CLI_DONE
               ? exit_code
               : put_note(load, batch,
                          cli_load_signer(load, from->team, from->as), &draft,
                          from->note);
}

/* Each list before those that name its entries. */
static enum cli_exit put_all(struct cli_load *load, struct store_batch *batch)
{
    const struct cli_manifest *manifest = load->manifest;
    const struct {
        const char *name;
        size_t count;
        enum cli_exit (*put)(struct cli_load *load, struct store_batch *batch,
                             size_t index);
    } lists[] = {
        {"captures", manifest->capture_count, put_capture},
        {"claims", manifest->claim_count, put_claim},
        {"sources", manifest->source_count, put_source},
        {"verdicts", manifest->verdict_count, put_verdict},
        {"links", manifest->link_count, put_link},
        {"challenges", manifest->challenge_count, put_challenge},
        {"endorsements", manifest->endorsement_count, put_endorsement}};
    uint64_t total = 0;
    uint64_t done = 0;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        total += lists[i].count;
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t index = 0; index < lists[i].count; index++) {
            enum cli_exit exit_code = lists[i].put(load, batch, index);

            cli_progress_show(&load->watch.progress, ++done, total,
                              "records signed");
            if (exit_code == CLI_DONE && cli_interrupt_has_come()) {
                cli_progress_end(&load->watch.progress);
                return cli_load_stopped();
            }
            if (exit_code != CLI_DONE) {
                cli_progress_end(&load->watch.progress);
                cli_report("nothing was loaded; it is number %zu of the %s",
                           index + 1, lists[i].name);
                return exit_code;
            }
        }
    }
    return CLI_DONE;
}

enum cli_exit cli_load_records(struct cli_load *load)
{
    struct store_ledger *ledger = load->context->ledger;
    struct store_batch *batch = NULL;
    enum assay_err err =
        store_batch_begin(ledger, load->context->now_s, &batch);

    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(ledger), err, NULL);
    }
    enum cli_exit exit_code = put_all(load, batch);
    cli_progress_end(&load->watch.progress);
    if (exit_code != CLI_DONE) {
        store_batch_abort(batch);
        return exit_code;
    }
    err = store_batch_commit(batch);
    return err == ASSAY_OK
               ? CLI_DONE
               : cli_report_err(store_ledger_dir(ledger), err, NULL);
}
