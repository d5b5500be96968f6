/* SPDX-License-Identifier: Apache-2.0 */
#include "media_type.h"

#include "protocol/text.h"

#include <strings.h>

struct extension {
    const char *extension;
    const char *type;
    const char *utf8_type; /* Where the bytes are UTF-8; NULL: type. */
};

static const struct extension extensions[] = {
    {"csv", "text/csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif", NULL},
    {"htm", "text/html", "text/html; charset=utf-8"},
    {"html", "text/html", "text/html; charset=utf-8"},
    {"jpeg", "image/jpeg", NULL},
    {"jpg", "image/jpeg", NULL},
    {"json", "application/json", NULL},
    {"md", "text/markdown", "text/markdown; charset=utf-8"},
    {"mp3", "audio/mpeg", NULL},
    {"mp4", "video/mp4", NULL},
    {"pdf", "application/pdf", NULL},
    {"png", "image/png", NULL},
    {"svg", "image/svg+xml", NULL},
    {"txt", "text/plain", "text/plain; charset=utf-8"},
    {"warc", "application/warc", NULL},
    {"webm", "video/webm", NULL},
    {"webp", "image/webp", NULL},
    {"xhtml", "application/xhtml+xml", NULL},
    {"xml", "application/xml", NULL},
    {"zip", "application/zip", NULL},
};

/* Whether bytes are UTF-8 that an editor would show as text: line ends of
 * every system are. */
static bool is_utf8_text(struct assay_bytes bytes)
{
    size_t pos = 0;

    while (pos < bytes.len) {
        size_t from = pos;
        uint32_t code_point = assay_text_next(bytes, &pos);

        if (code_point == 0xfffdU && pos - from == 1) {
            return false; /* One byte that is no UTF-8. */
        }
        if ((code_point < 0x20U && code_point != '\t' && code_point != '\n' &&
             code_point != '\r' && code_point != '\f') ||
            code_point == 0x7fU) {
            return false;
        }
    }
    return true;
}

static const struct extension *find_extension(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (dot == NULL || strchr(dot, '/') != NULL) {
        return NULL;
    }
    for (size_t index = 0; index < sizeof(extensions) / sizeof(extensions[0]);
         index++) {
        if (strcasecmp(dot + 1, extensions[index].extension) == 0) {
            return &extensions[index];
        }
    }
    return NULL;
}

const char *cli_media_type(const char *name, struct assay_bytes bytes)
{
    const struct extension *found = find_extension(name);

    if (found == NULL) {
        return is_utf8_text(bytes) ? "text/plain; charset=utf-8"
                                   : "application/octet-stream";
    }
    return found->utf8_type != NULL && is_utf8_text(bytes) ? found->utf8_type
                                                           : found->type;
}
