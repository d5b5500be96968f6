/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

/* Columns that no text has: no line of it ends. */
#define UNWRAPPED 1000000

/* Columns that an entry's text begins further in: what a paragraph's later
 * lines have, too. */
#define INDENT 2

static void put(struct cli_term *term, struct assay_bytes text)
{
    if (text.data == NULL) {
        cli_put(term, CLI_DIM, "(not known here)");
    } else {
        cli_put_text(term, CLI_PLAIN, text, CLI_LINE);
    }
    cli_end(term);
}

void cli_term_line(FILE *out, struct assay_bytes text)
{
    const struct cli_look look = cli_look_of(out);
    struct cli_term term;

    cli_term_open(&term, out, &look);
    term.look.width = UNWRAPPED;
    put(&term, text);
    cli_term_close(&term);
}

void cli_term_entry(FILE *out, const char *head, struct assay_bytes text)
{
    const struct cli_look look = cli_look_of(out);
    struct cli_term term;

    if (!cli_is_terminal(out)) {
        (void)fprintf(out, "%s  ", head);
        cli_term_line(out, text);
        return;
    }
    (void)fprintf(out, "%s\n%*s", head, INDENT, "");
    cli_term_open(&term, out, &look);
    term.look.width -= INDENT;
    put(&term, text);
    cli_term_close(&term);
}
