/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

void cli_term_line(FILE *out, struct assay_bytes text)
{
    struct cli_look look = cli_look_of(out);
    struct cli_term term;

    look.width = CLI_WIDTH_MAX;
    cli_term_open(&term, out, &look);
    if (text.data == NULL) {
        cli_put(&term, CLI_DIM, "(not known here)");
    } else {
        cli_put_text(&term, CLI_PLAIN, text, CLI_LINE);
    }
    cli_end(&term);
    cli_term_close(&term);
}
