/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

#include "input.h"
#include "report.h"

#include "protocol/kinds/team.h"
#include "protocol/text.h"

void cli_draft_begin(struct cli_draft *draft, enum assay_kind kind)
{
    memset(draft, 0, sizeof(*draft));
    draft->store.kind = kind;
    cli_signer_salt(draft->salt);
    assay_cbor_writer_init(&draft->writer, draft->buffer,
                           sizeof(draft->buffer));
}

enum cli_exit cli_draft_about(struct cli_draft *draft,
                              enum assay_relation relation,
                              const struct assay_id *id)
{
    struct store_draft *store = &draft->store;

    for (size_t index = 0; index < store->about_count; index++) {
        if (store->about[index].relation == (uint64_t)relation &&
            assay_id_equal(&store->about[index].id, id)) {
            return CLI_DONE;
        }
    }
    if (store->about_count == ASSAY_LIST_MAX) {
        cli_report("a record speaks about at most %d others", ASSAY_LIST_MAX);
        return CLI_REFUSED;
    }
    store->about[store->about_count].relation = (uint64_t)relation;
    store->about[store->about_count].id = *id;
    store->about_count++;
    return CLI_DONE;
}

enum cli_exit cli_draft_end(struct cli_draft *draft)
{
    enum assay_err err =
        assay_cbor_writer_finish(&draft->writer, &draft->store.body);

    if (err != ASSAY_OK) {
        cli_report("the texts together are longer than a record may be "
                   "(%d bytes)",
                   ASSAY_RECORD_MAX);
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

enum cli_exit cli_draft_write(struct cli_context *context,
                              const struct cli_signer *signer,
                              struct cli_draft *draft)
{
    enum cli_exit exit_code = cli_draft_end(draft);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    return cli_signer_write(context, signer, &draft->store, NULL);
}

enum cli_exit cli_draft_view(struct cli_context *context,
                             struct store_view **view_out)
{
    enum cli_exit exit_code = cli_context_open(context, STORE_WRITE);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    return cli_context_view(context, STORE_NOW, view_out);
}

enum cli_exit cli_draft_about_options(struct cli_draft *draft,
                                      struct store_view *view,
                                      const struct cli_args *args,
                                      const char *name, enum assay_kind kind,
                                      enum assay_relation relation)
{
    size_t count = cli_args_count(args, name);

    for (size_t index = 0; index < count; index++) {
        struct assay_id id;
        enum cli_exit exit_code = cli_context_record(
            view, cli_args_value_at(args, name, index), (uint64_t)kind, &id);

        if (exit_code == CLI_DONE) {
            exit_code = cli_draft_about(draft, relation, &id);
        }
        if (exit_code != CLI_DONE) {
            return exit_code;
        }
    }
    return CLI_DONE;
}

/* Who speaks under a grant; refuses one whose path is not held. */
static enum cli_exit find_authority(struct store_view *view,
                                    const struct assay_id *grant,
                                    const struct assay_authority **by_out)
{
    struct assay_validity *validity = NULL;
    const struct assay_authority *by = NULL;
    enum assay_err err = store_view_validity(view, &validity);

    if (err == ASSAY_OK) {
        err = assay_validity_authority(validity, grant, &by);
    }
    if (err != ASSAY_OK) {
        return cli_report_err("looking up who speaks", err, NULL);
    }
    if (by == NULL) {
        cli_report("who wrote this record cannot be told: part of its path of "
                   "authority is not held here");
        return CLI_REFUSED;
    }
    *by_out = by;
    return CLI_DONE;
}

enum cli_exit cli_draft_target(struct store_view *view,
                               const struct assay_id *id,
                               struct store_row *row_out,
                               const struct assay_authority **by_out)
{
    enum assay_err err = store_view_by_id(view, id, row_out);

    if (err != ASSAY_OK) {
        return cli_report_err("reading the record", err, NULL);
    }
    return find_authority(view, assay_record_log(&row_out->record), by_out);
}

enum cli_exit cli_draft_signer(struct store_view *view,
                               const struct cli_signer *signer,
                               const struct assay_authority **by_out)
{
    return find_authority(view, &signer->grant, by_out);
}
