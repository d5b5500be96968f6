/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - random numbers from a seed: the machines' choices, repeatable.
 *
 * The stream of ChaCha20 (IETF, RFC 8439) under the seed as key. A node seeds
 * it with 32 random bytes, so that no peer can foretell whom it chooses; the
 * simulator seeds it from one number. Nothing here is secret key material.
 */
#ifndef ASSAY_PROTOCOL_RANDOM_H
#define ASSAY_PROTOCOL_RANDOM_H

#include "bytes.h"

#define ASSAY_RANDOM_SEED_SIZE 32

struct assay_random {
    uint8_t seed[ASSAY_RANDOM_SEED_SIZE];
    uint32_t block;     /* Of the stream: the next one. */
    uint32_t used;      /* Bytes of buffer that were given out. */
    uint8_t buffer[64]; /* One block. */
};

void assay_random_init(struct assay_random *random,
                       const uint8_t seed[ASSAY_RANDOM_SEED_SIZE]);

/* The next 64 bits. */
uint64_t assay_random_next(struct assay_random *random);

/* A number below bound, each as likely as any other; bound is not 0. */
uint64_t assay_random_below(struct assay_random *random, uint64_t bound);

#endif
