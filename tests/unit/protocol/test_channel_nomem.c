/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer makes a channel hold: nothing in advance, never more than one
 * frame, and when there is no memory for that, the channel ends with a reason.
 *
 * The linker puts the functions below before the allocator's.
 */
#include "testing.h"

#include "protocol/channel.h"

#include "channel_pair.h"

#include <stdlib.h>

static bool is_empty;      /* There is no memory at all. */
static size_t largest_len; /* That was asked for. */
static size_t count;       /* Of calls. */

static bool may_allocate(size_t len)
{
    largest_len = len > largest_len ? len : largest_len;
    count++;
    return !is_empty;
}

/* The linker's --wrap dictates the names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
/* NOLINTBEGIN(cert-dcl51-cpp,readability-identifier-naming) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count_of, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count_of, size_t size);

void *__wrap_malloc(size_t size)
{
    return may_allocate(size) ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count_of, size_t size)
{
    return may_allocate(count_of * size) ? __real_calloc(count_of, size) : NULL;
}
/* NOLINTEND(cert-dcl51-cpp,readability-identifier-naming) */
/* NOLINTEND(bugprone-reserved-identifier) */

static struct channel_pair pair;
static struct channel_wire wire;

static int open_pair(void **state)
{
    (void)state;
    is_empty = false;
    channel_pair_init(&pair, 1, NULL);
    channel_pair_shake_hands(&pair);
    largest_len = 0;
    count = 0;
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    is_empty = false;
    channel_pair_clear(&pair);
    return 0;
}

static void a_channel_needs_memory(void **state)
{
    uint8_t secret[ASSAY_NOISE_KEY_SIZE] = {1};
    struct assay_noise_keypair own;
    struct assay_channel_config config = {.own = &own,
                                          .ephemeral_secret = secret};
    struct assay_channel *channel = NULL;
    (void)state;

    assay_noise_keypair_make(secret, &own);
    is_empty = true;
    assert_int_equal(assay_channel_new(&config, &channel), ASSAY_E_NOMEM);
    assert_null(channel);
    assay_channel_free(NULL);
}

/* Ten thousand connections that say nothing, or a part of a handshake, cost
 * what the channels themselves do and little more. */
static void an_unknown_peer_makes_it_hold_little(void **state)
{
    struct assay_channel *answers =
        channel_end_new(CHANNEL_ANSWERS, 1, NULL, NULL);
    struct assay_channel *dials = channel_end_new(CHANNEL_DIALS, 1, NULL, NULL);
    struct assay_bytes first = channel_end_pull(dials, &wire);
    (void)state;

    assert_true(largest_len <= 1024);
    largest_len = 0;
    first.len--;
    assert_int_equal(channel_end_feed(answers, first, NULL),
                     ASSAY_CHANNEL_IDLE);
    assert_true(largest_len <= 96);
    assay_channel_free(answers);
    assay_channel_free(dials);
}

/* A frame that lies whole in what was received is opened there; one that does
 * not is held, and nothing but it. */
static void no_more_than_a_frame_is_held(void **state)
{
    static uint8_t plain[ASSAY_MESSAGE_MAX];
    struct assay_bytes message = {plain, sizeof(plain)};
    struct assay_channel *to = pair.ends[CHANNEL_ANSWERS];
    (void)state;

    struct assay_bytes frame =
        channel_end_seal(pair.ends[CHANNEL_DIALS], message, &wire);
    assert_int_equal(channel_end_feed(to, frame, NULL), ASSAY_CHANNEL_MESSAGE);
    assert_int_equal(count, 0);

    frame = channel_end_seal(pair.ends[CHANNEL_DIALS], message, &wire);
    for (size_t at = 0; at + 1 < frame.len; at++) {
        assert_int_equal(
            channel_end_feed(to, (struct assay_bytes){frame.data + at, 1},
                             NULL),
            ASSAY_CHANNEL_IDLE);
    }
    assert_int_equal(count, 1);
    assert_int_equal(largest_len, ASSAY_NOISE_MESSAGE_MAX);
    assert_int_equal(
        channel_end_feed(
            to, (struct assay_bytes){frame.data + frame.len - 1, 1}, NULL),
        ASSAY_CHANNEL_MESSAGE);
}

/* A head promises a frame, for which nothing is held until some of it comes. */
static void a_head_alone_holds_nothing(void **state)
{
    static const uint8_t head[] = {0xff, 0xff};
    (void)state;

    assert_int_equal(channel_end_feed(pair.ends[CHANNEL_ANSWERS],
                                      (struct assay_bytes){head, sizeof(head)},
                                      NULL),
                     ASSAY_CHANNEL_IDLE);
    assert_int_equal(count, 0);
}

static void a_channel_without_memory_ends_with_that_reason(void **state)
{
    static const uint8_t part[] = {0xff, 0xff, 1};
    struct assay_channel *to = pair.ends[CHANNEL_ANSWERS];
    const char *rule = NULL;
    (void)state;

    is_empty = true;
    enum assay_channel_event event =
        channel_end_feed(to, (struct assay_bytes){part, sizeof(part)}, NULL);
    is_empty = false;
    assert_int_equal(event, ASSAY_CHANNEL_BROKEN);
    assert_int_equal(assay_channel_error(to, &rule), ASSAY_E_NOMEM);
    assert_non_null(rule);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_channel_needs_memory),
        TEST(an_unknown_peer_makes_it_hold_little),
        TEST(no_more_than_a_frame_is_held),
        TEST(a_head_alone_holds_nothing),
        TEST(a_channel_without_memory_ends_with_that_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
