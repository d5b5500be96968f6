/* SPDX-License-Identifier: Apache-2.0 */
/*
 * term.h - writes paragraphs and trees for people: wrapped by the columns that
 * characters take, in colour where that is wanted.
 *
 * Whatever does not come from this program goes through cli_put_text, which
 * makes it harmless (cells.h).
 */
#ifndef ASSAY_CLI_TERM_H
#define ASSAY_CLI_TERM_H

#include "cells.h"

#include <stdio.h>

/* What the output is like. */
struct cli_look {
    size_t width; /* Columns. */
    bool has_colour;
    bool is_utf8; /* Else everything is written in ASCII. */
};

enum cli_style { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_GOOD, CLI_BAD, CLI_WARN };

#define CLI_WIDTH_DEFAULT 80
#define CLI_WIDTH_MIN 40
#define CLI_WIDTH_MAX 120 /* Longer lines are not read with ease. */

/* Deepest tree that can be written. */
#define CLI_DEPTH_MAX 8

/* Bytes of a word that are held back until it is known where it goes. */
#define CLI_WORD_MAX 2048

/* What stands between two words: one line's end replaces any. */
enum cli_gap { CLI_GAP_NONE, CLI_GAP_SPACE, CLI_GAP_DOT };

struct cli_term {
    FILE *out;
    struct cli_look look;
    struct cli_charset charset;
    bool is_dimmed; /* Everything is written dim: it does not count now. */

    /* The tree: which of its levels go on below. */
    bool goes_on[CLI_DEPTH_MAX];
    size_t depth;
    bool is_node_new; /* The next line begins with the branch to it. */

    /* The line. */
    bool is_open;       /* Its beginning is written. */
    size_t begin_width; /* Columns before the text. */
    size_t column;      /* Columns of text so far. */
    enum cli_style style;
    size_t blank_count; /* Empty lines of a text in a row. */
    size_t hang;        /* Columns that it begins further in. */

    /* The paragraph. */
    bool is_foreign; /* It has text that is not ours: later lines hang. */
    bool has_line;   /* The first one has begun. */

    /* The word. */
    enum cli_gap gap;
    char word[CLI_WORD_MAX];
    unsigned char styles[CLI_WORD_MAX];
    size_t word_len;
    size_t word_width;
};

/*
 * How out is best written: width from the terminal (80 where it is none),
 * colours only on a terminal and while NO_COLOR is not set, UTF-8 where the
 * user's locale says so.
 */
struct cli_look cli_look_of(FILE *out);

/* Whether out is a terminal: for programs one entry of a list is one line. */
bool cli_is_terminal(FILE *out);

/* Begins and ends; the text's width is kept within bounds. */
void cli_term_open(struct cli_term *term, FILE *out,
                   const struct cli_look *look);
void cli_term_close(struct cli_term *term);

/* Adds words of our own, in UTF-8: blanks between them may become a line's
 * end; characters beyond ASCII have spellings for other output. */
void cli_put(struct cli_term *term, enum cli_style style, const char *words);

/* The same where no line may end, as inside a time; plain ASCII. */
void cli_put_glued(struct cli_term *term, enum cli_style style,
                   const char *words);

/* The same as cli_put, made by printf from what is our own. */
__attribute__((format(printf, 3, 4))) void
cli_putf(struct cli_term *term, enum cli_style style, const char *format, ...);

/* Adds text from a record, a file or a person. */
void cli_put_text(struct cli_term *term, enum cli_style style,
                  struct assay_bytes text, enum cli_text_form form);

/* Puts " \u00b7 " before what is added next, unless a line ends there. */
void cli_dot(struct cli_term *term);

/* Ends the paragraph; nothing where nothing was added. */
void cli_end(struct cli_term *term);

/* An empty line inside a node. */
void cli_gap_line(struct cli_term *term);

/* An empty line before the next node: the line down to it goes on. */
void cli_gap_node(struct cli_term *term);

/* Begins a node below the current one: its paragraphs follow. */
void cli_node_begin(struct cli_term *term, bool is_last);
void cli_node_end(struct cli_term *term);

#endif
