/* SPDX-License-Identifier: Apache-2.0 */
/*
 * editor.h - a text that a person writes in an editor, as git asks for one.
 */
#ifndef ASSAY_CLI_EDITOR_H
#define ASSAY_CLI_EDITOR_H

#include "command.h"

/*
 * Opens $VISUAL, $EDITOR or vi on a new file of mode 0600 with hint as comment
 * lines; lines that begin with "#" are left out of what comes back
 * (malloc'ed). The file stays: end it with cli_editor_end, once what was
 * written is in the ledger or cannot be; path_out is its path, NULL where
 * nothing was written in it. CLI_USAGE without a terminal: the option is then
 * needed. CLI_REFUSED where the file is longer than a text and its hints may
 * be, or has a zero byte, CLI_ENVIRONMENT where the editor failed: then it is
 * ended already.
 */
enum cli_exit cli_editor_text(const char *option_name, const char *hint,
                              char **text_out, char **path_out);

/* Removes the file (NULL: none) where code is CLI_DONE; else leaves it, since
 * somebody typed it, and says where. Frees path; returns code. */
enum cli_exit cli_editor_end(char *path, enum cli_exit code);

#endif
