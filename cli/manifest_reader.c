/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A name from the file in a path: what is longer is cut. */
#define NAME_SHOWN_MAX 40

size_t cli_manifest_enter(struct cli_manifest_reader *reader, const char *name,
                          size_t index)
{
    size_t mark = reader->path_len;
    size_t room = sizeof(reader->path) - mark;
    int len =
        snprintf(reader->path + mark, room, "%s%.*s",
                 mark > 0 && name[0] != '\0' ? "." : "", NAME_SHOWN_MAX, name);

    if (index != CLI_MANIFEST_NONE && len >= 0 && (size_t)len < room) {
        int more = snprintf(reader->path + mark + len, room - (size_t)len,
                            "[%zu]", index);
        len = more < 0 ? len : len + more;
    }
    reader->path_len = mark + (len < 0 ? 0U : (size_t)len);
    if (reader->path_len >= sizeof(reader->path)) {
        reader->path_len = sizeof(reader->path) - 1;
    }
    return mark;
}

void cli_manifest_leave(struct cli_manifest_reader *reader, size_t mark)
{
    reader->path_len = mark;
    reader->path[mark] = '\0';
}

void cli_manifest_fail(struct cli_manifest_reader *reader, enum assay_err err,
                       const char *format, ...)
{
    va_list arguments;

    if (reader->err != ASSAY_OK) {
        return;
    }
    reader->err = err;
    (void)snprintf(reader->fault->where, sizeof(reader->fault->where), "%s",
                   reader->path_len > 0 ? reader->path : "the manifest");
    va_start(arguments, format);
    (void)vsnprintf(reader->fault->why, sizeof(reader->fault->why), format,
                    arguments);
    va_end(arguments);
}

void cli_manifest_fail_at(struct cli_manifest_reader *reader, const char *name,
                          const char *why)
{
    size_t mark = cli_manifest_enter(reader, name, CLI_MANIFEST_NONE);

    cli_manifest_fail(reader, ASSAY_E_MALFORMED, "%s", why);
    cli_manifest_leave(reader, mark);
}

/* A text of a form; NULL after a failure. */
static const char *read_text(struct cli_manifest_reader *reader,
                             const json_t *value, enum cli_option_form form)
{
    if (!json_is_string(value)) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED, "it is not a string");
        return NULL;
    }
    const char *text = json_string_value(value);
    const char *wrong = cli_draft_text_wrong(text, form);
    if (wrong != NULL) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED, "it is %s", wrong);
        return NULL;
    }
    return text;
}

static void read_list(struct cli_manifest_reader *reader, const json_t *value,
                      enum cli_option_form form, struct cli_manifest_list *list)
{
    if (!json_is_array(value)) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED, "it is not an array");
        return;
    }
    size_t count = json_array_size(value);
    if (count > ASSAY_LIST_MAX) {
        cli_manifest_fail(reader, ASSAY_E_LIMIT, "it has more than %d elements",
                          ASSAY_LIST_MAX);
        return;
    }
    if (count == 0) {
        return;
    }
    list->items = calloc(count, sizeof(list->items[0]));
    if (list->items == NULL) {
        cli_manifest_fail(reader, ASSAY_E_NOMEM, "memory is exhausted");
        return;
    }
    list->count = count;
    for (size_t index = 0; index < count; index++) {
        size_t mark = cli_manifest_enter(reader, "", index);

        list->items[index].key =
            read_text(reader, json_array_get(value, index), form);
        list->items[index].index = CLI_MANIFEST_NONE;
        cli_manifest_leave(reader, mark);
    }
}

static void read_field(struct cli_manifest_reader *reader, const json_t *value,
                       const struct cli_manifest_field *field, void *entry)
{
    void *at = (char *)entry + field->offset;

    switch (field->type) {
    case CLI_MANIFEST_TEXT:
        *(const char **)at = read_text(reader, value, field->form);
        break;
    case CLI_MANIFEST_REF:
        ((struct cli_manifest_ref *)at)->key =
            read_text(reader, value, field->form);
        break;
    case CLI_MANIFEST_LIST:
        read_list(reader, value, field->form, at);
        break;
    case CLI_MANIFEST_NESTED:
        break;
    }
}

static const struct cli_manifest_field *
find_field(const struct cli_manifest_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

/* The values in a table's order: what is reported first does not depend on
 * how the library orders an object. */
static void read_known(struct cli_manifest_reader *reader, const json_t *object,
                       const struct cli_manifest_field *fields, void *entry)
{
    for (; fields->name != NULL; fields++) {
        const json_t *value = json_object_get(object, fields->name);
        size_t mark =
            cli_manifest_enter(reader, fields->name, CLI_MANIFEST_NONE);

        if (fields->type == CLI_MANIFEST_REF) {
            ((struct cli_manifest_ref *)(void *)((char *)entry +
                                                 fields->offset))
                ->index = CLI_MANIFEST_NONE;
        }
        if (value != NULL) {
            read_field(reader, value, fields, entry);
        } else if (fields->is_required) {
            cli_manifest_fail(reader, ASSAY_E_MALFORMED, "it is missing");
        }
        cli_manifest_leave(reader, mark);
    }
}

void cli_manifest_object(struct cli_manifest_reader *reader,
                         const json_t *object,
                         const struct cli_manifest_field *fields, void *entry)
{
    if (!json_is_object(object)) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED, "it is not an object");
        return;
    }
    /* jansson's iterators do not change the object, but are not const. */
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it was a pointer before. */
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *at = json_object_iter(walked); at != NULL;
         at = json_object_iter_next(walked, at)) {
        const char *name = json_object_iter_key(at);

        if (find_field(fields, name) == NULL) {
            cli_manifest_fail_at(reader, name, "there is no such field");
        }
    }
    read_known(reader, object, fields, entry);
}

size_t cli_manifest_array(struct cli_manifest_reader *reader,
                          const json_t *object, const char *name, size_t max)
{
    const json_t *array = json_object_get(object, name);
    size_t mark = cli_manifest_enter(reader, name, CLI_MANIFEST_NONE);
    size_t count = 0;

    if (array != NULL && !json_is_array(array)) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED, "it is not an array");
    } else if (array != NULL && json_array_size(array) > max) {
        cli_manifest_fail(reader, ASSAY_E_LIMIT,
                          "it has more than %zu elements", max);
    } else if (array != NULL) {
        count = json_array_size(array);
    }
    cli_manifest_leave(reader, mark);
    return count;
}
