/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_id.c - a text that is read as an id is the text that is written for
 * it, to its last character; and 32 bytes come back from their text.
 */
#include "protocol/check.h"
#include "protocol/id.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* Whether text is the beginning of written, whatever its case. */
static bool begins(const char *written, struct assay_bytes text)
{
    for (size_t index = 0; index < text.len; index++) {
        uint8_t byte = text.data[index];

        if (byte >= 'A' && byte <= 'Z') {
            byte = (uint8_t)(byte - 'A' + 'a');
        }
        if (byte != (uint8_t)written[index]) {
            return false;
        }
    }
    return true;
}

static void check_prefix(struct assay_bytes text,
                         const struct assay_id_prefix *prefix)
{
    char written[ASSAY_ID_TEXT_MAX];
    uint64_t first = 0;
    uint64_t last = 0;

    assay_id_format(prefix->type, prefix->bytes, written);
    ASSAY_CHECK(text.len <= strlen(written));
    ASSAY_CHECK(begins(written, text));
    ASSAY_CHECK((prefix->bit_count == 256) == (text.len == strlen(written)));
    ASSAY_CHECK(assay_id_matches(prefix, prefix->bytes));
    assay_id_range(prefix, &first, &last);
    ASSAY_CHECK(first <= last);
}

static void check_round(enum assay_id_type type, const uint8_t *bytes)
{
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id_prefix prefix;

    assay_id_format(type, bytes, text);
    ASSAY_CHECK(assay_id_parse(assay_bytes_of(text), &prefix, NULL) ==
                ASSAY_OK);
    ASSAY_CHECK(prefix.type == type);
    ASSAY_CHECK(prefix.bit_count == 256);
    ASSAY_CHECK(memcmp(prefix.bytes, bytes, ASSAY_ID_SIZE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct assay_bytes text = {data, data_len};
    struct assay_id_prefix prefix;
    struct assay_fault fault = {0, NULL};

    enum assay_err err = assay_id_parse(text, &prefix, &fault);
    if (err == ASSAY_OK) {
        check_prefix(text, &prefix);
    } else {
        ASSAY_CHECK(err == ASSAY_E_MALFORMED || err == ASSAY_E_TRUNCATED);
        ASSAY_CHECK(fault.offset <= data_len);
        ASSAY_CHECK(fault.rule != NULL);
    }
    if (data_len > ASSAY_ID_SIZE) {
        check_round((enum assay_id_type)(data[0] % (ASSAY_ID_NODE + 1)),
                    data + 1);
    }
    return 0;
}
