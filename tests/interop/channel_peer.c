/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_peer.c - one end of a channel on a plain socket, for programs that
 * share no code with ours to speak with.
 *
 *   channel_peer listen [FRAMES BYTES]
 *       waits on 127.0.0.1 for one peer and sends back all that it says
 *   channel_peer dial PORT PEER [FRAMES BYTES]
 *       dials it, where the node key PEER (64 hexadecimal digits) must answer,
 *       and expects back what it says
 *
 * FRAMES and BYTES are limits behind which keys change, smaller than a node's.
 * Writes a line each: its port, its key; the peer's key and the handshake's
 * hash once there is a channel; and how it ended. Exits 0 after last words of
 * both sides.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "protocol/channel.h"
#include "protocol/check.h"

/* A peer that says nothing for so long has a bug. */
#define SILENCE_MAX_S 60

/* What the dialling end says: lengths around every boundary. */
static const size_t said_lens[] = {1, 2, 1000, 65518, ASSAY_MESSAGE_MAX, 17};

#define SAID_COUNT (sizeof(said_lens) / sizeof(said_lens[0]))

struct peer {
    int socket;
    struct assay_channel *channel;
    size_t echoed_count; /* Of what the dialling end said. */
    bool is_done;        /* The other side's last word came. */
    uint8_t space[ASSAY_MESSAGE_MAX];
    uint8_t received[4096];
    uint8_t out[ASSAY_CHANNEL_FRAME_MAX];
};

static void print_hex(const char *what, const uint8_t *bytes)
{
    char hex[2 * ASSAY_HASH_SIZE + 1];

    (void)sodium_bin2hex(hex, sizeof(hex), bytes, ASSAY_HASH_SIZE);
    (void)printf("%s %s\n", what, hex);
    (void)fflush(stdout);
}

static bool send_bytes(const struct peer *peer, size_t len)
{
    size_t sent = 0;

    while (sent < len) {
        ssize_t now =
            send(peer->socket, peer->out + sent, len - sent, MSG_NOSIGNAL);

        if (now < 0) {
            (void)fprintf(stderr, "send: %s\n", strerror(errno));
            return false;
        }
        sent += (size_t)now;
    }
    return true;
}

static bool pull(struct peer *peer)
{
    return send_bytes(peer, assay_channel_pull(peer->channel, peer->out));
}

static bool say(struct peer *peer, struct assay_bytes message)
{
    return assay_channel_seal(peer->channel, message, peer->out) == ASSAY_OK &&
           send_bytes(peer, message.len + ASSAY_CHANNEL_OVERHEAD);
}

static bool say_end(struct peer *peer)
{
    return assay_channel_seal_end(peer->channel, peer->out) == ASSAY_OK &&
           send_bytes(peer, ASSAY_CHANNEL_OVERHEAD);
}

/* The dialling end says the next of what it has to say, or that it is done. */
static bool say_next(struct peer *peer)
{
    static uint8_t said[ASSAY_MESSAGE_MAX];
    size_t index = peer->echoed_count;

    if (index == SAID_COUNT) {
        return say_end(peer);
    }
    memset(said, (int)index + 1, said_lens[index]);
    return say(peer, (struct assay_bytes){said, said_lens[index]});
}

static bool is_echo(const struct peer *peer, struct assay_bytes message)
{
    size_t index = peer->echoed_count;

    if (index == SAID_COUNT || message.len != said_lens[index]) {
        return false;
    }
    for (size_t at = 0; at < message.len; at++) {
        if (message.data[at] != index + 1) {
            return false;
        }
    }
    return true;
}

static bool on_opened(struct peer *peer)
{
    print_hex("peer", assay_channel_peer(peer->channel)->bytes);
    print_hex("hash", assay_channel_hash(peer->channel));
    if (!pull(peer)) {
        return false;
    }
    return !assay_channel_is_initiator(peer->channel) || say_next(peer);
}

static bool on_message(struct peer *peer, struct assay_bytes message)
{
    if (!assay_channel_is_initiator(peer->channel)) {
        return say(peer, message);
    }
    if (!is_echo(peer, message)) {
        (void)fprintf(stderr, "what came back is not what was said\n");
        return false;
    }
    peer->echoed_count++;
    return say_next(peer);
}

static bool on_end(struct peer *peer)
{
    peer->is_done = true;
    return assay_channel_is_initiator(peer->channel)
               ? peer->echoed_count == SAID_COUNT
               : say_end(peer);
}

/* False where there is nothing to go on with. */
static bool on_event(struct peer *peer, enum assay_channel_event event,
                     struct assay_bytes message)
{
    switch (event) {
    case ASSAY_CHANNEL_IDLE:
        return true;
    case ASSAY_CHANNEL_REPLY:
        return pull(peer);
    case ASSAY_CHANNEL_OPENED:
        return on_opened(peer);
    case ASSAY_CHANNEL_MESSAGE:
        return on_message(peer, message);
    case ASSAY_CHANNEL_END:
        return on_end(peer);
    case ASSAY_CHANNEL_BROKEN:
        return false;
    }
    return false;
}

/* Takes in what was received, event by event. */
static bool take(struct peer *peer, size_t len)
{
    struct assay_bytes input = {peer->received, len};
    enum assay_channel_event event = ASSAY_CHANNEL_REPLY;

    while (event != ASSAY_CHANNEL_IDLE && event != ASSAY_CHANNEL_END) {
        struct assay_bytes message = ASSAY_BYTES_NONE;

        event =
            assay_channel_feed(peer->channel, &input, peer->space, &message);
        if (!on_event(peer, event, message)) {
            return false;
        }
    }
    return true;
}

/* Speaks until both sides have said their last words. */
static bool converse(struct peer *peer)
{
    if (!pull(peer)) {
        return false;
    }
    while (!peer->is_done) {
        ssize_t len =
            recv(peer->socket, peer->received, sizeof(peer->received), 0);

        if (len < 0) {
            (void)fprintf(stderr, "recv: %s\n", strerror(errno));
            return false;
        }
        if (len == 0) {
            return assay_channel_eof(peer->channel);
        }
        if (!take(peer, (size_t)len)) {
            return false;
        }
    }
    return true;
}

static int bound_socket(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 ||
        bind(listener, (const struct sockaddr *)&address, sizeof(address)) !=
            0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    (void)printf("port %u\n", (unsigned)ntohs(address.sin_port));
    (void)fflush(stdout);
    return listener;
}

static int accepted_socket(void)
{
    int listener = bound_socket();
    int accepted = accept(listener, NULL, NULL);

    if (accepted < 0) {
        perror("accept");
        exit(EXIT_FAILURE);
    }
    (void)close(listener);
    return accepted;
}

static int dialled_socket(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    int dialled = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (dialled < 0 || connect(dialled, (const struct sockaddr *)&address,
                               sizeof(address)) != 0) {
        perror("connect");
        exit(EXIT_FAILURE);
    }
    return dialled;
}

static uint64_t number_of(const char *text)
{
    char *end = NULL;
    unsigned long long number = strtoull(text, &end, 10);

    if (end == text || *end != '\0' || number == 0) {
        (void)fprintf(stderr, "not a number above 0: %s\n", text);
        exit(EXIT_FAILURE);
    }
    return number;
}

static struct assay_channel *new_channel(const char *expected_hex,
                                         const struct assay_channel_rekey *keys)
{
    uint8_t random[2][ASSAY_NOISE_KEY_SIZE];
    static struct assay_noise_keypair own; /* The channel borrows it. */
    struct assay_key expected;
    struct assay_channel *channel = NULL;
    struct assay_channel_config config = {
        .own = &own, .ephemeral_secret = random[1], .rekey = keys};

    randombytes_buf(random, sizeof(random));
    assay_noise_keypair_make(random[0], &own);
    print_hex("key", own.key.bytes);
    if (expected_hex != NULL) {
        size_t len = 0;

        if (sodium_hex2bin(expected.bytes, sizeof(expected.bytes), expected_hex,
                           strlen(expected_hex), NULL, &len, NULL) != 0 ||
            len != sizeof(expected.bytes)) {
            (void)fprintf(stderr, "not a key: %s\n", expected_hex);
            exit(EXIT_FAILURE);
        }
        config.is_initiator = true;
        config.expected = &expected;
    }
    enum assay_err err = assay_channel_new(&config, &channel);
    ASSAY_CHECK(err == ASSAY_OK);
    return channel;
}

static int usage(void)
{
    (void)fprintf(stderr, "usage: channel_peer listen [FRAMES BYTES]\n"
                          "       channel_peer dial PORT PEER "
                          "[FRAMES BYTES]\n");
    return 2;
}

static int run(struct peer *peer)
{
    struct timeval silence = {.tv_sec = SILENCE_MAX_S};
    const char *rule = NULL;
    int now = 1;

    /* Each message waits for its echo, so none may wait for another. */
    (void)setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
    (void)setsockopt(peer->socket, SOL_SOCKET, SO_RCVTIMEO, &silence,
                     sizeof(silence));
    bool is_well = converse(peer);
    enum assay_err err = assay_channel_error(peer->channel, &rule);

    if (err != ASSAY_OK) {
        (void)printf("failed %s\n", assay_err_name(err));
    } else if (is_well) {
        (void)printf("ended\n");
    }
    return is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct assay_channel_rekey keys = {ASSAY_CHANNEL_REKEY_FRAMES,
                                       ASSAY_CHANNEL_REKEY_BYTES};
    struct peer *peer = NULL;

    if (argc < 2 || sodium_init() < 0) {
        return usage();
    }
    bool dials = strcmp(argv[1], "dial") == 0;
    int fixed_count = dials ? 4 : 2;

    if ((!dials && strcmp(argv[1], "listen") != 0) ||
        (argc != fixed_count && argc != fixed_count + 2)) {
        return usage();
    }
    if (argc > fixed_count) {
        keys.frames = number_of(argv[fixed_count]);
        keys.bytes = number_of(argv[fixed_count + 1]);
    }
    peer = calloc(1, sizeof(*peer));
    if (peer == NULL) {
        return EXIT_FAILURE;
    }
    peer->channel = new_channel(dials ? argv[3] : NULL, &keys);
    peer->socket = dials ? dialled_socket((uint16_t)number_of(argv[2]))
                         : accepted_socket();
    int status = run(peer);

    (void)close(peer->socket);
    assay_channel_free(peer->channel);
    free(peer);
    return status;
}
