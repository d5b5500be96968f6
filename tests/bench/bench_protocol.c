/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_protocol.c - what a record costs before it is stored: reading its
 * heads, checking its text, and the signature, which is the bound; and what
 * the channel that it comes through costs.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "channel_costs.h"
#include "machine.h"
#include "protocol/cbor.h"
#include "protocol/check.h"
#include "protocol/id.h"
#include "protocol/key.h"
#include "protocol/record.h"
#include "protocol/text.h"
#include "tests/support/samples.h"

/* A round is long enough for the clock; the median of some is told. */
#define ROUND_COUNT 9
#define WALKS_A_ROUND 200000
#define CHECKS_A_ROUND 4000
#define CORES_MAX 256

/* What the work is done on. */
struct subject {
    struct sample sample;
    uint8_t signature[ASSAY_SIGNATURE_SIZE]; /* Of the payload alone. */
};

/* Something to do many times. */
typedef void (*work_fn)(const struct subject *subject);

static void parse(const struct subject *subject)
{
    struct assay_record record;

    ASSAY_CHECK(assay_record_parse(subject->sample.envelope,
                                   subject->sample.body, &record,
                                   NULL) == ASSAY_OK);
}

static void skip_item(struct assay_bytes item)
{
    struct assay_cbor_reader reader;

    assay_cbor_reader_init(&reader, item);
    (void)assay_cbor_skip(&reader);
    ASSAY_CHECK(assay_cbor_reader_finish(&reader, NULL) == ASSAY_OK);
}

static void skip_inside(const struct subject *subject)
{
    skip_item(subject->sample.record.signed_bytes);
    skip_item(subject->sample.body);
}

static void check_text(const struct subject *subject)
{
    static const char text[] =
        "A sentence of an ordinary length, as claims and rationales have it: "
        "letters, digits such as 2025, and marks. It is said again, so that "
        "there is some of it.";

    (void)subject;
    ASSAY_CHECK(assay_text_check(assay_bytes_of(text), NULL) == ASSAY_OK);
}

static void format_and_parse_id(const struct subject *subject)
{
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id_prefix prefix;

    assay_id_format(ASSAY_ID_VERDICT, subject->sample.id.hash, text);
    ASSAY_CHECK(assay_id_parse(assay_bytes_of(text), &prefix, NULL) ==
                ASSAY_OK);
}

static void check_record(const struct subject *subject)
{
    ASSAY_CHECK(assay_record_check(&subject->sample.record) == ASSAY_OK);
}

static void verify_payload(const struct subject *subject)
{
    const struct assay_record *record = &subject->sample.record;

    ASSAY_CHECK(assay_key_verify(&record->key, record->signed_bytes,
                                 subject->signature) == ASSAY_OK);
}

static void hash_payload(const struct subject *subject)
{
    uint8_t hash[ASSAY_HASH_SIZE];

    assay_hash(subject->sample.record.signed_bytes, hash);
}

/* How many heads an item and all that is in it have. */
static size_t count_heads(struct assay_bytes item)
{
    struct assay_cbor_reader reader;
    size_t count = 0;

    assay_cbor_reader_init(&reader, item);
    while (assay_cbor_peek(&reader) != ASSAY_CBOR_NOTHING) {
        if (assay_cbor_peek(&reader) == ASSAY_CBOR_ARRAY) {
            (void)assay_cbor_read_array(&reader, SIZE_MAX);
        } else if (assay_cbor_peek(&reader) == ASSAY_CBOR_MAP) {
            (void)assay_cbor_read_map(&reader, SIZE_MAX);
        } else {
            (void)assay_cbor_skip(&reader);
        }
        count++;
    }
    ASSAY_CHECK(assay_cbor_reader_finish(&reader, NULL) == ASSAY_OK);
    return count;
}

/* Nanoseconds that one piece of work takes: the median of some rounds. */
static double cost_ns(work_fn work, const struct subject *subject, size_t times)
{
    uint64_t rounds[ROUND_COUNT];

    for (size_t round = 0; round < ROUND_COUNT; round++) {
        uint64_t begin = bench_machine_now_ns();

        for (size_t index = 0; index < times; index++) {
            work(subject);
        }
        rounds[round] = bench_machine_now_ns() - begin;
    }
    return (double)bench_machine_percentile(rounds, ROUND_COUNT, 50) /
           (double)times;
}

static void *verify_many(void *subject)
{
    for (size_t index = 0; index < CHECKS_A_ROUND; index++) {
        verify_payload(subject);
    }
    return NULL;
}

/* Nanoseconds that count threads take, each with its own checks. */
static uint64_t verify_with_threads(struct subject *subject, size_t count)
{
    pthread_t threads[CORES_MAX];
    uint64_t begin = bench_machine_now_ns();

    for (size_t index = 0; index < count; index++) {
        int failed =
            pthread_create(&threads[index], NULL, verify_many, subject);
        ASSAY_CHECK(failed == 0);
    }
    for (size_t index = 0; index < count; index++) {
        int failed = pthread_join(threads[index], NULL);
        ASSAY_CHECK(failed == 0);
    }
    return bench_machine_now_ns() - begin;
}

/* Signatures checked in a second when every core does so. */
static double verify_rate_all_cores(struct subject *subject)
{
    uint64_t rounds[ROUND_COUNT];
    size_t count = bench_machine_cores();

    count = count < CORES_MAX ? count : CORES_MAX;
    for (size_t round = 0; round < ROUND_COUNT; round++) {
        rounds[round] = verify_with_threads(subject, count);
    }
    return 1e9 * (double)(count * CHECKS_A_ROUND) /
           (double)bench_machine_percentile(rounds, ROUND_COUNT, 50);
}

static void print_cost(const char *what, double ns)
{
    (void)printf("%-32s %9.0f ns\n", what, ns);
}

static void print_costs(struct subject *subject)
{
    const struct sample *sample = &subject->sample;
    size_t heads =
        count_heads(sample->record.signed_bytes) + count_heads(sample->body);
    double skip = cost_ns(skip_inside, subject, WALKS_A_ROUND);
    double verify = cost_ns(verify_payload, subject, CHECKS_A_ROUND);

    (void)printf("record: a verdict, envelope %zu and body %zu bytes, "
                 "%zu heads in payload and body\n",
                 sample->envelope.len, sample->body.len, heads);
    print_cost("walk payload and body", skip);
    print_cost("  a head", skip / (double)heads);
    print_cost("parse, with the id's SHA-256",
               cost_ns(parse, subject, WALKS_A_ROUND));
    print_cost("  SHA-256 of the payload",
               cost_ns(hash_payload, subject, WALKS_A_ROUND));
    print_cost("check 157 bytes of text",
               cost_ns(check_text, subject, WALKS_A_ROUND));
    print_cost("write and read an id",
               cost_ns(format_and_parse_id, subject, WALKS_A_ROUND));
    print_cost("check signature and body",
               cost_ns(check_record, subject, CHECKS_A_ROUND));
    print_cost("  the signature alone", verify);
    (void)printf("signatures a second: %.0f on one core, %.0f on all %u\n",
                 1e9 / verify, verify_rate_all_cores(subject),
                 bench_machine_cores());
}

int main(void)
{
    struct subject *subject = malloc(sizeof(*subject));

    if (subject == NULL || assay_key_self_test() != ASSAY_OK) {
        free(subject);
        return EXIT_FAILURE;
    }
    sample_make(ASSAY_KIND_VERDICT, SAMPLE_FULL, 1, &subject->sample);
    assay_key_sign(subject->sample.secret, subject->sample.record.signed_bytes,
                   subject->signature);
    bench_machine_print();
    print_costs(subject);
    bench_channel_print();
    free(subject);
    return EXIT_SUCCESS;
}
