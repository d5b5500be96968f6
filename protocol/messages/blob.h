/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob.h - the messages that ask for captures' bytes and bring them.
 *
 *   blob-want = [44, sha256, offset, length]
 *   blob      = [46, sha256, offset, total, bytes]
 *   blob-lack = [48, sha256]
 *
 * docs/protocol.md section 7 defines them. How readers and writers behave
 * says hello.h.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_BLOB_H
#define ASSAY_PROTOCOL_MESSAGES_BLOB_H

#include "../message.h"
#include "../sync_limits.h"

struct assay_blob_want {
    uint8_t sha256[ASSAY_HASH_SIZE]; /* Of the whole bytes. */
    uint64_t offset;
    uint64_t len; /* 1 or above; what is behind the end is not meant. */
};

struct assay_blob {
    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t offset;
    uint64_t total;           /* Length of the whole. */
    struct assay_bytes bytes; /* Empty only where total is 0. */
};

ASSAY_MUST_CHECK
enum assay_err assay_blob_want_read(struct assay_message *message,
                                    struct assay_blob_want *want_out,
                                    struct assay_fault *fault_out);
void assay_blob_want_write(struct assay_cbor_writer *writer,
                           const struct assay_blob_want *want);

/* The bytes borrow from the message. */
ASSAY_MUST_CHECK
enum assay_err assay_blob_read(struct assay_message *message,
                               struct assay_blob *blob_out,
                               struct assay_fault *fault_out);
void assay_blob_write(struct assay_cbor_writer *writer,
                      const struct assay_blob *blob);

ASSAY_MUST_CHECK
enum assay_err assay_blob_lack_read(struct assay_message *message,
                                    uint8_t sha256_out[ASSAY_HASH_SIZE],
                                    struct assay_fault *fault_out);
void assay_blob_lack_write(struct assay_cbor_writer *writer,
                           const uint8_t sha256[ASSAY_HASH_SIZE]);

#endif
