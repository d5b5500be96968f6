/* SPDX-License-Identifier: Apache-2.0 */
#include "refusals.h"

#include "testing.h"

#include <stdio.h>
#include <string.h>

enum assay_err read_message(struct assay_bytes bytes, read_fn read,
                            struct assay_fault *fault_out)
{
    struct assay_message message;
    enum assay_err err = assay_message_open(bytes, &message);

    return err == ASSAY_OK ? read(&message, fault_out) : err;
}

void assert_refused(const struct refusal *refusals, size_t count, read_fn read)
{
    for (size_t index = 0; index < count; index++) {
        const struct refusal *refusal = &refusals[index];
        struct assay_fault fault = {0, "none"};
        struct assay_bytes bytes = {refusal->bytes, refusal->len};
        enum assay_err err = read_message(bytes, read, &fault);

        if (err != refusal->err) {
            fail_msg("%s: %s, not %s (%s)", refusal->what, assay_err_name(err),
                     assay_err_name(refusal->err), fault.rule);
        }
        if (refusal->rule != NULL && strcmp(fault.rule, refusal->rule) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", refusal->what, fault.rule,
                     refusal->rule);
        }
    }
}

void assert_cuts_and_growth(struct assay_bytes bytes, read_fn read)
{
    static uint8_t longer[ASSAY_MESSAGE_MAX];
    struct assay_fault fault;

    assert_int_equal(read_message(bytes, read, &fault), ASSAY_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        struct assay_bytes cut = {bytes.data, len};

        if (read_message(cut, read, &fault) != ASSAY_E_TRUNCATED) {
            fail_msg("cut at %zu", len);
        }
    }

    /* One field more, a text that nobody knows. */
    assert_true(bytes.len + 2 <= sizeof(longer));
    memcpy(longer, bytes.data, bytes.len);
    assert_true(longer[0] >= 0x80 && longer[0] < 0x97);
    longer[0]++;
    longer[bytes.len] = 0x61;
    longer[bytes.len + 1] = 'x';
    assert_int_equal(
        read_message((struct assay_bytes){longer, bytes.len + 2}, read, &fault),
        ASSAY_OK);

    /* One less is one that is lacking. */
    longer[0] = (uint8_t)(bytes.data[0] - 1);
    assert_int_equal(
        read_message((struct assay_bytes){longer, bytes.len}, read, &fault),
        ASSAY_E_MALFORMED);
}
