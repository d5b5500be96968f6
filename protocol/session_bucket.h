/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_bucket.h - a rate with some room for bursts: a token bucket.
 *
 * What is taken counts in tokens; they come back at a rate, up to a cap. It
 * counts thousandths, so that no part of a millisecond is lost. Not installed.
 */
#ifndef ASSAY_PROTOCOL_SESSION_BUCKET_H
#define ASSAY_PROTOCOL_SESSION_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct session_bucket {
    uint64_t rate;  /* Tokens a second. */
    uint64_t cap;   /* Below 2^53. */
    uint64_t milli; /* Thousandths of tokens, at filled_ms. */
    uint64_t filled_ms;
};

/* Begins full. */
void assay_session_bucket_init(struct session_bucket *bucket, uint64_t rate,
                               uint64_t cap, uint64_t now_ms);

/* Another rate from now on; what is there stays. */
void assay_session_bucket_pace(struct session_bucket *bucket, uint64_t now_ms,
                               uint64_t rate);

/* Whether so many tokens are there. */
bool assay_session_bucket_has(const struct session_bucket *bucket,
                              uint64_t now_ms, uint64_t count);

/* Takes tokens that are there. */
void assay_session_bucket_take(struct session_bucket *bucket, uint64_t now_ms,
                               uint64_t count);

/* The first time at which so many are there, if none is taken; UINT64_MAX:
 * never. */
uint64_t assay_session_bucket_ready_ms(const struct session_bucket *bucket,
                                       uint64_t count);

#endif
