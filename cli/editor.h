/* SPDX-License-Identifier: Apache-2.0 */
/*
 * editor.h - a text that a person writes in an editor, as git asks for one.
 */
#ifndef ASSAY_CLI_EDITOR_H
#define ASSAY_CLI_EDITOR_H

#include "command.h"

/*
 * Opens $VISUAL, $EDITOR or vi on a file of mode 0600 with hint as comment
 * lines; lines that begin with "#" are left out of what comes back
 * (malloc'ed). CLI_USAGE without a terminal: the option is then needed.
 */
enum cli_exit cli_editor_text(const char *option_name, const char *hint,
                              char **text_out);

#endif
