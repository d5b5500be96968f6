/* SPDX-License-Identifier: Apache-2.0 */
#include "term.h"

#include "protocol/check.h"
#include "protocol/text.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One line that cli_putf makes. */
#define FORMAT_MAX 512

/* Columns that one level of a tree takes. */
#define LEVEL_WIDTH 3

/* Later lines of a paragraph that has text from a record begin so far in: what
 * it says must not pass for a line of ours, wherever its words fall. */
#define HANG_WIDTH 2

/* The text keeps that many columns, however deep the tree. */
#define TEXT_WIDTH_MIN 20

/* Our own characters beyond ASCII, and what stands for them without UTF-8. */
static const struct {
    uint32_t code_point;
    const char *ascii;
} spellings[] = {
    {0xb7, "-"},     {0x2013, "-"},    {0x201c, "\""},   {0x201d, "\""},
    {0x2026, "..."}, {0x2039, "<"},    {0x203a, ">"},    {0x2192, "->"},
    {0x2190, "<-"},  {0x2713, "[ok]"}, {0x2717, "[no]"}, {0x25cb, "[--]"},
    {0x2502, "|"},   {0x251c, "|"},    {0x2514, "`"},    {0x2500, "-"},
};

static const char *spelling_of(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        if (spellings[i].code_point == code_point) {
            return spellings[i].ascii;
        }
    }
    return "?";
}

static const char *code_of(enum cli_style style)
{
    switch (style) {
    case CLI_PLAIN:
        return "\033[0m";
    case CLI_BOLD:
        return "\033[0;1m";
    case CLI_DIM:
        return "\033[0;2m";
    case CLI_GOOD:
        return "\033[0;32m";
    case CLI_BAD:
        return "\033[0;31m";
    case CLI_WARN:
        return "\033[0;33m";
    }
    return "\033[0m";
}

static size_t width_within(size_t width)
{
    if (width < CLI_WIDTH_MIN) {
        return CLI_WIDTH_MIN;
    }
    return width > CLI_WIDTH_MAX ? CLI_WIDTH_MAX : width;
}

static bool locale_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is_utf8;

    if (locale == (locale_t)0) {
        return false;
    }
    is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is_utf8;
}

bool cli_is_terminal(FILE *out)
{
    int fd = fileno(out);

    return fd >= 0 && isatty(fd) != 0;
}

struct cli_look cli_look_of(FILE *out)
{
    struct cli_look look = {.width = CLI_WIDTH_DEFAULT,
                            .is_utf8 = locale_is_utf8()};
    const char *no_color = getenv("NO_COLOR");
    struct winsize size;

    if (!cli_is_terminal(out)) {
        return look;
    }
    look.has_colour = no_color == NULL || no_color[0] == '\0';
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        look.width = width_within(size.ws_col);
    }
    return look;
}

static void write_own(struct cli_term *term, const char *words)
{
    struct assay_bytes text = assay_bytes_of(words);
    size_t pos = 0;

    if (term->look.is_utf8) {
        (void)fputs(words, term->out);
        return;
    }
    while (pos < text.len) {
        uint32_t code_point = assay_text_next(text, &pos);

        if (code_point < 0x80) {
            (void)fputc((int)code_point, term->out);
        } else {
            (void)fputs(spelling_of(code_point), term->out);
        }
    }
}

static void set_style(struct cli_term *term, enum cli_style style)
{
    if (term->is_dimmed) {
        style = CLI_DIM;
    }
    if (style != term->style && term->look.has_colour) {
        (void)fputs(code_of(style), term->out);
    }
    term->style = style;
}

static void end_style(struct cli_term *term)
{
    if (term->style != CLI_PLAIN && term->look.has_colour) {
        (void)fputs(code_of(CLI_PLAIN), term->out);
    }
    term->style = CLI_PLAIN;
}

static const char *level_text(const struct cli_term *term, size_t level,
                              bool is_branch)
{
    if (is_branch) {
        return term->goes_on[level] ? "\u251c\u2500 " : "\u2514\u2500 ";
    }
    return term->goes_on[level] ? "\u2502  " : "   ";
}

/* Writes the tree's lines before a line of text. */
static void begin_line(struct cli_term *term)
{
    for (size_t level = 0; level < term->depth; level++) {
        bool is_branch = term->is_node_new && level + 1 == term->depth;

        write_own(term, level_text(term, level, is_branch));
    }
    term->hang = term->is_foreign && term->has_line ? HANG_WIDTH : 0;
    (void)fprintf(term->out, "%*s", (int)term->hang, "");
    term->begin_width = term->depth * LEVEL_WIDTH + term->hang;
    term->has_line = true;
    term->is_node_new = false;
    term->is_open = true;
    term->column = 0;
}

static void end_line(struct cli_term *term)
{
    end_style(term);
    (void)fputc('\n', term->out);
    term->is_open = false;
}

/* Columns of text that fit on a line which begins so far in. */
static size_t room_behind(const struct cli_term *term, size_t begin_width)
{
    if (term->look.width < begin_width + TEXT_WIDTH_MIN) {
        return TEXT_WIDTH_MIN;
    }
    return term->look.width - begin_width;
}

/* Columns that fit on the line that is open. */
static size_t room_of_line(const struct cli_term *term)
{
    return room_behind(term, term->begin_width);
}

/* Columns that a word may have, wherever it goes. */
static size_t room_of_word(const struct cli_term *term)
{
    return room_behind(term, term->depth * LEVEL_WIDTH +
                                 (term->is_foreign ? HANG_WIDTH : 0));
}

static size_t gap_width(enum cli_gap gap)
{
    switch (gap) {
    case CLI_GAP_NONE:
        return 0;
    case CLI_GAP_SPACE:
        return 1;
    case CLI_GAP_DOT:
        return 3;
    }
    return 0;
}

static void write_gap(struct cli_term *term)
{
    if (term->gap == CLI_GAP_SPACE) {
        (void)fputc(' ', term->out);
    } else if (term->gap == CLI_GAP_DOT) {
        set_style(term, CLI_DIM);
        write_own(term, " \u00b7 ");
    }
    term->column += gap_width(term->gap);
}

/* Writes the word that was held back, on a new line where it must. */
static void flush_word(struct cli_term *term)
{
    if (term->word_len == 0) {
        return;
    }
    if (term->is_open && term->column > 0 &&
        term->column + gap_width(term->gap) + term->word_width >
            room_of_line(term)) {
        end_line(term);
    }
    if (!term->is_open) {
        begin_line(term);
    }
    if (term->column > 0) {
        write_gap(term);
    }
    term->gap = CLI_GAP_NONE;
    for (size_t i = 0; i < term->word_len; i++) {
        set_style(term, (enum cli_style)term->styles[i]);
        (void)fputc(term->word[i], term->out);
    }
    term->column += term->word_width;
    term->word_len = 0;
    term->word_width = 0;
    term->blank_count = 0;
}

/* Adds to the word; one that is longer than a line is cut at the line's end. */
static void add_to_word(struct cli_term *term, enum cli_style style,
                        const char *bytes, size_t len, size_t width)
{
    if (term->word_len + len > sizeof(term->word) ||
        term->word_width + width > room_of_word(term)) {
        flush_word(term);
    }
    ASSAY_CHECK(term->word_len + len <= sizeof(term->word));
    memcpy(term->word + term->word_len, bytes, len);
    memset(term->styles + term->word_len, (int)style, len);
    term->word_len += len;
    term->word_width += width;
}

static void add_gap(struct cli_term *term, enum cli_gap gap)
{
    flush_word(term);
    if (term->gap < gap) {
        term->gap = gap;
    }
}

/* A line's end inside a text; of several empty lines one is left. */
static void break_line(struct cli_term *term)
{
    flush_word(term);
    term->gap = CLI_GAP_NONE;
    if (term->is_open) {
        end_line(term);
    } else if (term->blank_count == 0 && !term->is_node_new) {
        cli_gap_line(term);
        term->blank_count++;
    }
}

void cli_term_open(struct cli_term *term, FILE *out,
                   const struct cli_look *look)
{
    memset(term, 0, sizeof(*term));
    term->out = out;
    term->look = *look;
    term->look.width = width_within(look->width);
    cli_charset_open(&term->charset);
}

void cli_term_close(struct cli_term *term)
{
    cli_end(term);
    cli_charset_close(&term->charset);
}

void cli_put(struct cli_term *term, enum cli_style style, const char *words)
{
    struct assay_bytes text = assay_bytes_of(words);
    size_t pos = 0;

    while (pos < text.len) {
        size_t start = pos;
        uint32_t code_point = assay_text_next(text, &pos);
        const char *ascii;

        if (code_point == ' ') {
            add_gap(term, CLI_GAP_SPACE);
        } else if (code_point < 0x80 || term->look.is_utf8) {
            add_to_word(term, style, words + start, pos - start, 1);
        } else {
            ascii = spelling_of(code_point);
            add_to_word(term, style, ascii, strlen(ascii), strlen(ascii));
        }
    }
}

void cli_put_glued(struct cli_term *term, enum cli_style style,
                   const char *words)
{
    size_t len = strlen(words);

    add_to_word(term, style, words, len, len);
}

void cli_putf(struct cli_term *term, enum cli_style style, const char *format,
              ...)
{
    char words[FORMAT_MAX];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    if (len > 0) {
        cli_put(term, style, words);
    }
}

void cli_put_text(struct cli_term *term, enum cli_style style,
                  struct assay_bytes text, enum cli_text_form form)
{
    struct cli_cells cells = {
        .text = text,
        .form = form,
        .is_utf8 = term->look.is_utf8,
    };
    struct cli_cell cell;

    term->is_foreign = true;
    while (cli_cells_next(&cells, &cell)) {
        switch (cell.kind) {
        case CLI_CELL_SPACE:
            add_gap(term, CLI_GAP_SPACE);
            break;
        case CLI_CELL_BREAK:
            break_line(term);
            break;
        case CLI_CELL_WIDE:
            flush_word(term);
            add_to_word(term, style, cell.bytes, cell.len, cell.width);
            break;
        case CLI_CELL_CHAR:
        case CLI_CELL_MARK:
            add_to_word(term, style, cell.bytes, cell.len, cell.width);
            break;
        }
    }
}

void cli_dot(struct cli_term *term)
{
    if (term->is_open || term->word_len > 0) {
        add_gap(term, CLI_GAP_DOT);
    }
}

void cli_end(struct cli_term *term)
{
    flush_word(term);
    term->gap = CLI_GAP_NONE;
    term->blank_count = 0;
    if (term->is_open) {
        end_line(term);
    }
    term->is_foreign = false;
    term->has_line = false;
}

void cli_gap_line(struct cli_term *term)
{
    size_t depth = term->depth;

    while (depth > 0 && !term->goes_on[depth - 1]) {
        depth--;
    }
    for (size_t level = 0; level < depth; level++) {
        bool is_end = level + 1 == depth;

        write_own(term, is_end ? "\u2502" : level_text(term, level, false));
    }
    (void)fputc('\n', term->out);
}

void cli_gap_node(struct cli_term *term)
{
    cli_end(term);
    for (size_t level = 0; level < term->depth; level++) {
        write_own(term, level_text(term, level, false));
    }
    write_own(term, "\u2502\n");
}

void cli_node_begin(struct cli_term *term, bool is_last)
{
    ASSAY_CHECK(term->depth < CLI_DEPTH_MAX);
    cli_end(term);
    term->goes_on[term->depth] = !is_last;
    term->depth++;
    term->is_node_new = true;
}

void cli_node_end(struct cli_term *term)
{
    ASSAY_CHECK(term->depth > 0);
    cli_end(term);
    term->is_node_new = false;
    term->depth--;
}
