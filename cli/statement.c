/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include "editor.h"
#include "input.h"
#include "report.h"

#include "protocol/kinds/team.h"

#include <stdlib.h>

static enum cli_exit aim(struct cli_statement *statement,
                         const struct cli_statement_form *form)
{
    enum cli_exit exit_code = CLI_DONE;

    if (form->aim == NULL) {
        return CLI_DONE;
    }
    exit_code =
        cli_context_view(statement->context, STORE_NOW, &statement->view);
    if (exit_code == CLI_DONE) {
        exit_code = form->aim(statement);
    }
    store_view_end(statement->view);
    statement->view = NULL;
    return exit_code;
}

static enum cli_exit unlock_and_read(struct cli_statement *statement,
                                     const struct cli_statement_form *form,
                                     char **text_out, char **draft_out)
{
    const char *given = cli_args_value(statement->args, form->option);
    enum cli_exit exit_code = CLI_DONE;

    if (given != NULL) {
        exit_code =
            cli_input_text(form->option, given, "", text_out, draft_out);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_signer_unlock(statement->context, &statement->signer);
    }
    if (exit_code == CLI_DONE && given == NULL && form->hint != NULL) {
        exit_code =
            cli_input_text(form->option, NULL, form->hint, text_out, draft_out);
    }
    return exit_code;
}

static void write_body(struct cli_statement *statement,
                       const struct cli_statement_form *form, const char *text)
{
    const struct assay_note note = {.text = assay_bytes_of(text)};

    if (form->write != NULL) {
        form->write(statement, text);
    } else {
        assay_note_write(&note, statement->draft.salt,
                         &statement->draft.writer);
    }
}

static enum cli_exit make(struct cli_statement *statement,
                          const struct cli_statement_form *form)
{
    char *text = NULL;
    char *draft = NULL;
    enum cli_exit exit_code = aim(statement, form);

    if (exit_code == CLI_DONE) {
        exit_code = unlock_and_read(statement, form, &text, &draft);
    }
    if (exit_code == CLI_DONE) {
        write_body(statement, form, text);
        exit_code = cli_draft_write(statement->context, &statement->signer,
                                    &statement->draft);
    }
    free(text);
    return cli_editor_end(draft, exit_code);
}

enum cli_exit cli_statement_make(struct cli_context *context,
                                 const struct cli_args *args,
                                 const struct cli_statement_form *form,
                                 void *said)
{
    struct cli_statement *statement = calloc(1, sizeof(*statement));
    enum cli_exit exit_code;

    if (statement == NULL) {
        return cli_report_err("memory", ASSAY_E_NOMEM, NULL);
    }
    statement->context = context;
    statement->args = args;
    statement->said = said;
    cli_draft_begin(&statement->draft, form->kind);
    exit_code = cli_signer_choose(context, false, &statement->signer);
    if (exit_code == CLI_DONE) {
        exit_code = make(statement, form);
    }
    cli_signer_clear(&statement->signer);
    free(statement);
    return exit_code;
}
