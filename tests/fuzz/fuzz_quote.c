/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_quote.c - the quote finder against a naive one.
 *
 * The input's first three bytes are the lengths of quote, prefix and suffix,
 * which follow; the rest is the text.
 */
#include "protocol/check.h"
#include "protocol/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* The same as in quote.h's promise. */
#define COUNT_MAX 1000

static struct assay_bytes take(struct assay_bytes *input, size_t len)
{
    struct assay_bytes taken = *input;

    taken.len = len < input->len ? len : input->len;
    input->data += taken.len;
    input->len -= taken.len;
    return taken;
}

static bool stands_at(struct assay_bytes text, size_t pos,
                      struct assay_bytes part)
{
    return pos <= text.len && part.len <= text.len - pos &&
           (part.len == 0 || memcmp(text.data + pos, part.data, part.len) == 0);
}

static size_t count_naively(struct assay_bytes text,
                            const struct assay_place *place, size_t *first_out)
{
    size_t count = 0;

    if (place->exact.len == 0) {
        return 0;
    }
    for (size_t pos = place->prefix.len; pos < text.len; pos++) {
        if (stands_at(text, pos - place->prefix.len, place->prefix) &&
            stands_at(text, pos, place->exact) &&
            stands_at(text, pos + place->exact.len, place->suffix)) {
            *first_out = count == 0 ? pos : *first_out;
            count++;
        }
    }
    return count < COUNT_MAX ? count : COUNT_MAX;
}

static void check_nearest(struct assay_bytes text,
                          const struct assay_quote_result *result)
{
    if (result->nearest.data == NULL) {
        return;
    }
    ASSAY_CHECK(result->count == 0);
    ASSAY_CHECK(result->nearest.len > 0);
    ASSAY_CHECK(result->nearest_offset <= text.len);
    ASSAY_CHECK(result->nearest.len <= text.len - result->nearest_offset);
    ASSAY_CHECK(result->nearest.data == text.data + result->nearest_offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct assay_place place;
    size_t first = 0;

    if (data_len < 3) {
        return 0;
    }
    struct assay_bytes text = {data + 3, data_len - 3};
    memset(&place, 0, sizeof(place));
    place.exact = take(&text, data[0]);
    place.prefix = take(&text, data[1]);
    place.suffix = take(&text, data[2]);

    struct assay_quote_result result = assay_quote_find(text, &place, true);
    size_t count = count_naively(text, &place, &first);
    ASSAY_CHECK(result.count == count);
    ASSAY_CHECK(count == 0 || result.offset == first);
    ASSAY_CHECK((result.state == ASSAY_QUOTE_ABSENT) == (count == 0));
    ASSAY_CHECK((result.state == ASSAY_QUOTE_FOUND) == (count == 1));
    check_nearest(text, &result);
    return 0;
}
