/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The examples of the COSE working group, taken apart by our reader, put
 * together to what was signed by our writer, and checked with our keys. Our
 * own envelopes (record.h) are a narrower form, and these are none.
 */
#include "protocol/cbor.h"
#include "protocol/key.h"
#include "protocol/record.h"

#include "testing.h"
#include "vectors.h"

#include <string.h>

#define TAG_SIGN1 18
#define TAG_SIGN 98
#define ED448_KEY_LEN 57
#define ED448_SIGNATURE_LEN 114

/* What the examples hold; all borrowed. */
struct message {
    struct assay_bytes body_protected;
    struct assay_bytes sign_protected; /* None in COSE_Sign1. */
    struct assay_bytes payload;
    struct assay_bytes kid;
    struct assay_bytes signature;
};

static struct assay_bytes read_bytes(struct assay_cbor_reader *reader)
{
    return assay_cbor_read_bytes(reader, VECTOR_MAX);
}

/* { 4: kid } */
static struct assay_bytes read_kid(struct assay_cbor_reader *reader)
{
    struct assay_cbor_map map = assay_cbor_read_map(reader, 1);
    uint64_t key = 0;

    assert_true(assay_cbor_next_key(reader, &map, &key));
    assert_int_equal(key, 4);
    struct assay_bytes kid = read_bytes(reader);
    assert_false(assay_cbor_next_key(reader, &map, &key));
    return kid;
}

/* 18([protected, {4: kid}, payload, signature]) */
static struct message read_sign1(struct assay_bytes input)
{
    struct assay_cbor_reader reader;
    struct message message = {.sign_protected = ASSAY_BYTES_NONE};

    assay_cbor_reader_init(&reader, input);
    assert_int_equal(assay_cbor_read_tag(&reader), TAG_SIGN1);
    assert_int_equal(assay_cbor_read_array(&reader, 4), 4);
    message.body_protected = read_bytes(&reader);
    message.kid = read_kid(&reader);
    message.payload = read_bytes(&reader);
    message.signature = read_bytes(&reader);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
    return message;
}

/* 98([protected, {}, payload, [[protected, {4: kid}, signature]]]) */
static struct message read_sign(struct assay_bytes input)
{
    struct assay_cbor_reader reader;
    struct message message;

    assay_cbor_reader_init(&reader, input);
    assert_int_equal(assay_cbor_read_tag(&reader), TAG_SIGN);
    assert_int_equal(assay_cbor_read_array(&reader, 4), 4);
    message.body_protected = read_bytes(&reader);
    assert_int_equal(assay_cbor_read_map(&reader, 0).left, 0);
    message.payload = read_bytes(&reader);
    assert_int_equal(assay_cbor_read_array(&reader, 1), 1);
    assert_int_equal(assay_cbor_read_array(&reader, 3), 3);
    message.sign_protected = read_bytes(&reader);
    message.kid = read_kid(&reader);
    message.signature = read_bytes(&reader);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
    return message;
}

/* Sig_structure (RFC 9052, 4.4), with nothing as external_aad. */
static struct assay_bytes write_signed(const struct message *message,
                                       struct vector *vector)
{
    struct assay_cbor_writer writer;
    struct assay_bytes written;
    bool is_sign = message->sign_protected.data != NULL;

    assay_cbor_writer_init(&writer, vector->data, sizeof(vector->data));
    assay_cbor_write_array(&writer, is_sign ? 5 : 4);
    assay_cbor_write_text(&writer,
                          assay_bytes_of(is_sign ? "Signature" : "Signature1"));
    assay_cbor_write_bytes(&writer, message->body_protected);
    if (is_sign) {
        assay_cbor_write_bytes(&writer, message->sign_protected);
    }
    assay_cbor_write_bytes(&writer, ASSAY_BYTES_NONE);
    assay_cbor_write_bytes(&writer, message->payload);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);
    return written;
}

/* {1: -8}, perhaps with {3: 0}: EdDSA. */
static void expect_eddsa(struct assay_bytes protected_header)
{
    struct assay_cbor_reader reader;
    uint64_t key = 0;

    assay_cbor_reader_init(&reader, protected_header);
    struct assay_cbor_map map = assay_cbor_read_map(&reader, 2);
    assert_true(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(key, 1);
    assert_true(assay_cbor_read_int(&reader) == -8);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        (void)assay_cbor_skip(&reader);
    }
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
}

static const json_t *signer_of(const json_t *root)
{
    const json_t *input = json_object_get(root, "input");
    const json_t *single = json_object_get(input, "sign0");

    if (single != NULL) {
        return single;
    }
    const json_t *sign = json_object_get(input, "sign");
    return json_array_get(json_object_get(sign, "signers"), 0);
}

static const json_t *intermediates_of(const json_t *root)
{
    const json_t *outer = json_object_get(root, "intermediates");
    const json_t *signers = json_object_get(outer, "signers");

    return signers == NULL ? outer : json_array_get(signers, 0);
}

/* An example, and what our code makes of it. */
struct example {
    json_t *root;
    struct vector input;
    struct vector key;
    struct vector structure;
    struct message message;
    struct assay_bytes key_bytes;
    struct assay_bytes signed_bytes;
};

/* Reads an example, and holds what was signed against what it says. */
static void open_example(struct example *example, const char *name,
                         bool is_sign1)
{
    struct vector want;

    example->root = vectors_load(name);
    struct assay_bytes input = vector_from_member(
        &example->input, json_object_get(example->root, "output"), "cbor");
    example->message = is_sign1 ? read_sign1(input) : read_sign(input);
    expect_eddsa(is_sign1 ? example->message.body_protected
                          : example->message.sign_protected);
    assert_true(assay_bytes_equal(example->message.payload,
                                  assay_bytes_of("This is the content.")));
    const json_t *key = json_object_get(signer_of(example->root), "key");
    assert_true(assay_bytes_equal(example->message.kid,
                                  assay_bytes_of(vectors_text(key, "kid"))));
    example->key_bytes = vector_from_member(&example->key, key, "x_hex");
    example->signed_bytes =
        write_signed(&example->message, &example->structure);
    assert_true(assay_bytes_equal(
        example->signed_bytes,
        vector_from_member(&want, intermediates_of(example->root),
                           "ToBeSign_hex")));
}

static void verifies_with_ed25519(const char *name, bool is_sign1)
{
    struct example example;
    struct assay_key key;
    uint8_t wrong[ASSAY_SIGNATURE_SIZE];

    open_example(&example, name, is_sign1);
    assert_int_equal(example.key_bytes.len, sizeof(key.bytes));
    memcpy(key.bytes, example.key_bytes.data, sizeof(key.bytes));
    assert_true(assay_key_is_prime_order(&key));
    assert_int_equal(example.message.signature.len, ASSAY_SIGNATURE_SIZE);
    assert_int_equal(assay_key_verify(&key, example.signed_bytes,
                                      example.message.signature.data),
                     ASSAY_OK);

    memcpy(wrong, example.message.signature.data, sizeof(wrong));
    wrong[0] ^= 1;
    assert_int_equal(assay_key_verify(&key, example.signed_bytes, wrong),
                     ASSAY_E_SIGNATURE);
    example.signed_bytes.len--;
    assert_int_equal(assay_key_verify(&key, example.signed_bytes,
                                      example.message.signature.data),
                     ASSAY_E_SIGNATURE);
    json_decref(example.root);
}

/* EdDSA is also the name of Ed448, whose keys and signatures are longer: it
 * is read like any other, and what asks for our sizes refuses it. */
static void is_not_of_our_sizes(const char *name, bool is_sign1)
{
    struct example example;
    struct assay_cbor_writer writer;
    struct assay_cbor_reader reader;
    struct assay_bytes item;
    uint8_t buffer[ED448_SIGNATURE_LEN + 2];
    uint8_t signature[ASSAY_SIGNATURE_SIZE];

    open_example(&example, name, is_sign1);
    assert_int_equal(example.key_bytes.len, ED448_KEY_LEN);
    assert_int_equal(example.message.signature.len, ED448_SIGNATURE_LEN);

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_cbor_write_bytes(&writer, example.message.signature);
    assert_int_equal(assay_cbor_writer_finish(&writer, &item), ASSAY_OK);
    assay_cbor_reader_init(&reader, item);
    assay_cbor_read_fixed(&reader, signature, sizeof(signature));
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL),
                     ASSAY_E_MALFORMED);
    json_decref(example.root);
}

static void ed25519_signs_a_sign1(void **state)
{
    (void)state;
    verifies_with_ed25519("cose/eddsa-sig-01.json", true);
}

static void ed25519_signs_a_sign(void **state)
{
    (void)state;
    verifies_with_ed25519("cose/eddsa-01.json", false);
}

static void ed448_in_a_sign1_is_refused(void **state)
{
    (void)state;
    is_not_of_our_sizes("cose/eddsa-sig-02.json", true);
}

static void ed448_in_a_sign_is_refused(void **state)
{
    (void)state;
    is_not_of_our_sizes("cose/eddsa-02.json", false);
}

/* Right as COSE, and yet no records: their headers are others. */
static void none_of_them_is_a_record(void **state)
{
    static const char *const names[] = {
        "cose/eddsa-01.json", "cose/eddsa-02.json", "cose/eddsa-sig-01.json",
        "cose/eddsa-sig-02.json"};
    (void)state;

    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        json_t *root = vectors_load(names[index]);
        struct vector vector;
        struct assay_record record;
        struct assay_fault fault = {0, NULL};
        struct assay_bytes envelope = vector_from_member(
            &vector, json_object_get(root, "output"), "cbor");

        assert_int_equal(
            assay_record_parse(envelope, ASSAY_BYTES_NONE, &record, &fault),
            ASSAY_E_MALFORMED);
        assert_non_null(fault.rule);
        json_decref(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ed25519_signs_a_sign1),
        cmocka_unit_test(ed25519_signs_a_sign),
        cmocka_unit_test(ed448_in_a_sign1_is_refused),
        cmocka_unit_test(ed448_in_a_sign_is_refused),
        cmocka_unit_test(none_of_them_is_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
