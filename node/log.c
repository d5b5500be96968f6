/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "protocol/check.h"
#include "protocol/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

/* What the end of every line needs: the mark of a cut, and a newline. */
#define END_MARK " cut=true"
#define ROOM (NODE_LOG_LINE_MAX - sizeof(END_MARK) - 1)

/* syslog(3): LOG_ERR, LOG_WARNING, LOG_INFO and LOG_DEBUG. */
static const struct {
    const char *name;
    int priority;
} levels[] = {
    [NODE_LOG_ERROR] = {"error", 3},
    [NODE_LOG_WARN] = {"warn", 4},
    [NODE_LOG_INFO] = {"info", 6},
    [NODE_LOG_DEBUG] = {"debug", 7},
};

const char *node_log_level_name(enum node_log_level level)
{
    return levels[level].name;
}

/* Adds all of it, or nothing and the mark. */
static void add(struct node_log_line *line, const char *text, size_t len)
{
    if (line->is_cut || len > ROOM - line->len) {
        line->is_cut = true;
        return;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

__attribute__((format(printf, 2, 3))) static void
add_format(struct node_log_line *line, const char *format, ...)
{
    char text[64];
    va_list values;

    va_start(values, format);
    int len = vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    ASSAY_CHECK(len >= 0 && (size_t)len < sizeof(text));
    add(line, text, (size_t)len);
}

static void add_time(struct node_log_line *line)
{
    uint64_t now_ms = line->log->now_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm parts = {0};
    char text[32] = "?";

    if (gmtime_r(&now_s, &parts) != NULL) {
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    }
    add_format(line, "time=%s.%03uZ ", text, (unsigned)(now_ms % 1000));
}

void node_log_begin(struct node_log_line *line, const struct node_log *log,
                    enum node_log_level level, const char *event)
{
    line->log = log;
    line->is_on = level <= log->level;
    line->is_cut = false;
    line->len = 0;
    if (!line->is_on) {
        return;
    }
    if (log->is_journal) {
        add_format(line, "<%d>", levels[level].priority);
    } else {
        add_time(line);
    }
    add_format(line, "level=%s event=%s", levels[level].name, event);
}

/* What may stand in a value without quotes. */
static bool is_plain(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("-_.:/@%+,[]~", byte) != NULL);
}

static void add_escaped(struct node_log_line *line, struct assay_bytes value)
{
    size_t pos = 0;

    while (pos < value.len && !line->is_cut) {
        size_t from = pos;
        uint32_t code = assay_text_next(value, &pos);

        if (code == '\n') {
            add(line, "\\n", 2);
        } else if (code == '\t') {
            add(line, "\\t", 2);
        } else if (code == '"' || code == '\\') {
            add(line, code == '"' ? "\\\"" : "\\\\", 2);
        } else if (code < 0x20 || (code >= 0x7f && code < 0xa0) ||
                   code == 0xfffd || assay_text_is_hidden(code)) {
            add_format(line, "\\u{%" PRIX32 "}", code);
        } else {
            add(line, (const char *)value.data + from, pos - from);
        }
    }
}

static void add_key(struct node_log_line *line, const char *key)
{
    add(line, " ", 1);
    add(line, key, strlen(key));
    add(line, "=", 1);
}

void node_log_bytes(struct node_log_line *line, const char *key,
                    struct assay_bytes value)
{
    bool has_quotes = value.len == 0;

    if (!line->is_on) {
        return;
    }
    for (size_t i = 0; i < value.len && !has_quotes; i++) {
        has_quotes = !is_plain(value.data[i]);
    }
    size_t len_before = line->len;
    add_key(line, key);
    if (has_quotes) {
        add(line, "\"", 1);
        add_escaped(line, value);
        add(line, "\"", 1);
    } else {
        add(line, (const char *)value.data, value.len);
    }
    if (line->is_cut) {
        line->len = len_before; /* No half a value. */
    }
}

void node_log_text(struct node_log_line *line, const char *key,
                   const char *value)
{
    node_log_bytes(line, key, assay_bytes_of(value));
}

void node_log_number(struct node_log_line *line, const char *key,
                     uint64_t value)
{
    if (line->is_on) {
        add_key(line, key);
        add_format(line, "%" PRIu64, value);
    }
}

void node_log_err(struct node_log_line *line, enum assay_err err)
{
    node_log_text(line, "reason", assay_err_phrase(err));
}

void node_log_end(struct node_log_line *line)
{
    size_t done = 0;

    if (!line->is_on) {
        return;
    }
    if (line->is_cut) {
        memcpy(line->text + line->len, END_MARK, sizeof(END_MARK) - 1);
        line->len += sizeof(END_MARK) - 1;
    }
    line->text[line->len++] = '\n';
    ASSAY_CHECK(line->len <= sizeof(line->text));
    while (done < line->len) {
        ssize_t len = write(line->log->fd, line->text + done, line->len - done);

        if (len <= 0) {
            return;
        }
        done += (size_t)len;
    }
}

void node_log_event(const struct node_log *log, enum node_log_level level,
                    const char *event, const char *key, const char *value)
{
    struct node_log_line line;

    node_log_begin(&line, log, level, event);
    if (key != NULL) {
        node_log_text(&line, key, value);
    }
    node_log_end(&line);
}
