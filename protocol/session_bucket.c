/* SPDX-License-Identifier: Apache-2.0 */
#include "session_bucket.h"

#include "check.h"

#define MILLI 1000

void assay_session_bucket_init(struct session_bucket *bucket, uint64_t rate,
                               uint64_t cap, uint64_t now_ms)
{
    ASSAY_CHECK(cap < UINT64_C(1) << 53);
    *bucket = (struct session_bucket){rate, cap, cap * MILLI, now_ms};
}

/* Thousandths that are there: a token a second is one of them a millisecond. */
static uint64_t milli_at(const struct session_bucket *bucket, uint64_t now_ms)
{
    uint64_t room = bucket->cap * MILLI - bucket->milli;
    uint64_t elapsed_ms = now_ms - bucket->filled_ms;

    ASSAY_CHECK(now_ms >= bucket->filled_ms);
    /* Where the product would be more than the room it may overflow. */
    if (bucket->rate > 0 && elapsed_ms > room / bucket->rate) {
        return bucket->cap * MILLI;
    }
    return bucket->milli + elapsed_ms * bucket->rate;
}

void assay_session_bucket_pace(struct session_bucket *bucket, uint64_t now_ms,
                               uint64_t rate)
{
    bucket->milli = milli_at(bucket, now_ms);
    bucket->filled_ms = now_ms;
    bucket->rate = rate;
}

bool assay_session_bucket_has(const struct session_bucket *bucket,
                              uint64_t now_ms, uint64_t count)
{
    return count <= bucket->cap && milli_at(bucket, now_ms) >= count * MILLI;
}

void assay_session_bucket_take(struct session_bucket *bucket, uint64_t now_ms,
                               uint64_t count)
{
    uint64_t milli = milli_at(bucket, now_ms);

    ASSAY_CHECK(count <= bucket->cap);
    ASSAY_CHECK(milli >= count * MILLI);
    bucket->milli = milli - count * MILLI;
    bucket->filled_ms = now_ms;
}

uint64_t assay_session_bucket_ready_ms(const struct session_bucket *bucket,
                                       uint64_t count)
{
    uint64_t lacking;

    if (count > bucket->cap) {
        return UINT64_MAX;
    }
    if (bucket->milli >= count * MILLI) {
        return bucket->filled_ms;
    }
    if (bucket->rate == 0) {
        return UINT64_MAX;
    }
    lacking = count * MILLI - bucket->milli;
    return bucket->filled_ms + lacking / bucket->rate +
           (lacking % bucket->rate != 0 ? 1 : 0);
}
