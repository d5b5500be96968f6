/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_feed.c - what bench_nodes.py gives nodes to do: a file of generated
 * records, and records written one after another into a ledger, as the command
 * line writes them but without a process for each.
 *
 *   bench_feed records FILE COUNT
 *   bench_feed write LEDGER KEY TEAM COUNT BATCH RATE
 *
 * write signs COUNT claims as KEY, the root of TEAM, BATCH in a transaction,
 * RATE of them a second at most (0: as fast as it goes), and prints for each
 * transaction when it began and when it was durable, by the monotonic clock in
 * nanoseconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/check.h"
#include "protocol/kinds/claim.h"
#include "store/author.h"
#include "store/keyring.h"
#include "tests/bench/generate.h"
#include "tests/bench/machine.h"

#define SECOND_NS UINT64_C(1000000000)

struct feed {
    struct store_ledger *ledger;
    struct store_secret *secret;
    struct assay_id grant;
    uint64_t written;
};

static void check_ok(enum assay_err err, const char *what)
{
    if (err != ASSAY_OK) {
        (void)fprintf(stderr, "bench_feed: %s: %s\n", what,
                      assay_err_phrase(err));
        exit(EXIT_FAILURE);
    }
}

static int make_records(const char *path, uint64_t count)
{
    struct bench_ledger made;

    check_ok(bench_generate(path, count, &made), "generate");
    printf("%" PRIu64 " %" PRIu64 "\n", made.records, made.record_bytes);
    free(made.typical);
    return EXIT_SUCCESS;
}

static void put_claim(struct feed *feed, struct store_batch *batch)
{
    static uint8_t body[ASSAY_RECORD_MAX];
    uint8_t salt[ASSAY_SALT_SIZE] = {0};
    char text[64];
    int len = snprintf(text, sizeof(text), "Claim %" PRIu64 " of the feed.",
                       feed->written);
    struct assay_claim claim = {
        .text = {(const uint8_t *)text, (size_t)len},
        .places = {{.url = assay_bytes_of("https://feed.example/")}},
        .place_count = 1,
    };
    struct store_draft draft = {
        .kind = ASSAY_KIND_CLAIM,
        .grant_id = feed->grant,
        .time_s = (uint64_t)time(NULL),
    };
    struct assay_cbor_writer writer;
    struct assay_id id;

    memcpy(salt, &feed->written, sizeof(feed->written));
    assay_cbor_writer_init(&writer, body, sizeof(body));
    assay_claim_write(&claim, salt, &writer);
    check_ok(assay_cbor_writer_finish(&writer, &draft.body), "a claim");
    check_ok(store_author_write(batch, &draft, feed->secret->bytes, &id, NULL),
             "write");
    feed->written++;
}

static void wait_until(uint64_t due_ns)
{
    uint64_t now_ns = bench_machine_now_ns();

    if (now_ns < due_ns) {
        uint64_t left = due_ns - now_ns;
        struct timespec rest = {(time_t)(left / SECOND_NS),
                                (long)(left % SECOND_NS)};

        (void)nanosleep(&rest, NULL);
    }
}

static void write_batch(struct feed *feed, uint64_t count)
{
    struct store_batch *batch = NULL;
    uint64_t begin_ns = bench_machine_now_ns();

    check_ok(store_batch_begin(feed->ledger, (uint64_t)time(NULL), &batch),
             "a batch");
    for (uint64_t i = 0; i < count; i++) {
        put_claim(feed, batch);
    }
    check_ok(store_batch_commit(batch), "commit");
    printf("%" PRIu64 " %" PRIu64 "\n", begin_ns, bench_machine_now_ns());
    (void)fflush(stdout);
}

static int write_records(char **args)
{
    struct feed feed = {0};
    struct assay_id_prefix team;
    uint64_t count = strtoull(args[3], NULL, 10);
    uint64_t batch = strtoull(args[4], NULL, 10);
    uint64_t rate = strtoull(args[5], NULL, 10);
    uint64_t start_ns = bench_machine_now_ns();

    check_ok(assay_id_parse(assay_bytes_of(args[2]), &team, NULL), args[2]);
    memcpy(feed.grant.hash, team.bytes, sizeof(feed.grant.hash));
    check_ok(store_ledger_open(args[0], STORE_WRITE, &feed.ledger, NULL),
             args[0]);
    check_ok(store_keyring_unlock(feed.ledger, args[1], ASSAY_BYTES_NONE,
                                  &feed.secret),
             args[1]);
    while (feed.written < count) {
        uint64_t left = count - feed.written;

        if (rate > 0) {
            wait_until(start_ns + feed.written * SECOND_NS / rate);
        }
        write_batch(&feed, left < batch ? left : batch);
    }
    store_secret_free(feed.secret);
    store_ledger_close(feed.ledger);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "records") == 0) {
        return make_records(argv[2], strtoull(argv[3], NULL, 10));
    }
    if (argc == 8 && strcmp(argv[1], "write") == 0) {
        return write_records(argv + 2);
    }
    (void)fprintf(stderr, "usage: bench_feed records FILE COUNT\n"
                          "       bench_feed write LEDGER KEY TEAM COUNT "
                          "BATCH RATE\n");
    return EXIT_FAILURE;
}
