/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "protocol/kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* Data characters of 32 bytes in bech32. */
#define ID_DATA_CHARS 52

/* The last second of the year 9999. */
#define LAST_TIME_S UINT64_C(253402300799)

void cli_id_short(enum assay_id_type type, const uint8_t *bytes, size_t chars,
                  char *out)
{
    size_t end = strlen(assay_id_type_name(type)) + 1;

    assay_id_format(type, bytes, out);
    if (chars == 0) {
        chars = CLI_ID_CHARS;
    }
    if (chars < ID_DATA_CHARS) {
        out[end + chars] = '\0';
    }
}

void cli_item_id(const struct store_item *item, size_t chars, char *out)
{
    enum assay_id_type type = ASSAY_ID_RECORD;

    if (item->is_held) {
        type = assay_id_type_of_kind(item->row->record.payload.kind);
    }
    cli_id_short(type, item->id.hash, chars, out);
}

static bool break_down(uint64_t time_s, struct tm *tm)
{
    time_t time;

    if (time_s > LAST_TIME_S) {
        return false;
    }
    time = (time_t)time_s;
    return gmtime_r(&time, tm) != NULL;
}

bool cli_time_rfc3339(uint64_t time_s, char *out)
{
    struct tm tm;

    return break_down(time_s, &tm) &&
           strftime(out, CLI_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}

void cli_time_words(uint64_t time_s, char *out)
{
    struct tm tm;

    if (!break_down(time_s, &tm) ||
        strftime(out, CLI_TIME_MAX, "%Y-%m-%d %H:%M UTC", &tm) == 0) {
        (void)snprintf(out, CLI_TIME_MAX, "@%" PRIu64, time_s);
    }
}

void cli_number(uint64_t number, char *out)
{
    char digits[CLI_NUMBER_MAX];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

const char *cli_place_name(enum store_place_state state)
{
    switch (state) {
    case STORE_PLACE_URL_ONLY:
        return "url-only";
    case STORE_PLACE_UNKNOWN:
        return "unknown";
    case STORE_PLACE_NO_BYTES:
        return "no-bytes";
    case STORE_PLACE_NOT_TEXT:
        return "not-text";
    case STORE_PLACE_NO_QUOTE:
        return "no-quote";
    case STORE_PLACE_FOUND:
        return "found";
    case STORE_PLACE_ABSENT:
        return "absent";
    case STORE_PLACE_AMBIGUOUS:
        return "ambiguous";
    case STORE_PLACE_BAD_BYTES:
        return "bad-bytes";
    case STORE_PLACE_UNCHECKED:
        return "unchecked";
    }
    return "unknown";
}

const char *cli_body_name(enum store_body_state state)
{
    switch (state) {
    case STORE_BODY_HELD:
        return "held";
    case STORE_BODY_MALFORMED:
        return "malformed";
    case STORE_BODY_ERASED:
        return "erased";
    case STORE_BODY_MISSING:
        return "missing";
    }
    return "missing";
}

const char *cli_signature_name(enum store_signature_state state)
{
    switch (state) {
    case STORE_SIGNATURE_STORED:
        return "stored";
    case STORE_SIGNATURE_GOOD:
        return "good";
    case STORE_SIGNATURE_BAD:
        return "bad";
    }
    return "bad";
}
