/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusals.h - what tests of the messages share: reading one from bytes, and
 * a table of messages that break a rule.
 */
#ifndef ASSAY_TESTS_UNIT_PROTOCOL_MESSAGES_REFUSALS_H
#define ASSAY_TESTS_UNIT_PROTOCOL_MESSAGES_REFUSALS_H

#include "protocol/message.h"

/* Opens and reads a message of the type that the test is of. */
typedef enum assay_err (*read_fn)(struct assay_message *message,
                                  struct assay_fault *fault_out);

struct refusal {
    const char *what; /* For who reads a failure. */
    const uint8_t *bytes;
    size_t len;
    enum assay_err err;
    const char *rule; /* NULL: the cursor's own. */
};

/* A message that stands in the test as a string of bytes. */
#define REFUSAL(what, bytes, err, rule)                                        \
    {                                                                          \
        what, (const uint8_t *)(bytes), sizeof(bytes) - 1, err, rule           \
    }

/* Opens bytes and reads them; what either says. */
enum assay_err read_message(struct assay_bytes bytes, read_fn read,
                            struct assay_fault *fault_out);

/* Every refusal of the table is refused as it says. */
void assert_refused(const struct refusal *refusals, size_t count, read_fn read);

/* Every message that is cut somewhere is too short, and one with more fields
 * than are known is read all the same. */
void assert_cuts_and_growth(struct assay_bytes bytes, read_fn read);

#endif
