/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello.h - the messages that begin, keep alive and end a session.
 *
 *   hello = [0, [versions], time, nonce, follows, root, log-count, features]
 *   ping  = [1, nonce]    pong = [3, nonce]
 *   close = [2, reason, text]
 *   compare = [5]
 *
 * docs/protocol.md section 3 defines them. Readers begin at a message that
 * assay_message_open opened and whose type they are for; on failure outputs
 * are untouched and *fault_out (may be NULL) says where and why. Writers fill
 * the caller's writer, whose finish says whether it had room.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_HELLO_H
#define ASSAY_PROTOCOL_MESSAGES_HELLO_H

#include "../message.h"
#include "../sync_limits.h"

/* Why a session ends; the wire has the numbers. Code, number, name. */
#define ASSAY_CLOSE_MAP(X)                                                     \
    X(ASSAY_CLOSE_DONE, 0, "done")           /* Nothing is wrong. */           \
    X(ASSAY_CLOSE_VERSION, 1, "version")     /* No version in common. */       \
    X(ASSAY_CLOSE_SELF, 2, "self")           /* This is the same program. */   \
    X(ASSAY_CLOSE_SAME_KEY, 3, "same-key")   /* Another has our key. */        \
    X(ASSAY_CLOSE_DUPLICATE, 4, "duplicate") /* There is a session. */         \
    X(ASSAY_CLOSE_FULL, 5, "full")           /* No room for this peer. */      \
    X(ASSAY_CLOSE_REFUSED, 6, "refused")     /* Not on the list. */            \
    X(ASSAY_CLOSE_MALFORMED, 7, "malformed") /* A message breaks a rule. */    \
    X(ASSAY_CLOSE_UNKNOWN, 8, "unknown")     /* An even type not known. */     \
    X(ASSAY_CLOSE_ORDER, 9, "order")         /* Not now, or not twice. */      \
    X(ASSAY_CLOSE_UNASKED, 10, "unasked")    /* Nobody asked for it. */        \
    X(ASSAY_CLOSE_INVALID, 11, "invalid")    /* An invalid record. */          \
    X(ASSAY_CLOSE_FLOOD, 12, "flood")        /* Too many requests. */          \
    X(ASSAY_CLOSE_MISBEHAVED, 13, "misbehaved") /* The score is full. */       \
    X(ASSAY_CLOSE_TIMEOUT, 14, "timeout")   /* Silent, or takes nothing. */    \
    X(ASSAY_CLOSE_INTERNAL, 15, "internal") /* We failed ourselves. */

enum assay_close_code {
#define ASSAY_CLOSE_ENUM(code, number, name) code = (number),
    ASSAY_CLOSE_MAP(ASSAY_CLOSE_ENUM)
#undef ASSAY_CLOSE_ENUM
};

/* A code's name, for instance "timeout"; "other" for numbers not known. */
const char *assay_close_name(uint64_t code);

struct assay_hello {
    uint32_t versions[ASSAY_HELLO_VERSIONS_MAX]; /* Ascending, unique. */
    size_t version_count;
    uint64_t time_s;                         /* The node's clock, Unix time. */
    uint8_t nonce[ASSAY_HELLO_NONCE_SIZE];   /* Of this start of the program. */
    uint8_t follows[ASSAY_SYNC_DIGEST_SIZE]; /* Digest of the teams. */
    uint8_t root[ASSAY_SYNC_DIGEST_SIZE];    /* Of the frontier. */
    uint64_t log_count;
    struct assay_bytes agent; /* Feature 1: one line; none if not told. */
    bool serves_blobs;        /* Feature 2. */
};

struct assay_close {
    uint64_t code;           /* enum assay_close_code, or one not known. */
    struct assay_bytes text; /* For a person; one line. */
};

/* The agent borrows from the message. */
ASSAY_MUST_CHECK
enum assay_err assay_hello_read(struct assay_message *message,
                                struct assay_hello *hello_out,
                                struct assay_fault *fault_out);
void assay_hello_write(struct assay_cbor_writer *writer,
                       const struct assay_hello *hello);

/* Ping and pong alike. */
ASSAY_MUST_CHECK
enum assay_err assay_ping_read(struct assay_message *message,
                               uint64_t *nonce_out,
                               struct assay_fault *fault_out);
void assay_ping_write(struct assay_cbor_writer *writer,
                      enum assay_message_type type, uint64_t nonce);

/* No fields. */
ASSAY_MUST_CHECK
enum assay_err assay_compare_read(struct assay_message *message,
                                  struct assay_fault *fault_out);
void assay_compare_write(struct assay_cbor_writer *writer);

/* The text borrows from the message. */
ASSAY_MUST_CHECK
enum assay_err assay_close_read(struct assay_message *message,
                                struct assay_close *close_out,
                                struct assay_fault *fault_out);
void assay_close_write(struct assay_cbor_writer *writer,
                       const struct assay_close *close);

#endif
