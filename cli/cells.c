/* SPDX-License-Identifier: Apache-2.0 */
/* wcwidth is of the X/Open System Interfaces; POSIX names the macro so. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming) */
#define _XOPEN_SOURCE 700

#include "cells.h"

#include "protocol/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <wchar.h>

#define REPLACEMENT 0xfffd
#define ASCII_END 0x80

/* What we write ourselves to say how things are: the marks, and the lines of
 * the tree (box drawing). */
static bool is_our_mark(uint32_t code_point)
{
    return code_point == 0x2713 || code_point == 0x2717 ||
           code_point == 0x25cb || code_point == 0xb7 ||
           (code_point >= 0x2500 && code_point <= 0x257f);
}

/* Puts what is inside between angle quotes. */
static void set_text(const struct cli_cells *cells, const char *inside,
                     struct cli_cell *cell)
{
    const char *open = cells->is_utf8 ? "\u2039" : "<";
    const char *close = cells->is_utf8 ? "\u203a" : ">";
    int len = snprintf(cell->bytes, sizeof(cell->bytes), "%s%s%s", open, inside,
                       close);

    cell->kind = CLI_CELL_CHAR;
    cell->len = len < 0 ? 0 : (size_t)len;
    cell->width = strlen(inside) + 2;
}

static void set_escape(const struct cli_cells *cells, uint32_t code_point,
                       size_t len, struct cli_cell *cell)
{
    char inside[CLI_CELL_MAX / 2];
    bool is_byte = code_point == REPLACEMENT && len == 1;
    uint32_t byte = cells->text.data[cells->pos - 1];

    if (is_byte) {
        (void)snprintf(inside, sizeof(inside), "0x%02" PRIX32, byte);
    } else {
        (void)snprintf(inside, sizeof(inside), "U+%04" PRIX32, code_point);
    }
    set_text(cells, inside, cell);
}

static void set_cut(struct cli_cells *cells, struct cli_cell *cell)
{
    char inside[CLI_CELL_MAX - 16];

    (void)snprintf(inside, sizeof(inside), "+%zu combining marks",
                   cells->cut_count);
    set_text(cells, inside, cell);
    cells->cut_count = 0;
    cells->has_base = false;
}

static void set_raw(const struct cli_cells *cells, size_t start, int width,
                    struct cli_cell *cell)
{
    cell->len = cells->pos - start;
    memcpy(cell->bytes, cells->text.data + start, cell->len);
    cell->width = (size_t)width;
    cell->kind = CLI_CELL_CHAR;
    if (width == 0) {
        cell->kind = CLI_CELL_MARK;
    } else if (width > 1) {
        cell->kind = CLI_CELL_WIDE;
    }
}

/* Columns of a code point that may be shown as it is; -1 for others. */
static int width_of(const struct cli_cells *cells, uint32_t code_point)
{
    if (code_point < ASCII_END) {
        return code_point >= 0x20 && code_point != 0x7f ? 1 : -1;
    }
    if (!cells->is_utf8 || assay_text_is_hidden(code_point) ||
        (cells->form == CLI_LINE && is_our_mark(code_point))) {
        return -1;
    }
    return wcwidth((wchar_t)code_point);
}

static bool set_blank(struct cli_cells *cells, uint32_t code_point,
                      struct cli_cell *cell)
{
    if (code_point != ' ' && code_point != '\t' && code_point != '\n') {
        return false;
    }
    cell->kind = code_point == '\n' && cells->form == CLI_TEXT ? CLI_CELL_BREAK
                                                               : CLI_CELL_SPACE;
    cell->bytes[0] = ' ';
    cell->len = 1;
    cell->width = 1;
    cells->has_base = false;
    return true;
}

bool cli_cells_next(struct cli_cells *cells, struct cli_cell *cell_out)
{
    while (cells->pos < cells->text.len) {
        size_t start = cells->pos;
        uint32_t code_point = assay_text_next(cells->text, &cells->pos);
        size_t len = cells->pos - start;
        bool is_byte = code_point == REPLACEMENT && len == 1;
        int width = is_byte ? -1 : width_of(cells, code_point);

        if (width == 0 && cells->has_base) {
            cells->mark_count++;
            if (cells->mark_count <= CLI_MARKS_MAX) {
                set_raw(cells, start, width, cell_out);
                return true;
            }
            cells->cut_count++;
            continue;
        }
        if (cells->cut_count > 0) {
            cells->pos = start;
            break;
        }
        if (set_blank(cells, code_point, cell_out)) {
            return true;
        }
        cells->mark_count = 0;
        cells->has_base = width > 0;
        if (width > 0) {
            set_raw(cells, start, width, cell_out);
        } else {
            set_escape(cells, code_point, len, cell_out);
        }
        return true;
    }
    if (cells->cut_count > 0) {
        set_cut(cells, cell_out);
        return true;
    }
    return false;
}

void cli_charset_open(struct cli_charset *charset)
{
    charset->before = (locale_t)0;
    charset->mine = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (charset->mine != (locale_t)0) {
        charset->before = uselocale(charset->mine);
    }
}

void cli_charset_close(struct cli_charset *charset)
{
    if (charset->mine != (locale_t)0) {
        (void)uselocale(charset->before);
        freelocale(charset->mine);
        charset->mine = (locale_t)0;
    }
}
