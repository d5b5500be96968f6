/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/record.h"

#include "protocol/body.h"
#include "protocol/envelope.h"
#include "protocol/key.h"
#include "samples.h"
#include "testing.h"

#include <stdlib.h>

#include <sodium.h>

/* A point of order 8, as published in many lists of small-order points. */
static const char order_8[] =
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

static struct assay_bytes item_of(const struct sample *sample, uint8_t *space)
{
    struct assay_bytes item;

    assert_int_equal(assay_record_join(sample->envelope, sample->body, space,
                                       ASSAY_ITEM_MAX, &item),
                     ASSAY_OK);
    return item;
}

/* Splits and opens, as an import does. */
static enum assay_err open_item(struct assay_bytes item,
                                struct assay_record *record)
{
    struct assay_bytes envelope;
    struct assay_bytes body;
    enum assay_err err = assay_record_split(item, &envelope, &body, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    return assay_record_open(envelope, body, record, NULL);
}

/* A key that is a good one plus a point of order 8. */
static struct assay_key mixed_order_key(const struct assay_key *good)
{
    uint8_t torsion[ASSAY_KEY_SIZE];
    struct assay_key key;

    (void)sample_hex(order_8, torsion, sizeof(torsion));
    assert_int_equal(crypto_core_ed25519_add(key.bytes, good->bytes, torsion),
                     0);
    return key;
}

static void assert_payload_equal(const struct assay_payload *a,
                                 const struct assay_payload *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_memory_equal(&a->auth, &b->auth, sizeof(a->auth));
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->prev_count, b->prev_count);
    assert_memory_equal(a->prev, b->prev, a->prev_count * sizeof(a->prev[0]));
    assert_int_equal(a->time_s, b->time_s);
    assert_memory_equal(a->body_hash, b->body_hash, sizeof(a->body_hash));
    assert_true(assay_bytes_equal(a->grant, b->grant));
    assert_int_equal(a->about_count, b->about_count);
    for (size_t index = 0; index < a->about_count; index++) {
        assert_int_equal(a->about[index].relation, b->about[index].relation);
        assert_true(assay_id_equal(&a->about[index].id, &b->about[index].id));
    }
}

static void every_kind_survives_a_round_trip(void **state)
{
    static struct sample sample;
    (void)state;

    for (size_t index = 0; index < SAMPLE_KIND_COUNT; index++) {
        for (int form = SAMPLE_MINIMAL; form <= SAMPLE_VARIED; form++) {
            sample_make(sample_kinds[index], (enum sample_form)form, 1,
                        &sample);
            assert_payload_equal(&sample.payload, &sample.record.payload);
            assert_memory_equal(sample.record.key.bytes, sample.secret + 32,
                                ASSAY_KEY_SIZE);
            assert_true(assay_id_equal(&sample.id, &sample.record.id));
        }
    }
}

/* What was signed must be what would be written again: one meaning, one
 * encoding. */
static void sealing_what_was_read_gives_the_same_bytes(void **state)
{
    static struct sample sample;
    static uint8_t again[ASSAY_RECORD_MAX];
    struct assay_bytes envelope;
    struct assay_id id;
    (void)state;

    for (size_t index = 0; index < SAMPLE_KIND_COUNT; index++) {
        sample_make(sample_kinds[index], SAMPLE_FULL, 2, &sample);
        assert_int_equal(assay_record_seal(&sample.record.payload, sample.body,
                                           sample.secret, again, &envelope,
                                           &id),
                         ASSAY_OK);
        assert_true(assay_bytes_equal(envelope, sample.envelope));
        assert_true(assay_id_equal(&id, &sample.id));
    }
}

/* The id is SHA-256 of Sig_structure, built here by hand. */
static void the_id_is_the_hash_of_what_is_signed(void **state)
{
    static struct sample sample;
    static uint8_t buffer[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes message;
    struct assay_id id;
    (void)state;

    sample_make(ASSAY_KIND_VERDICT, SAMPLE_FULL, 0, &sample);
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_cbor_write_array(&writer, 4);
    assay_cbor_write_text(&writer, assay_bytes_of("Signature1"));
    assay_cbor_write_bytes(&writer,
                           (struct assay_bytes){sample.envelope.data + 4, 38});
    assay_cbor_write_bytes(&writer, assay_bytes_of("assay/1"));
    assay_cbor_write_bytes(&writer, sample.record.signed_bytes);
    assert_int_equal(assay_cbor_writer_finish(&writer, &message), ASSAY_OK);

    assay_hash(message, id.hash);
    assert_true(assay_id_equal(&id, &sample.id));
    assert_int_equal(crypto_sign_verify_detached(sample.record.signature,
                                                 message.data, message.len,
                                                 sample.record.key.bytes),
                     0);
}

/* A single wrong bit anywhere must not pass, wherever a disk or a wire puts
 * it. */
static void every_flipped_bit_is_refused(void **state)
{
    static struct sample sample;
    static uint8_t space[ASSAY_ITEM_MAX];
    static uint8_t flipped[ASSAY_ITEM_MAX];
    struct assay_record record;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 0, &sample);
    struct assay_bytes item = item_of(&sample, space);
    for (size_t bit = 0; bit < item.len * 8; bit++) {
        memcpy(flipped, item.data, item.len);
        flipped[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_not_equal(
            open_item((struct assay_bytes){flipped, item.len}, &record),
            ASSAY_OK);
    }
}

static void every_flipped_bit_of_a_body_is_a_wrong_body(void **state)
{
    static struct sample sample;
    struct assay_record record;
    (void)state;

    sample_make(ASSAY_KIND_MEMBER, SAMPLE_FULL, 0, &sample);
    for (size_t bit = 0; bit < sample.body.len * 8; bit++) {
        sample.body_space[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(
            assay_record_open(sample.envelope, sample.body, &record, NULL),
            ASSAY_E_BODY);
        sample.body_space[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
}

/* Flips in the signature alone never look like anything but a wrong
 * signature. */
static void every_flipped_bit_of_a_signature_is_one(void **state)
{
    static struct sample sample;
    struct assay_record record;
    (void)state;

    sample_make(ASSAY_KIND_ENDORSE, SAMPLE_MINIMAL, 0, &sample);
    size_t first = sample.envelope.len - ASSAY_SIGNATURE_SIZE;
    for (size_t bit = first * 8; bit < sample.envelope.len * 8; bit++) {
        sample.envelope_space[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(
            assay_record_open(sample.envelope, sample.body, &record, NULL),
            ASSAY_E_SIGNATURE);
        sample.envelope_space[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
}

/* Each shorter input lies in memory of exactly its size, so that a sanitizer
 * sees a read beyond it. */
static void every_truncation_is_refused(void **state)
{
    static struct sample sample;
    static uint8_t space[ASSAY_ITEM_MAX];
    struct assay_record record;
    struct assay_bytes envelope;
    struct assay_bytes body;
    (void)state;

    sample_make(ASSAY_KIND_SOURCE, SAMPLE_FULL, 0, &sample);
    struct assay_bytes item = item_of(&sample, space);
    for (size_t len = 0; len < item.len; len++) {
        uint8_t *copy = malloc(len > 0 ? len : 1);

        assert_non_null(copy);
        memcpy(copy, item.data, len);
        assert_int_equal(assay_record_split((struct assay_bytes){copy, len},
                                            &envelope, &body, NULL),
                         ASSAY_E_TRUNCATED);
        free(copy);
    }
    for (size_t len = 0; len < sample.envelope.len; len++) {
        uint8_t *copy = malloc(len > 0 ? len : 1);

        assert_non_null(copy);
        memcpy(copy, sample.envelope.data, len);
        assert_int_equal(assay_record_parse((struct assay_bytes){copy, len},
                                            ASSAY_BYTES_NONE, &record, NULL),
                         ASSAY_E_TRUNCATED);
        free(copy);
    }
    for (size_t len = 0; len < sample.body.len; len++) {
        body = (struct assay_bytes){sample.body.data, len};
        assert_int_equal(
            assay_record_open(sample.envelope, body, &record, NULL),
            ASSAY_E_BODY);
    }
}

/* An id that is given is taken over; all else is read as without it. */
static void a_known_id_is_not_computed(void **state)
{
    static struct sample sample;
    struct assay_record record;
    struct assay_id id = {{7}};
    (void)state;

    sample_make(ASSAY_KIND_SOURCE, SAMPLE_FULL, 1, &sample);
    assert_int_equal(
        assay_record_parse_known(sample.envelope, sample.body, &id, &record),
        ASSAY_OK);
    assert_true(assay_id_equal(&record.id, &id));
    assert_payload_equal(&record.payload, &sample.record.payload);
    assert_true(assay_bytes_equal(record.envelope, sample.envelope));
    assert_true(assay_bytes_equal(record.body, sample.body));
    assert_int_equal(assay_record_check(&record), ASSAY_OK);
    sample.envelope.len--;
    assert_int_equal(
        assay_record_parse_known(sample.envelope, sample.body, &id, &record),
        ASSAY_E_TRUNCATED);
}

static void trailing_bytes_are_refused(void **state)
{
    static struct sample sample;
    static uint8_t space[ASSAY_ITEM_MAX + 1];
    struct assay_record record;
    struct assay_fault fault;
    (void)state;

    sample_make(ASSAY_KIND_VOUCH, SAMPLE_FULL, 0, &sample);
    struct assay_bytes item = item_of(&sample, space);
    space[item.len] = 0;
    item.len++;
    assert_int_equal(open_item(item, &record), ASSAY_E_MALFORMED);

    struct assay_bytes envelope = {sample.envelope_space,
                                   sample.envelope.len + 1};
    assert_int_equal(
        assay_record_parse(envelope, ASSAY_BYTES_NONE, &record, &fault),
        ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, sample.envelope.len);
}

static void a_body_of_another_record_is_refused(void **state)
{
    static struct sample one;
    static struct sample other;
    struct assay_record record;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 0, &one);
    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 1, &other);
    assert_int_equal(assay_record_open(one.envelope, other.body, &record, NULL),
                     ASSAY_E_BODY);
}

/* An erased body takes nothing away from what was signed. */
static void a_record_without_its_body_stands(void **state)
{
    static struct sample sample;
    uint8_t space[ASSAY_ITEM_MAX];
    struct assay_record record;
    struct assay_bytes envelope;
    struct assay_bytes body = {space, 1};
    struct assay_bytes item;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 0, &sample);
    assert_int_equal(assay_record_join(sample.envelope, ASSAY_BYTES_NONE, space,
                                       sizeof(space), &item),
                     ASSAY_OK);
    assert_int_equal(assay_record_split(item, &envelope, &body, NULL),
                     ASSAY_OK);
    assert_null(body.data);
    assert_int_equal(assay_record_open(envelope, body, &record, NULL),
                     ASSAY_OK);
    assert_true(assay_id_equal(&record.id, &sample.id));
}

static void a_signature_by_another_key_is_refused(void **state)
{
    static struct sample sample;
    uint8_t out[ASSAY_RECORD_MAX];
    uint8_t other_secret[ASSAY_SECRET_SIZE];
    struct assay_record record;
    struct assay_key other;
    uint8_t header[38];
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 0, &sample);
    sample_key(250, other_secret, &other);
    memcpy(header, sample.envelope.data + 4, sizeof(header));
    struct assay_bytes envelope =
        sample_wrap(other_secret, (struct assay_bytes){header, sizeof(header)},
                    sample.record.signed_bytes, out);
    assert_int_equal(assay_record_open(envelope, sample.body, &record, NULL),
                     ASSAY_E_SIGNATURE);
}

/* A team's key that libraries judge differently would split the ledger. */
static void a_member_key_outside_the_subgroup_is_refused(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    uint8_t space[ASSAY_RECORD_MAX];
    uint8_t small[ASSAY_KEY_SIZE];
    struct assay_cbor_writer writer;
    struct assay_grant grant;
    struct assay_bytes envelope = ASSAY_BYTES_NONE;
    struct assay_id id = sample_id(0);
    (void)state;

    sample_make(ASSAY_KIND_MEMBER, SAMPLE_MINIMAL, 0, &sample);
    assert_int_equal(
        assay_grant_read(ASSAY_KIND_MEMBER, sample.payload.grant, &grant, NULL),
        ASSAY_OK);
    struct assay_key good = grant.key;
    (void)sample_hex(order_8, small, sizeof(small));
    for (int which = 0; which < 3; which++) {
        grant.key = mixed_order_key(&good);
        if (which == 1) {
            memcpy(grant.key.bytes, small, sizeof(small));
        } else if (which == 2) {
            memset(grant.key.bytes, 0xff, sizeof(grant.key.bytes));
        }
        assay_cbor_writer_init(&writer, space, sizeof(space));
        assay_grant_write(ASSAY_KIND_MEMBER, &grant, &writer);
        assert_int_equal(
            assay_cbor_writer_finish(&writer, &sample.payload.grant), ASSAY_OK);
        assert_int_equal(assay_record_seal(&sample.payload, sample.body,
                                           sample.secret, out, &envelope, &id),
                         ASSAY_E_KEY);
        assert_null(envelope.data);
    }
}

/* Signs with a key a*B + T, T of order 8: such a signature is accepted where
 * the hash is a multiple of 8, so some tries find one. */
static bool sign_with_mixed_key(const uint8_t secret[ASSAY_SECRET_SIZE],
                                const struct assay_key *key,
                                struct assay_bytes message, uint64_t nonce,
                                uint8_t signature[ASSAY_SIGNATURE_SIZE])
{
    crypto_hash_sha512_state state;
    uint8_t wide[64] = {0};
    uint8_t r[32];
    uint8_t h[32];
    uint8_t a[32];
    uint8_t ha[32];

    memcpy(wide, &nonce, sizeof(nonce));
    crypto_core_ed25519_scalar_reduce(r, wide);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(signature, r), 0);

    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, signature, 32);
    (void)crypto_hash_sha512_update(&state, key->bytes, 32);
    (void)crypto_hash_sha512_update(&state, message.data, message.len);
    (void)crypto_hash_sha512_final(&state, wide);
    crypto_core_ed25519_scalar_reduce(h, wide);

    (void)crypto_hash_sha512(wide, secret, 32);
    wide[0] &= 248;
    wide[31] &= 63;
    wide[31] |= 64;
    memset(wide + 32, 0, 32);
    crypto_core_ed25519_scalar_reduce(a, wide);
    crypto_core_ed25519_scalar_mul(ha, h, a);
    crypto_core_ed25519_scalar_add(signature + 32, r, ha);
    return (h[0] & 7) == 0;
}

static void a_root_key_outside_the_subgroup_is_refused(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    static uint8_t buffer[ASSAY_SIG_STRUCTURE_MAX];
    uint8_t header[38] = {0xa2, 0x01, 0x27, 0x04, 0x58, 0x20};
    struct assay_record record;
    bool is_signed = false;
    (void)state;

    sample_make(ASSAY_KIND_FOUND, SAMPLE_MINIMAL, 0, &sample);
    struct assay_key key = mixed_order_key(&sample.record.key);
    memcpy(header + 6, key.bytes, sizeof(key.bytes));
    struct assay_bytes envelope =
        sample_wrap(sample.secret, (struct assay_bytes){header, sizeof(header)},
                    sample.record.signed_bytes, out);
    assert_int_equal(assay_record_parse(envelope, sample.body, &record, NULL),
                     ASSAY_OK);
    struct assay_sig_structure structure =
        assay_sig_structure_of(envelope, record.signed_bytes);
    struct assay_bytes message =
        assay_sig_structure_join(&structure, buffer, sizeof(buffer));
    for (uint64_t nonce = 1; !is_signed && nonce < 1000; nonce++) {
        is_signed = sign_with_mixed_key(sample.secret, &key, message, nonce,
                                        out + envelope.len - 64);
    }
    assert_true(is_signed);

    /* The signature itself passes: only the subgroup is wrong. */
    assert_int_equal(assay_key_verify(&key, message, out + envelope.len - 64),
                     ASSAY_OK);
    assert_int_equal(assay_record_open(envelope, sample.body, &record, NULL),
                     ASSAY_E_KEY);
}

static void sealing_sorts_and_drops_duplicates(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    struct assay_payload *payload = &sample.payload;
    struct assay_bytes envelope;
    struct assay_record record;
    struct assay_id id;
    (void)state;

    sample_make(ASSAY_KIND_VERDICT, SAMPLE_MINIMAL, 0, &sample);
    payload->seq = 9;
    payload->prev_count = 3;
    payload->prev[0] = sample_id(7);
    payload->prev[1] = sample_id(3);
    payload->prev[2] = sample_id(7);
    payload->about_count = 4;
    payload->about[0] = (struct assay_about){ASSAY_REL_CITES, sample_id(1)};
    payload->about[1] = (struct assay_about){ASSAY_REL_ON, sample_id(9)};
    payload->about[2] = (struct assay_about){ASSAY_REL_CITES, sample_id(0)};
    payload->about[3] = (struct assay_about){ASSAY_REL_CITES, sample_id(1)};
    assert_int_equal(assay_record_seal(payload, sample.body, sample.secret, out,
                                       &envelope, &id),
                     ASSAY_OK);
    assert_int_equal(assay_record_open(envelope, sample.body, &record, NULL),
                     ASSAY_OK);
    assert_int_equal(record.payload.prev_count, 2);
    assert_int_equal(record.payload.prev[0].hash[0], 3);
    assert_int_equal(record.payload.about_count, 3);
    assert_int_equal(record.payload.about[0].relation, ASSAY_REL_ON);
    assert_int_equal(record.payload.about[1].id.hash[0], 0);
}

/* Each of these is refused by opening; sealing gives the same code and
 * leaves its outputs alone. */
static void sealing_refuses_what_opening_refuses(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    struct assay_bytes envelope = ASSAY_BYTES_NONE;
    struct assay_id id = sample_id(1);
    struct assay_payload good;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_MINIMAL, 0, &sample);
    good = sample.payload;
    struct {
        enum assay_err err;
        struct assay_payload payload;
    } cases[8];
    for (size_t index = 0; index < 8; index++) {
        cases[index].payload = good;
        cases[index].err = ASSAY_E_MALFORMED;
    }
    cases[0].payload.seq = 2;
    cases[0].err = ASSAY_E_SEQ;
    cases[1].payload.prev_count = 1;
    cases[1].err = ASSAY_E_SEQ;
    cases[2].payload.prev_count = ASSAY_PREV_MAX + 1;
    cases[2].err = ASSAY_E_LIMIT;
    cases[3].payload.about_count = ASSAY_LIST_MAX + 1;
    cases[3].err = ASSAY_E_LIMIT;
    cases[4].payload.kind = 0;
    cases[5].payload.auth = sample_id(0);
    cases[6].payload.grant = assay_bytes_of("\x01");
    cases[7].payload.time_s = ASSAY_NUMBER_MAX + 1;
    cases[7].err = ASSAY_E_LIMIT;
    for (size_t index = 0; index < 8; index++) {
        assert_int_equal(assay_record_seal(&cases[index].payload, sample.body,
                                           sample.secret, out, &envelope, &id),
                         cases[index].err);
        assert_null(envelope.data);
        assert_int_equal(id.hash[0], 1);
    }
}

/* 32 KiB for the two together, to the byte. */
static void a_record_over_its_size_is_refused(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    static uint8_t body[ASSAY_RECORD_MAX];
    struct assay_record record;
    struct assay_bytes envelope;
    struct assay_id id;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_MINIMAL, 0, &sample);
    size_t most = ASSAY_RECORD_MAX - sample.envelope.len;
    assert_int_equal(assay_record_seal(&sample.payload,
                                       (struct assay_bytes){body, most},
                                       sample.secret, out, &envelope, &id),
                     ASSAY_OK);
    assert_int_equal(assay_record_open(envelope,
                                       (struct assay_bytes){body, most},
                                       &record, NULL),
                     ASSAY_OK);
    assert_int_equal(assay_record_seal(&sample.payload,
                                       (struct assay_bytes){body, most + 1},
                                       sample.secret, out, &envelope, &id),
                     ASSAY_E_LIMIT);
    assert_int_equal(assay_record_parse(envelope,
                                        (struct assay_bytes){body, most + 1},
                                        &record, NULL),
                     ASSAY_E_LIMIT);
}

/* Its length alone refuses an envelope, before a byte of it is read. */
static void an_envelope_over_its_size_is_refused(void **state)
{
    static uint8_t zeros[ASSAY_RECORD_MAX + 1];
    struct assay_record record;
    struct assay_fault fault;
    struct assay_bytes envelope = {zeros, sizeof(zeros)};
    (void)state;

    assert_int_equal(
        assay_record_parse(envelope, ASSAY_BYTES_NONE, &record, &fault),
        ASSAY_E_LIMIT);
    assert_int_equal(fault.offset, 0);
    envelope.len--;
    assert_int_equal(
        assay_record_parse(envelope, ASSAY_BYTES_NONE, &record, NULL),
        ASSAY_E_MALFORMED);
}

/* Whatever the size of what is signed, all of it is. */
static void envelopes_of_every_size_are_verified(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    static uint8_t grant[ASSAY_RECORD_MAX] = {0x59}; /* A byte string. */
    size_t sizes[] = {2047, 2048, 2049, ASSAY_RECORD_MAX};
    struct assay_payload *payload = &sample.payload;
    struct assay_bytes body = {grant, 0};
    struct assay_bytes envelope;
    struct assay_record record;
    struct assay_id id;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_MINIMAL, 0, &sample);
    payload->kind = 200;
    for (size_t index = 0; index < 4; index++) {
        size_t len = 1000;

        do { /* At most twice: the rest of the envelope has one size. */
            grant[1] = (uint8_t)(len >> 8);
            grant[2] = (uint8_t)len;
            payload->grant = (struct assay_bytes){grant, len + 3};
            assert_int_equal(assay_record_seal(payload, body, sample.secret,
                                               out, &envelope, &id),
                             ASSAY_OK);
            len += sizes[index] - envelope.len;
        } while (envelope.len != sizes[index]);
        assert_int_equal(assay_record_open(envelope, body, &record, NULL),
                         ASSAY_OK);
        out[envelope.len - ASSAY_SIGNATURE_SIZE - 3] ^= 1;
        assert_int_equal(assay_record_open(envelope, body, &record, NULL),
                         ASSAY_E_SIGNATURE);
    }
}

/* Newer programs write kinds and keys that this one does not know. */
static void what_is_unknown_survives_byte_for_byte(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    static uint8_t again[ASSAY_RECORD_MAX];
    uint8_t grant[64];
    uint8_t body[64];
    struct assay_bytes envelope;
    struct assay_bytes envelope_again;
    struct assay_record record;
    struct assay_id id;
    struct assay_id id_again;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_MINIMAL, 0, &sample);
    struct assay_payload *payload = &sample.payload;
    struct assay_bytes grant_bytes =
        sample_hex("a2 01 83 f5 f6 20 61 61 a0", grant, sizeof(grant));
    struct assay_bytes body_bytes = sample_hex(
        "a2 00 50 000102030405060708090a0b0c0d0e0f 19 0400 82 01 62 c3a9", body,
        sizeof(body));
    uint64_t kinds[] = {7, 15, 25, 200, UINT64_MAX};
    for (size_t index = 0; index < sizeof(kinds) / sizeof(kinds[0]); index++) {
        payload->kind = kinds[index];
        payload->grant = grant_bytes;
        payload->about_count = 1;
        payload->about[0].relation = UINT64_MAX;
        assert_int_equal(assay_record_seal(payload, body_bytes, sample.secret,
                                           out, &envelope, &id),
                         ASSAY_OK);
        assert_int_equal(assay_record_open(envelope, body_bytes, &record, NULL),
                         ASSAY_OK);
        assert_true(assay_bytes_equal(record.payload.grant, grant_bytes));
        assert_int_equal(record.payload.about[0].relation, UINT64_MAX);
        assert_int_equal(assay_body_check(&record, NULL), ASSAY_OK);
        assert_int_equal(assay_record_seal(&record.payload, record.body,
                                           sample.secret, again,
                                           &envelope_again, &id_again),
                         ASSAY_OK);
        assert_true(assay_bytes_equal(envelope, envelope_again));
    }
}

static void the_log_is_the_grant_or_the_record_itself(void **state)
{
    static struct sample sample;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 0, &sample);
    assert_ptr_equal(assay_record_log(&sample.record),
                     &sample.record.payload.auth);
    sample_make(ASSAY_KIND_FOUND, SAMPLE_FULL, 0, &sample);
    assert_ptr_equal(assay_record_log(&sample.record), &sample.record.id);
    sample_make(ASSAY_KIND_ROTATE, SAMPLE_FULL, 0, &sample);
    assert_ptr_equal(assay_record_log(&sample.record), &sample.record.id);
}

static void about_finds_the_first_of_a_relation(void **state)
{
    static struct sample sample;
    (void)state;

    sample_make(ASSAY_KIND_VERDICT, SAMPLE_FULL, 0, &sample);
    const struct assay_id *on =
        assay_record_about(&sample.record, ASSAY_REL_ON);
    assert_non_null(on);
    assert_int_equal(on->hash[0], 0xc1);
    const struct assay_id *cited =
        assay_record_about(&sample.record, ASSAY_REL_CITES);
    assert_non_null(cited);
    assert_int_equal(cited->hash[0], 0x51);
    assert_null(assay_record_about(&sample.record, ASSAY_REL_ERASES));
}

static void joining_refuses_what_does_not_fit(void **state)
{
    static struct sample sample;
    uint8_t small[64];
    struct assay_bytes item;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_MINIMAL, 0, &sample);
    assert_int_equal(assay_record_join(sample.envelope, sample.body, small,
                                       sizeof(small), &item),
                     ASSAY_E_LIMIT);
}

static void an_empty_body_is_a_body(void **state)
{
    uint8_t space[8];
    struct assay_bytes item = sample_hex("82 41 00 40", space, sizeof(space));
    struct assay_bytes envelope;
    struct assay_bytes body;
    (void)state;

    assert_int_equal(assay_record_split(item, &envelope, &body, NULL),
                     ASSAY_OK);
    assert_int_equal(envelope.len, 1);
    assert_non_null(body.data);
    assert_int_equal(body.len, 0);
}

static void an_item_of_another_shape_is_refused(void **state)
{
    static const char *const items[] = {
        "83 41 00 40 40", "81 41 00",       "82 f6 40",       "82 41 00 f5",
        "82 41 00 60",    "82 40 01",       "9f 41 00 40 ff", "a1 41 00 40",
        "98 02 41 00 40", "82 58 01 00 40",
    };
    uint8_t space[16];
    struct assay_bytes envelope;
    struct assay_bytes body;
    (void)state;

    for (size_t index = 0; index < sizeof(items) / sizeof(items[0]); index++) {
        struct assay_bytes item =
            sample_hex(items[index], space, sizeof(space));
        assert_int_equal(assay_record_split(item, &envelope, &body, NULL),
                         ASSAY_E_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_survives_a_round_trip),
        cmocka_unit_test(sealing_what_was_read_gives_the_same_bytes),
        cmocka_unit_test(the_id_is_the_hash_of_what_is_signed),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_flipped_bit_of_a_body_is_a_wrong_body),
        cmocka_unit_test(every_flipped_bit_of_a_signature_is_one),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_known_id_is_not_computed),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(a_body_of_another_record_is_refused),
        cmocka_unit_test(a_record_without_its_body_stands),
        cmocka_unit_test(a_signature_by_another_key_is_refused),
        cmocka_unit_test(a_member_key_outside_the_subgroup_is_refused),
        cmocka_unit_test(a_root_key_outside_the_subgroup_is_refused),
        cmocka_unit_test(sealing_sorts_and_drops_duplicates),
        cmocka_unit_test(sealing_refuses_what_opening_refuses),
        cmocka_unit_test(a_record_over_its_size_is_refused),
        cmocka_unit_test(an_envelope_over_its_size_is_refused),
        cmocka_unit_test(envelopes_of_every_size_are_verified),
        cmocka_unit_test(what_is_unknown_survives_byte_for_byte),
        cmocka_unit_test(the_log_is_the_grant_or_the_record_itself),
        cmocka_unit_test(about_finds_the_first_of_a_relation),
        cmocka_unit_test(joining_refuses_what_does_not_fit),
        cmocka_unit_test(an_empty_body_is_a_body),
        cmocka_unit_test(an_item_of_another_shape_is_refused),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
