/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h - texts that a person gives: on the command line, on standard input
 * ("-"), in an editor, or a passphrase on the terminal.
 */
#ifndef ASSAY_CLI_INPUT_H
#define ASSAY_CLI_INPUT_H

#include "context.h"

/*
 * Puts standard input, up to its end but for line ends there, in the place of
 * the "-" that an option which takes a TEXT was given; *text_out is
 * what args borrows then (malloc'ed), and is left as it is where there is none.
 * CLI_USAGE where "-" is given more than once, since it can be read once only;
 * CLI_REFUSED where it is longer than ASSAY_TEXT_MAX or has a zero byte.
 */
enum cli_exit cli_input_standard(const struct cli_command *command,
                                 struct cli_args *args, char **text_out);

/*
 * The text of an option: its value; left out (NULL) on a terminal, $VISUAL or
 * $EDITOR is opened, with hint as comment lines, as git does: *draft_out is
 * then the path of what was typed, also where that is refused, for
 * cli_editor_end; else it is left as it is. Checked to be allowed text of at
 * most ASSAY_TEXT_MAX bytes; surrounding white space is taken off. malloc'ed.
 */
enum cli_exit cli_input_text(const char *option_name, const char *value,
                             const char *hint, char **text_out,
                             char **draft_out);

/* A time: Unix seconds, a date (its first second in UTC), or RFC 3339. */
enum cli_exit cli_input_time(const char *text, uint64_t *time_s_out);

/* What a passphrase is for. */
enum cli_passphrase {
    CLI_PASSPHRASE_HELD,   /* Opens a key that has it. */
    CLI_PASSPHRASE_NEW,    /* Is given to a key that is made; may be none. */
    CLI_PASSPHRASE_SET,    /* Is given to a key that has none. */
    CLI_PASSPHRASE_CHANGED /* Takes the place of another. */
};

/*
 * A passphrase in sodium_malloc'ed memory of *len_out bytes (free it with
 * sodium_free): the first line of a file, else asked on the terminal without
 * echo, twice where it is set. The file is that of $ASSAY_PASSPHRASE_FILE for
 * one that is held, of $ASSAY_NEW_PASSPHRASE_FILE for one that is changed, and
 * for the others of the latter, else of the former. Without a file and a
 * terminal: NULL and CLI_DONE for a new one, CLI_ENVIRONMENT else.
 */
enum cli_exit cli_input_passphrase(const char *prompt, enum cli_passphrase use,
                                   char **passphrase_out, size_t *len_out);

#endif
