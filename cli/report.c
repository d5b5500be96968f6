/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "term.h"

/* What a message may be long: a path, an id and some words. */
#define MESSAGE_MAX 8192

/* Writes text so that no terminal obeys it and nothing is buried in it; its
 * lines stay lines. */
static void write_harmless(const char *text)
{
    const struct cli_look look = cli_look_of(stderr);
    struct cli_cells cells = {
        .text = assay_bytes_of(text),
        .form = CLI_TEXT,
        .is_utf8 = look.is_utf8,
    };
    struct cli_charset charset;
    struct cli_cell cell;

    cli_charset_open(&charset);
    while (cli_cells_next(&cells, &cell)) {
        if (cell.kind == CLI_CELL_BREAK) {
            (void)fputc('\n', stderr);
        } else {
            (void)fwrite(cell.bytes, 1, cell.len, stderr);
        }
    }
    cli_charset_close(&charset);
}

static void say(const char *prefix, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

static void say(const char *prefix, const char *format, va_list values)
{
    char *message = malloc(MESSAGE_MAX);

    ASSAY_CHECK(message != NULL);
    (void)vsnprintf(message, MESSAGE_MAX, format, values);
    (void)fputs(prefix, stderr);
    write_harmless(message);
    (void)fputc('\n', stderr);
    free(message);
}

void cli_report(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say("assay: ", format, values);
    va_end(values);
}

void cli_note(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say("", format, values);
    va_end(values);
}

enum cli_exit cli_exit_of(enum assay_err err)
{
    switch (err) {
    case ASSAY_OK:
        return CLI_DONE;
    case ASSAY_E_NOT_FOUND:
    case ASSAY_E_AMBIGUOUS:
        return CLI_NO;
    case ASSAY_E_TRUNCATED:
    case ASSAY_E_MALFORMED:
    case ASSAY_E_LIMIT:
    case ASSAY_E_SIGNATURE:
    case ASSAY_E_KEY:
    case ASSAY_E_TAG:
    case ASSAY_E_PEER:
    case ASSAY_E_BODY:
    case ASSAY_E_AUTH:
    case ASSAY_E_SEQ:
    case ASSAY_E_PREV:
    case ASSAY_E_EARLY:
    case ASSAY_E_FROZEN:
        return CLI_REFUSED;
    case ASSAY_E_STOPPED:
        return CLI_INTERRUPTED;
    case ASSAY_E_EXISTS:
    case ASSAY_E_VERSION:
    case ASSAY_E_PASSPHRASE:
    case ASSAY_E_UNSAFE:
    case ASSAY_E_ACCESS:
    case ASSAY_E_READONLY:
    case ASSAY_E_FULL:
    case ASSAY_E_IO:
    case ASSAY_E_NOMEM:
    case ASSAY_E_CORRUPT:
    case ASSAY_E_BUSY:
        return CLI_ENVIRONMENT;
    }
    return CLI_ENVIRONMENT;
}

/* What to do next, where there is something. */
static const struct {
    enum assay_err err;
    const char *advice;
} advice[] = {
    {ASSAY_E_FULL, " Free some space and run the command again; nothing that "
                   "was acknowledged is lost."},
    {ASSAY_E_CORRUPT, " Run: assay check"},
    {ASSAY_E_VERSION, " Use a newer assay."},
    {ASSAY_E_PASSPHRASE, " Type it when asked on a terminal, or name a file "
                         "that holds it in ASSAY_PASSPHRASE_FILE."},
    {ASSAY_E_BUSY, " Try again in a moment."},
    {ASSAY_E_AUTH, " Who may speak for a team: assay team show TEAM"},
};

static const char *advice_of(enum assay_err err)
{
    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
        if (advice[i].err == err) {
            return advice[i].advice;
        }
    }
    return "";
}

/* The rule, where it says more than the phrase that stands before it. */
static const char *rule_beside(enum assay_err err, const char *rule)
{
    return rule == NULL || strcmp(rule, assay_err_phrase(err)) == 0 ? "" : rule;
}

enum cli_exit cli_report_err(const char *what, enum assay_err err,
                             const struct assay_fault *fault)
{
    const char *rule = rule_beside(err, fault == NULL ? NULL : fault->rule);

    cli_report("%s: %s%s%s.%s", what, assay_err_phrase(err),
               rule[0] == '\0' ? "" : ": ", rule, advice_of(err));
    return cli_exit_of(err);
}

void cli_report_refused(void *context, uint64_t offset,
                        const struct assay_id *id, enum assay_err err,
                        const char *rule)
{
    char text[ASSAY_ID_TEXT_MAX] = "a record";

    (void)context;
    rule = rule_beside(err, rule);
    if (id != NULL) {
        assay_id_format(ASSAY_ID_RECORD, id->hash, text);
    }
    cli_report("at byte %" PRIu64 ": %s: %s%s%s", offset, text,
               assay_err_phrase(err), rule[0] == '\0' ? "" : ": ", rule);
}
