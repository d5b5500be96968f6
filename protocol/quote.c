/* SPDX-License-Identifier: Apache-2.0 */
#include "quote.h"

#include "nearest.h"

/* Places are counted up to here: more only say "many". */
#define COUNT_MAX 1000

/*
 * What is looked for, prepared for the two-way algorithm (M. Crochemore and
 * D. Perrin, "Two-way string-matching", Journal of the ACM 38, 1991): linear
 * time and constant space whatever the pattern, so that no quote can make a
 * node slow. The pattern is compared rightwards from its critical position,
 * then leftwards.
 */
struct needle {
    const uint8_t *data;
    size_t len;
    size_t critical;
    size_t step;      /* How far to go on after a match. */
    bool is_periodic; /* Then what overlaps a match is not read again. */
};

/* Where the suffix begins that is the largest of all, by bytes in their order
 * or in the reverse one, and the period of that suffix. */
static size_t largest_suffix(const uint8_t *data, size_t len, bool is_reverse,
                             size_t *period_out)
{
    size_t best = 0;
    size_t rival = 1;
    size_t equal = 0;
    size_t period = 1;

    while (rival + equal < len) {
        uint8_t in_rival = data[rival + equal];
        uint8_t in_best = data[best + equal];

        if (in_rival == in_best) {
            equal++;
            if (equal == period) {
                rival += period;
                equal = 0;
            }
        } else if ((in_rival < in_best) != is_reverse) {
            rival += equal + 1;
            equal = 0;
            period = rival - best;
        } else {
            best = rival;
            rival++;
            equal = 0;
            period = 1;
        }
    }
    *period_out = period;
    return best;
}

static void needle_init(struct needle *needle, struct assay_bytes pattern)
{
    size_t period = 0;
    size_t period_reverse = 0;
    size_t critical = largest_suffix(pattern.data, pattern.len, false, &period);
    size_t reverse =
        largest_suffix(pattern.data, pattern.len, true, &period_reverse);

    if (reverse > critical) {
        critical = reverse;
        period = period_reverse;
    }
    needle->data = pattern.data;
    needle->len = pattern.len;
    needle->critical = critical;
    needle->is_periodic =
        memcmp(pattern.data, pattern.data + period, critical) == 0;
    if (needle->is_periodic) {
        needle->step = period;
    } else {
        size_t rest = pattern.len - critical;
        needle->step = (critical > rest ? critical : rest) + 1;
    }
}

/* How many bytes fit from critical on, or from known on where more is known
 * to fit; counted from the pattern's begin. */
static size_t fit_right(const struct needle *needle, const uint8_t *place,
                        size_t known)
{
    size_t index = needle->critical > known ? needle->critical : known;

    while (index < needle->len && needle->data[index] == place[index]) {
        index++;
    }
    return index;
}

/* Whether what lies before critical fits, but for what is known to. */
static bool fits_left(const struct needle *needle, const uint8_t *place,
                      size_t known)
{
    size_t index = needle->critical;

    while (index > known && needle->data[index - 1] == place[index - 1]) {
        index--;
    }
    return index <= known;
}

/* The first place, in text from pos on, where the byte at critical fits. */
static size_t skip_to_critical(const struct needle *needle,
                               struct assay_bytes text, size_t pos)
{
    const uint8_t *from = text.data + pos + needle->critical;
    size_t place_count = text.len - needle->len - pos + 1;
    const uint8_t *hit =
        memchr(from, needle->data[needle->critical], place_count);

    return hit == NULL ? pos + place_count : pos + (size_t)(hit - from);
}

/* Counts the places, overlapping ones too, and notes the first. */
static void search(const struct needle *needle, struct assay_bytes text,
                   struct assay_quote_result *result)
{
    size_t pos = 0;
    size_t known = 0; /* So many bytes are known to fit at pos. */

    while (pos + needle->len <= text.len && result->count < COUNT_MAX) {
        if (known == 0) {
            pos = skip_to_critical(needle, text, pos);
            if (pos + needle->len > text.len) {
                break;
            }
        }
        const uint8_t *place = text.data + pos;
        size_t fit = fit_right(needle, place, known);
        if (fit < needle->len) {
            pos += fit - needle->critical + 1;
            known = 0;
            continue;
        }
        if (fits_left(needle, place, known)) {
            result->offset = result->count == 0 ? pos : result->offset;
            result->count++;
        }
        pos += needle->step;
        known = needle->is_periodic ? needle->len - needle->step : 0;
    }
}

static size_t append(uint8_t *buffer, size_t len, struct assay_bytes part)
{
    if (part.len > 0) {
        memcpy(buffer + len, part.data, part.len);
    }
    return len + part.len;
}

/* Prefix, quote and suffix must follow each other: they are looked for as
 * one. Longer ones than a record can hold stand nowhere. */
static void find_whole(struct assay_bytes text, const struct assay_place *place,
                       struct assay_quote_result *result)
{
    uint8_t buffer[ASSAY_RECORD_MAX];
    struct needle needle;

    if (place->exact.len == 0 || place->exact.len > sizeof(buffer) ||
        place->prefix.len > sizeof(buffer) - place->exact.len ||
        place->suffix.len >
            sizeof(buffer) - place->exact.len - place->prefix.len) {
        return;
    }
    size_t len = append(buffer, 0, place->prefix);
    len = append(buffer, len, place->exact);
    len = append(buffer, len, place->suffix);
    if (len > text.len) {
        return;
    }
    needle_init(&needle, (struct assay_bytes){buffer, len});
    search(&needle, text, result);
}

struct assay_quote_result assay_quote_find(struct assay_bytes text,
                                           const struct assay_place *place,
                                           bool want_nearest)
{
    struct assay_quote_result result = {.state = ASSAY_QUOTE_ABSENT};

    find_whole(text, place, &result);
    if (result.count > 0) {
        result.offset += place->prefix.len;
        result.state =
            result.count == 1 ? ASSAY_QUOTE_FOUND : ASSAY_QUOTE_AMBIGUOUS;
        return result;
    }
    if (want_nearest && place->exact.len <= ASSAY_RECORD_MAX) {
        result.nearest =
            assay_nearest_find(text, place->exact, &result.nearest_offset);
    }
    return result;
}
