/* SPDX-License-Identifier: Apache-2.0 */
#include "config_internal.h"

#include "protocol/check.h"
#include "protocol/text.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>

/* No table is larger; the reader remembers which keys it has seen. */
#define KEYS_MAX 64

/* Where the reading of a file stands. */
struct reading {
    struct assay_bytes text;
    size_t pos;
    unsigned line; /* Of what was read last. */
    struct node_config *config;
    bool is_seen[KEYS_MAX];
    enum assay_err err; /* The first failure; it stays. */
    struct node_config_fault fault;
};

static void fail(struct reading *reading, enum assay_err err)
{
    if (reading->err == ASSAY_OK) {
        reading->err = err;
        reading->fault.line = reading->line;
    }
}

__attribute__((format(printf, 2, 3))) static void
refuse(struct reading *reading, const char *format, ...)
{
    va_list values;

    if (reading->err != ASSAY_OK) {
        return;
    }
    va_start(values, format);
    (void)vsnprintf(reading->fault.text, sizeof(reading->fault.text), format,
                    values);
    va_end(values);
    fail(reading, ASSAY_E_MALFORMED);
}

/* What inih asks for: the next line, as fgets gives it. A line that does not
 * fit would be taken for two. */
static char *next_line(char *line_out, int cap, void *stream)
{
    struct reading *reading = stream;
    struct assay_bytes rest = {reading->text.data + reading->pos,
                               reading->text.len - reading->pos};
    const uint8_t *end = NULL;

    if (reading->err != ASSAY_OK || rest.len == 0) {
        return NULL;
    }
    end = memchr(rest.data, '\n', rest.len);
    size_t len = end == NULL ? rest.len : (size_t)(end - rest.data) + 1;

    reading->line++;
    if (len >= (size_t)cap) {
        refuse(reading,
               "the line is longer than %d bytes; a list goes on in "
               "lines that begin with blanks",
               cap - 2);
        return NULL;
    }
    memcpy(line_out, rest.data, len);
    line_out[len] = '\0';
    reading->pos += len;
    return line_out;
}

static bool is_list(const struct node_config_key *key)
{
    return key->kind == NODE_CONFIG_LISTEN || key->kind == NODE_CONFIG_PEERS ||
           key->kind == NODE_CONFIG_ALLOW || key->kind == NODE_CONFIG_TEAMS;
}

/* The first line of a list replaces its default, further ones add to it. */
static bool note_seen(struct reading *reading,
                      const struct node_config_key *key)
{
    size_t count = 0;
    size_t index = (size_t)(key - node_config_keys(&count));

    ASSAY_CHECK(count <= KEYS_MAX);
    if (reading->is_seen[index]) {
        return is_list(key);
    }
    reading->is_seen[index] = true;
    node_config_forget(reading->config, key);
    return true;
}

static bool is_section(const char *name)
{
    size_t count = 0;
    const struct node_config_key *keys = node_config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].section, name) == 0) {
            return true;
        }
    }
    return false;
}

/* What inih calls for every value. Returns 0 to refuse it. */
static int take_value(void *user, const char *section, const char *name,
                      const char *value)
{
    struct reading *reading = user;
    const struct node_config_key *key = node_config_find(section, name);
    enum assay_err err;

    if (reading->err != ASSAY_OK) {
        return 0;
    }
    if (key == NULL && section[0] == '\0') {
        refuse(reading, "\"%s\" stands before any [section]", name);
    } else if (key == NULL && !is_section(section)) {
        refuse(reading, "there is no section [%s]", section);
    } else if (key == NULL) {
        refuse(reading, "there is no key \"%s\" in [%s]", name, section);
    } else if (!note_seen(reading, key)) {
        refuse(reading, "\"%s\" is given twice", name);
    } else {
        err = node_config_set(reading->config, key, assay_bytes_of(value),
                              &reading->fault);
        if (err != ASSAY_OK) {
            fail(reading, err);
        }
    }
    return reading->err == ASSAY_OK;
}

enum assay_err node_config_init(struct node_config *config_out)
{
    struct node_config_fault fault = {0, ""};
    size_t count = 0;
    const struct node_config_key *keys = node_config_keys(&count);
    enum assay_err err = ASSAY_OK;

    memset(config_out, 0, sizeof(*config_out));
    config_out->vouched_steps = 1;
    for (size_t i = 0; err == ASSAY_OK && i < count; i++) {
        err = node_config_set(config_out, &keys[i],
                              assay_bytes_of(keys[i].preset), &fault);
    }
    ASSAY_CHECK(err == ASSAY_OK || err == ASSAY_E_NOMEM);
    if (err != ASSAY_OK) {
        node_config_clear(config_out);
    }
    return err;
}

void node_config_clear(struct node_config *config)
{
    free(config->listen.items);
    free(config->peers.items);
    free(config->allow.items);
    free(config->follow.items);
    free(config->metrics.items);
    memset(config, 0, sizeof(*config));
}

static void check_text(struct reading *reading)
{
    struct assay_fault fault = {0, NULL};

    if (assay_text_check(reading->text, &fault) == ASSAY_OK) {
        return;
    }
    for (size_t i = 0; i < fault.offset; i++) {
        reading->line += reading->text.data[i] == '\n';
    }
    reading->line++;
    refuse(reading, "the file is no text: %s", fault.rule);
}

enum assay_err node_config_read(struct assay_bytes text,
                                struct node_config *config_out,
                                struct node_config_fault *fault_out)
{
    struct node_config config;
    struct reading reading = {.text = text, .config = &config};
    enum assay_err err = node_config_init(&config);

    if (err != ASSAY_OK) {
        return err;
    }
    check_text(&reading);
    if (reading.err == ASSAY_OK) {
        int line = ini_parse_stream(next_line, &reading, take_value, &reading);

        if (line > 0 &&
            (reading.err == ASSAY_OK || (unsigned)line < reading.fault.line)) {
            /* inih found it before us: a line of no known form. */
            reading.err = ASSAY_OK;
            reading.line = (unsigned)line;
            refuse(&reading, "the line is neither [section] nor key = value");
        } else if (line < 0 && reading.err == ASSAY_OK) {
            fail(&reading, ASSAY_E_NOMEM);
        }
    }
    if (reading.err != ASSAY_OK) {
        node_config_clear(&config);
        *fault_out = reading.fault;
        return reading.err;
    }
    *config_out = config;
    return ASSAY_OK;
}

static enum assay_err err_of_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ASSAY_E_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ASSAY_E_ACCESS;
    case ENOMEM:
        return ASSAY_E_NOMEM;
    default:
        return ASSAY_E_IO;
    }
}

enum assay_err node_config_load(const char *path,
                                struct node_config *config_out,
                                struct node_config_fault *fault_out)
{
    enum assay_err err = ASSAY_OK;
    uint8_t *text = NULL;
    size_t len = 0;
    FILE *file = fopen(path, "rb");

    *fault_out = (struct node_config_fault){0, ""};
    if (file == NULL) {
        return err_of_errno(errno);
    }
    text = malloc(NODE_CONFIG_SIZE_MAX + 1);
    if (text == NULL) {
        err = ASSAY_E_NOMEM;
        goto out;
    }
    len = fread(text, 1, NODE_CONFIG_SIZE_MAX + 1, file);
    if (ferror(file) != 0) {
        err = ASSAY_E_IO;
        goto out;
    }
    if (len > NODE_CONFIG_SIZE_MAX) {
        (void)snprintf(fault_out->text, sizeof(fault_out->text),
                       "the file is larger than 1 MiB");
        err = ASSAY_E_MALFORMED;
        goto out;
    }
    err = node_config_read((struct assay_bytes){text, len}, config_out,
                           fault_out);

out:
    free(text);
    (void)fclose(file);
    return err;
}
