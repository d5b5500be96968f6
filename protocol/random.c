/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include "check.h"

#include <sodium.h>

_Static_assert(ASSAY_RANDOM_SEED_SIZE == crypto_stream_chacha20_ietf_KEYBYTES,
               "the seed is the cipher's key");

void assay_random_init(struct assay_random *random,
                       const uint8_t seed[ASSAY_RANDOM_SEED_SIZE])
{
    memcpy(random->seed, seed, sizeof(random->seed));
    random->block = 0;
    random->used = sizeof(random->buffer);
}

/* The nonce is zero: a seed makes one stream, and 2^32 blocks are more numbers
 * than a machine draws in its life. */
static void refill(struct assay_random *random)
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];

    memset(random->buffer, 0, sizeof(random->buffer));
    (void)crypto_stream_chacha20_ietf_xor_ic(random->buffer, random->buffer,
                                             sizeof(random->buffer), nonce,
                                             random->block, random->seed);
    random->block++;
    random->used = 0;
}

uint64_t assay_random_next(struct assay_random *random)
{
    uint64_t value = 0;

    ASSAY_CHECK(random->used <= sizeof(random->buffer));
    if (random->used == sizeof(random->buffer)) {
        refill(random);
    }
    for (size_t i = 0; i < sizeof(value); i++) {
        value |= (uint64_t)random->buffer[random->used + i] << (8 * i);
    }
    random->used += (uint32_t)sizeof(value);
    return value;
}

/* Numbers behind the last whole multiple of bound would favour the small ones;
 * they are drawn again. */
uint64_t assay_random_below(struct assay_random *random, uint64_t bound)
{
    uint64_t value;

    ASSAY_CHECK(bound > 0);
    uint64_t rest = (UINT64_MAX % bound + 1) % bound;
    do {
        value = assay_random_next(random);
    } while (value > UINT64_MAX - rest);
    return value % bound;
}
