/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include "fields.h"

enum {
    VERDICT_RATING = 1,
    VERDICT_LABEL = 2,
    VERDICT_LANG = 3,
    VERDICT_RATIONALE = 4,
    VERDICT_REVIEW_URL = 5
};

static const char *const rating_names[] = {
    [ASSAY_RATING_TRUE] = "true",
    [ASSAY_RATING_MOSTLY_TRUE] = "mostly-true",
    [ASSAY_RATING_MIXED] = "mixed",
    [ASSAY_RATING_MISLEADING] = "misleading",
    [ASSAY_RATING_MOSTLY_FALSE] = "mostly-false",
    [ASSAY_RATING_FALSE] = "false",
    [ASSAY_RATING_UNPROVEN] = "unproven",
    [ASSAY_RATING_SATIRE] = "satire",
    [ASSAY_RATING_OUTDATED] = "outdated",
};
_Static_assert(sizeof(rating_names) / sizeof(rating_names[0]) ==
                   ASSAY_RATING_COUNT + 1,
               "every rating has a name");

const char *assay_rating_name(enum assay_rating rating)
{
    unsigned index = (unsigned)rating;

    if (index == 0 || index > ASSAY_RATING_COUNT) {
        return "unknown";
    }
    return rating_names[index];
}

enum assay_rating assay_rating_by_name(struct assay_bytes name)
{
    for (unsigned index = 1; index <= ASSAY_RATING_COUNT; index++) {
        if (assay_bytes_equal(name, assay_bytes_of(rating_names[index]))) {
            return (enum assay_rating)index;
        }
    }
    return (enum assay_rating)0;
}

static enum assay_rating read_rating(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    uint64_t rating = assay_cbor_read_uint(reader);

    /* RECORDS 6.2: "A rating MUST be 1 (true), 2 (mostly-true), 3 (mixed), 4
     * (misleading), 5 (mostly-false), 6 (false), 7 (unproven), 8 (satire) or
     * 9 (outdated)." */
    if (rating == 0 || rating > ASSAY_RATING_COUNT) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED, "a rating is 1 to 9");
        return (enum assay_rating)0;
    }
    return (enum assay_rating)rating;
}

static void read_field(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_verdict *verdict)
{
    switch (key) {
    case VERDICT_RATING:
        verdict->rating = read_rating(reader);
        break;
    case VERDICT_LABEL:
        verdict->label = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case VERDICT_LANG:
        verdict->lang = assay_field_lang(reader);
        break;
    case VERDICT_RATIONALE:
        verdict->rationale = assay_field_text(reader, ASSAY_TEXT_MAX);
        break;
    case VERDICT_REVIEW_URL:
        verdict->review_url = assay_field_url(reader);
        break;
    default:
        (void)assay_cbor_skip(reader);
        break;
    }
}

enum assay_err assay_verdict_read(struct assay_bytes body,
                                  struct assay_verdict *out,
                                  struct assay_fault *fault_out)
{
    struct assay_verdict verdict;
    struct assay_cbor_reader reader;
    struct assay_cbor_map map;
    uint64_t key = 0;

    memset(&verdict, 0, sizeof(verdict));
    assay_field_begin(&reader, &map, body);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        read_field(&reader, key, &verdict);
    }
    assay_field_require(&reader, verdict.rating != 0, "a verdict has a rating");
    assay_field_require(&reader, verdict.rationale.data != NULL,
                        "a verdict has a rationale");

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *out = verdict;
    }
    return err;
}

void assay_verdict_write(const struct assay_verdict *verdict,
                         const uint8_t salt[ASSAY_SALT_SIZE],
                         struct assay_cbor_writer *writer)
{
    assay_field_write_begin(writer,
                            1 + assay_field_given(verdict->label) +
                                assay_field_given(verdict->lang) +
                                assay_field_given(verdict->rationale) +
                                assay_field_given(verdict->review_url),
                            salt);
    assay_cbor_write_uint(writer, VERDICT_RATING);
    assay_cbor_write_uint(writer, (uint64_t)verdict->rating);
    assay_field_write_text(writer, VERDICT_LABEL, verdict->label);
    assay_field_write_text(writer, VERDICT_LANG, verdict->lang);
    assay_field_write_text(writer, VERDICT_RATIONALE, verdict->rationale);
    assay_field_write_text(writer, VERDICT_REVIEW_URL, verdict->review_url);
}
