/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line an event: time, level, the event's name, then key=value.
 *
 *   time=2026-03-01T10:00:00.123Z level=info event=listening at=[::1]:7117
 *
 * A value that holds anything but letters, digits and plain signs stands in
 * double quotes, with \n, \t, \", \\ and \u{HEX} for what could break the line
 * or fool a terminal. A line is written whole, by one call. Where journald
 * reads (JOURNAL_STREAM), lines begin with its priority and have no time.
 *
 * Only the thread of the loop logs.
 */
#ifndef ASSAY_NODE_LOG_H
#define ASSAY_NODE_LOG_H

#include "config.h"

/* A line longer than this is cut off, and says so. */
#define NODE_LOG_LINE_MAX 2048

struct node_log {
    int fd;
    enum node_log_level level; /* What is less important is left out. */
    bool is_journal;
    uint64_t (*now_ms)(void); /* Unix time. */
};

/* A line that is being written. */
struct node_log_line {
    const struct node_log *log;
    bool is_on; /* Its level is wanted. */
    bool is_cut;
    size_t len;
    char text[NODE_LOG_LINE_MAX];
};

/* Begins a line; event is a static word. */
void node_log_begin(struct node_log_line *line, const struct node_log *log,
                    enum node_log_level level, const char *event);

/* Adds a value; key is a static word. */
void node_log_text(struct node_log_line *line, const char *key,
                   const char *value);
void node_log_bytes(struct node_log_line *line, const char *key,
                    struct assay_bytes value);
void node_log_number(struct node_log_line *line, const char *key,
                     uint64_t value);
void node_log_err(struct node_log_line *line, enum assay_err err);

/* Writes it. That a log cannot be written stops nothing. */
void node_log_end(struct node_log_line *line);

/* A line with one value at most: key may be NULL. */
void node_log_event(const struct node_log *log, enum node_log_level level,
                    const char *event, const char *key, const char *value);

/* "error", "warn", "info", "debug". */
const char *node_log_level_name(enum node_log_level level);

#endif
