/* SPDX-License-Identifier: Apache-2.0 */
#include "channel_costs.h"

#include <sodium.h>
#include <stdio.h>

#include "machine.h"
#include "protocol/check.h"
#include "tests/support/channel_pair.h"

#define ROUND_COUNT 9
#define HANDSHAKES_A_ROUND 200

/* Bytes of messages that a round carries, whatever their size. */
#define BYTES_A_ROUND ((size_t)16 * 1024 * 1024)

/* A socket's read, as libuv gives them. */
#define READ_SIZE 65536

/* Where messages come from and go to. */
static uint8_t plain[ASSAY_MESSAGE_MAX];
static uint8_t space[ASSAY_MESSAGE_MAX];
static struct channel_wire wire;

static double median_s(uint64_t rounds[ROUND_COUNT])
{
    return (double)bench_machine_percentile(rounds, ROUND_COUNT, 50) / 1e9;
}

/* Seconds that a handshake takes, both sides together. */
static double handshake_s(void)
{
    uint64_t rounds[ROUND_COUNT];

    for (size_t round = 0; round < ROUND_COUNT; round++) {
        uint64_t begin = bench_machine_now_ns();

        for (size_t index = 0; index < HANDSHAKES_A_ROUND; index++) {
            struct channel_pair pair;

            channel_pair_init(&pair, (uint8_t)index, NULL);
            channel_pair_shake_hands(&pair);
            channel_pair_clear(&pair);
        }
        rounds[round] = bench_machine_now_ns() - begin;
    }
    return median_s(rounds) / HANDSHAKES_A_ROUND;
}

/* The cipher alone: sealed and opened, as each message is. */
static void carry_raw(size_t len, size_t count)
{
    static const uint8_t key[crypto_aead_chacha20poly1305_ietf_KEYBYTES] = {1};
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};

    for (size_t index = 0; index < count; index++) {
        sodium_increment(nonce, sizeof(nonce));
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(
            wire.bytes, NULL, plain, len, NULL, 0, NULL, nonce, key);
        int refused = crypto_aead_chacha20poly1305_ietf_decrypt(
            space, NULL, NULL, wire.bytes,
            len + crypto_aead_chacha20poly1305_ietf_ABYTES, NULL, 0, nonce,
            key);
        ASSAY_CHECK(refused == 0);
    }
}

/* Feeds all that a read gave; counts the messages. */
static size_t feed(struct assay_channel *to, struct assay_bytes input)
{
    enum assay_channel_event event = ASSAY_CHANNEL_MESSAGE;
    struct assay_bytes message;
    size_t count = 0;

    while (event == ASSAY_CHANNEL_MESSAGE) {
        event = assay_channel_feed(to, &input, space, &message);
        count += event == ASSAY_CHANNEL_MESSAGE ? 1 : 0;
    }
    ASSAY_CHECK(event == ASSAY_CHANNEL_IDLE);
    return count;
}

/* The same through a channel, received in reads of a socket's size, which cut
 * frames anywhere. */
static void carry(struct channel_pair *pair, size_t len, size_t count)
{
    static uint8_t stream[READ_SIZE + ASSAY_CHANNEL_FRAME_MAX];
    size_t stream_len = 0;
    size_t received = 0;

    for (size_t index = 0; index < count; index++) {
        enum assay_err err = assay_channel_seal(
            pair->ends[CHANNEL_DIALS], (struct assay_bytes){plain, len},
            stream + stream_len);
        ASSAY_CHECK(err == ASSAY_OK);
        stream_len += len + ASSAY_CHANNEL_OVERHEAD;
        while (stream_len >= READ_SIZE || (index + 1 == count && stream_len)) {
            size_t read_len = stream_len < READ_SIZE ? stream_len : READ_SIZE;

            received += feed(pair->ends[CHANNEL_ANSWERS],
                             (struct assay_bytes){stream, read_len});
            stream_len -= read_len;
            memmove(stream, stream + read_len, stream_len);
        }
    }
    ASSAY_CHECK(received == count);
}

/* Megabytes of messages a second; pair is NULL for the cipher alone. */
static double rate(struct channel_pair *pair, size_t len)
{
    uint64_t rounds[ROUND_COUNT];
    size_t count = BYTES_A_ROUND / len;

    for (size_t round = 0; round < ROUND_COUNT; round++) {
        uint64_t begin = bench_machine_now_ns();

        if (pair == NULL) {
            carry_raw(len, count);
        } else {
            carry(pair, len, count);
        }
        rounds[round] = bench_machine_now_ns() - begin;
    }
    return (double)(count * len) / 1e6 / median_s(rounds);
}

void bench_channel_print(void)
{
    static const size_t lens[] = {100, 600, 4096, ASSAY_MESSAGE_MAX};
    struct channel_pair pair;

    (void)printf("channel: handshakes a second, both sides on one core: %.0f\n",
                 1.0 / handshake_s());
    (void)printf("  message bytes    sealed and opened      cipher alone"
                 "   ratio\n");
    channel_pair_init(&pair, 0, NULL);
    channel_pair_shake_hands(&pair);
    for (size_t index = 0; index < sizeof(lens) / sizeof(lens[0]); index++) {
        double alone = rate(NULL, lens[index]);
        double whole = rate(&pair, lens[index]);

        (void)printf("  %13zu    %12.0f MB/s    %9.0f MB/s    %.2f\n",
                     lens[index], whole, alone, whole / alone);
    }
    channel_pair_clear(&pair);
}
