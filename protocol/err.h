/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - the one way to fail: a code, and where and why input was refused.
 *
 * There is one code for each thing that a caller may do about it, not for
 * each place where it arises. What a person is told beyond the phrase (a
 * path, an id) is added by the outer layer, which knows it.
 */
#ifndef ASSAY_PROTOCOL_ERR_H
#define ASSAY_PROTOCOL_ERR_H

#include <stddef.h>

#define ASSAY_MUST_CHECK __attribute__((warn_unused_result))

/* Code and phrase. The phrase completes "it was refused: ...". */
#define ASSAY_ERR_MAP(X)                                                       \
    X(ASSAY_OK, "done")                                                        \
    X(ASSAY_E_TRUNCATED, "the input ends too early")                           \
    X(ASSAY_E_MALFORMED, "the input breaks a rule of its format")              \
    X(ASSAY_E_LIMIT, "something is larger than its limit")                     \
    X(ASSAY_E_SIGNATURE, "the signature does not match")                       \
    X(ASSAY_E_KEY, "the key is not an acceptable one")                         \
    X(ASSAY_E_TAG, "it was changed on its way, or sealed with another key")    \
    X(ASSAY_E_PEER, "the peer is not the one that was to be reached")          \
    X(ASSAY_E_BODY, "the body does not have the hash that was signed")         \
    X(ASSAY_E_AUTH, "the author has no authority to say this here")            \
    X(ASSAY_E_SEQ, "the sequence number does not follow from prev")            \
    X(ASSAY_E_PREV, "prev names a record of another log")                      \
    X(ASSAY_E_EARLY, "it names a prev or auth that is not held yet")           \
    X(ASSAY_E_FROZEN, "its log has too many heads and is frozen")              \
    X(ASSAY_E_EXISTS, "it is already there")                                   \
    X(ASSAY_E_NOT_FOUND, "there is no such thing here")                        \
    X(ASSAY_E_AMBIGUOUS, "more than one thing could be meant")                 \
    X(ASSAY_E_VERSION, "it is of a newer format than this program knows")      \
    X(ASSAY_E_PASSPHRASE, "the passphrase is wrong or missing")                \
    X(ASSAY_E_UNSAFE, "its owner or permissions are not safe")                 \
    X(ASSAY_E_ACCESS, "permission denied")                                     \
    X(ASSAY_E_READONLY, "it is on read-only media or was opened read-only")    \
    X(ASSAY_E_FULL, "no space is left on the device")                          \
    X(ASSAY_E_IO, "the system failed to read or write")                        \
    X(ASSAY_E_NOMEM, "memory is exhausted")                                    \
    X(ASSAY_E_CORRUPT, "stored data contradicts itself")                       \
    X(ASSAY_E_BUSY, "too many others are using it")                            \
    X(ASSAY_E_STOPPED, "it was interrupted")

enum assay_err {
#define ASSAY_ERR_ENUM(code, phrase) code,
    ASSAY_ERR_MAP(ASSAY_ERR_ENUM)
#undef ASSAY_ERR_ENUM
};

/* Where and why bytes were refused. */
struct assay_fault {
    size_t offset;    /* Byte offset in the input that was given. */
    const char *rule; /* A static sentence: the rule that is broken. */
};

/* The phrase of a code: static, lower case, without a full stop. */
const char *assay_err_phrase(enum assay_err err);

/* The code's own name, for instance "ASSAY_E_SEQ"; static. */
const char *assay_err_name(enum assay_err err);

#endif
