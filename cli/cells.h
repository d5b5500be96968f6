/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells.h - text from a record, cut into what a terminal may be shown.
 *
 * A record can hold any valid text, and its author may be an enemy: what moves
 * the cursor, turns the direction of writing or is not seen at all comes out
 * as a visible escape such as <U+202E>, between single angle quotes where the
 * output is UTF-8. A base character keeps its first few combining marks; how
 * many more there were is said.
 */
#ifndef ASSAY_CLI_CELLS_H
#define ASSAY_CLI_CELLS_H

#include "protocol/bytes.h"

#include <locale.h>

/* Marks on one character that are shown: what living scripts stack. */
#define CLI_MARKS_MAX 4

/* Room for the longest cell, which says how many marks were left out. */
#define CLI_CELL_MAX 64

enum cli_cell_kind {
    CLI_CELL_CHAR,  /* A character, or an escape. */
    CLI_CELL_WIDE,  /* An ideograph: a line may break on either side. */
    CLI_CELL_MARK,  /* Takes no room: stays with the cell before. */
    CLI_CELL_SPACE, /* One blank, whatever it was. */
    CLI_CELL_BREAK  /* A new line. */
};

struct cli_cell {
    enum cli_cell_kind kind;
    char bytes[CLI_CELL_MAX]; /* Not ended by a zero. */
    size_t len;
    size_t width; /* Columns. */
};

enum cli_text_form {
    CLI_TEXT, /* Words of a person, shown between quotation marks. */
    CLI_LINE  /* A name among our own words: new lines become blanks, and
                 characters that we use as marks are escaped, so that no name
                 can say "checked". */
};

/* Where one is in a text. Fill text, form and is_utf8; the rest is zero. */
struct cli_cells {
    struct assay_bytes text;
    enum cli_text_form form;
    bool is_utf8;
    size_t pos;
    bool has_base;
    size_t mark_count;
    size_t cut_count;
};

/* The next cell; false at the end. A cli_charset must be open. */
bool cli_cells_next(struct cli_cells *cells, struct cli_cell *cell_out);

/* The tables of character widths that cells need, for this thread. */
struct cli_charset {
    locale_t mine; /* Zero where the system has no C.UTF-8: then whatever is
                      not ASCII is escaped. */
    locale_t before;
};

void cli_charset_open(struct cli_charset *charset);
void cli_charset_close(struct cli_charset *charset);

#endif
