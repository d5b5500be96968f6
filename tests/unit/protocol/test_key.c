/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/key.h"

#include "testing.h"
#include "vectors.h"

#include <sodium.h>
#include <string.h>

#define WYCHEPROOF_COUNT 151
#define WYCHEPROOF_VALID_COUNT 88

static struct assay_key key_from_hex(const char *hex)
{
    struct assay_key key;
    struct vector vector;
    struct assay_bytes bytes = vector_from_hex(&vector, hex);

    assert_int_equal(bytes.len, sizeof(key.bytes));
    memcpy(key.bytes, bytes.data, sizeof(key.bytes));
    return key;
}

/* The library at hand draws the lines where the ledger draws them. */
static void the_library_passes_the_self_test(void **state)
{
    (void)state;

    assert_int_equal(assay_key_self_test(), ASSAY_OK);
    /* Initialising twice does no harm. */
    assert_int_equal(assay_key_self_test(), ASSAY_OK);
}

/* A signature of another length never comes so far: record.h asks for 64
 * bytes. It counts as refused. */
static enum assay_err verify_any_length(const struct assay_key *key,
                                        struct assay_bytes message,
                                        struct assay_bytes signature)
{
    if (signature.len != ASSAY_SIGNATURE_SIZE) {
        return ASSAY_E_SIGNATURE;
    }
    return assay_key_verify(key, message, signature.data);
}

static size_t check_wycheproof_group(const json_t *group, size_t *valid_inout)
{
    const json_t *tests = json_object_get(group, "tests");
    struct assay_key key =
        key_from_hex(vectors_text(json_object_get(group, "publicKey"), "pk"));
    struct vector message;
    struct vector signature;

    for (size_t index = 0; index < json_array_size(tests); index++) {
        const json_t *test = json_array_get(tests, index);
        const char *result = vectors_text(test, "result");
        bool is_valid = strcmp(result, "valid") == 0;

        assert_true(is_valid || strcmp(result, "invalid") == 0);
        *valid_inout += is_valid ? 1 : 0;
        enum assay_err err =
            verify_any_length(&key, vector_from_member(&message, test, "msg"),
                              vector_from_member(&signature, test, "sig"));
        if (err != (is_valid ? ASSAY_OK : ASSAY_E_SIGNATURE)) {
            fail_msg("%s: %s is called %s", vectors_text(test, "sig"),
                     vectors_text(test, "comment"), result);
        }
    }
    return json_array_size(tests);
}

/* None of these is "acceptable": each is valid or invalid, for us as well. */
static void wycheproof_agrees_on_every_signature(void **state)
{
    json_t *root = vectors_load("ed25519/wycheproof_ed25519.json");
    const json_t *groups = json_object_get(root, "testGroups");
    size_t count = 0;
    size_t valid = 0;
    (void)state;

    for (size_t index = 0; index < json_array_size(groups); index++) {
        count += check_wycheproof_group(json_array_get(groups, index), &valid);
    }
    assert_int_equal(count, WYCHEPROOF_COUNT);
    assert_int_equal(valid, WYCHEPROOF_VALID_COUNT);
    json_decref(root);
}

/* Verifiers with the factor 8 accept the second one; two nodes that differ
 * here hold different ledgers. */
static void a_small_order_part_of_r_is_refused(void **state)
{
    json_t *root = vectors_load("ed25519/torsion.json");
    struct assay_key key = key_from_hex(vectors_text(root, "public_key"));
    struct vector vector;
    struct vector text;
    (void)state;

    struct assay_bytes message = vector_from_member(&text, root, "message");
    struct assay_bytes honest = vector_from_member(
        &vector, json_object_get(root, "honest"), "signature");
    assert_int_equal(honest.len, ASSAY_SIGNATURE_SIZE);
    assert_int_equal(assay_key_verify(&key, message, honest.data), ASSAY_OK);

    struct assay_bytes mixed = vector_from_member(
        &vector, json_object_get(root, "mixed"), "signature");
    assert_int_equal(mixed.len, ASSAY_SIGNATURE_SIZE);
    assert_int_equal(assay_key_verify(&key, message, mixed.data),
                     ASSAY_E_SIGNATURE);
    json_decref(root);
}

/* The points of order 1, 2, 4 and 8, and the spellings of them that are not
 * canonical (y above the field's prime, or a sign that 0 does not have). */
static const char *const small_order_keys[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

/* Under the identity as key, R = B and S = 1 fit every message: whoever took
 * such a key would have everybody sign. */
static void small_order_keys_sign_nothing(void **state)
{
    struct vector vector;
    struct assay_bytes forged = vector_from_hex(
        &vector,
        "5866666666666666666666666666666666666666666666666666666666666666"
        "0100000000000000000000000000000000000000000000000000000000000000");
    (void)state;

    for (size_t index = 0;
         index < sizeof(small_order_keys) / sizeof(small_order_keys[0]);
         index++) {
        struct assay_key key = key_from_hex(small_order_keys[index]);

        assert_int_equal(
            assay_key_verify(&key, assay_bytes_of("record"), forged.data),
            ASSAY_E_SIGNATURE);
        assert_false(assay_key_is_prime_order(&key));
    }
}

/* A key with a part of small order has signatures on which verifiers differ,
 * message by message; others are no points, or second spellings of one. */
static void only_keys_of_prime_order_may_be_granted(void **state)
{
    static const char *const others[] = {
        /* A key that is fine, with a point of order 8 added. */
        "b502ff3d92e31d8190b4aa4ea0414005167fad089c4de9dac8a2fc850fed4f58",
        /* y = 2: not on the curve. */
        "0200000000000000000000000000000000000000000000000000000000000000",
        /* y = p + 3 and p + 4: on the curve, not canonical. */
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct assay_key fine = key_from_hex(
        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
    (void)state;

    assert_true(assay_key_is_prime_order(&fine));
    for (size_t index = 0; index < sizeof(others) / sizeof(others[0]);
         index++) {
        struct assay_key key = key_from_hex(others[index]);

        assert_false(assay_key_is_prime_order(&key));
    }
}

/* RFC 8032, 7.1: the first three tests. A signature depends on nothing but
 * the key and the message. */
static void signatures_are_those_of_rfc_8032(void **state)
{
    static const struct {
        const char *seed;
        const char *message;
        const char *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    (void)state;

    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct vector seed;
        struct vector text;
        struct vector want;
        struct assay_key key;
        uint8_t secret[ASSAY_SECRET_SIZE];
        uint8_t signature[ASSAY_SIGNATURE_SIZE];
        struct assay_bytes message =
            vector_from_hex(&text, cases[index].message);

        (void)vector_from_hex(&seed, cases[index].seed);
        (void)vector_from_hex(&want, cases[index].signature);
        assert_int_equal(crypto_sign_seed_keypair(key.bytes, secret, seed.data),
                         0);
        assay_key_sign(secret, message, signature);
        assert_memory_equal(signature, want.data, sizeof(signature));
        assert_int_equal(assay_key_verify(&key, message, signature), ASSAY_OK);
    }
}

/* No bit of key, message or signature is without meaning. */
static void one_changed_bit_breaks_a_signature(void **state)
{
    static const uint8_t seed[crypto_sign_SEEDBYTES] = {7};
    struct assay_key key;
    uint8_t secret[ASSAY_SECRET_SIZE];
    uint8_t signature[ASSAY_SIGNATURE_SIZE];
    uint8_t text[] = "a sentence";
    struct assay_bytes message = {text, sizeof(text)};
    (void)state;

    assert_int_equal(crypto_sign_seed_keypair(key.bytes, secret, seed), 0);
    assay_key_sign(secret, message, signature);
    for (size_t bit = 0; bit < sizeof(signature) * 8; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(assay_key_verify(&key, message, signature),
                         ASSAY_E_SIGNATURE);
        signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t bit = 0; bit < sizeof(text) * 8; bit++) {
        text[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(assay_key_verify(&key, message, signature),
                         ASSAY_E_SIGNATURE);
        text[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t bit = 0; bit < sizeof(key.bytes) * 8; bit++) {
        key.bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(assay_key_verify(&key, message, signature),
                         ASSAY_E_SIGNATURE);
        key.bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_int_equal(assay_key_verify(&key, message, signature), ASSAY_OK);
}

/* FIPS 180-4's example, and nothing at all. */
static void hashes_are_sha_256(void **state)
{
    static const struct {
        const char *text;
        const char *hash;
    } cases[] = {
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {NULL,
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    };
    (void)state;

    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct vector want;
        uint8_t hash[ASSAY_HASH_SIZE];

        (void)vector_from_hex(&want, cases[index].hash);
        assay_hash(assay_bytes_of(cases[index].text), hash);
        assert_memory_equal(hash, want.data, sizeof(hash));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_passes_the_self_test),
        cmocka_unit_test(wycheproof_agrees_on_every_signature),
        cmocka_unit_test(a_small_order_part_of_r_is_refused),
        cmocka_unit_test(small_order_keys_sign_nothing),
        cmocka_unit_test(only_keys_of_prime_order_may_be_granted),
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(one_changed_bit_breaks_a_signature),
        cmocka_unit_test(hashes_are_sha_256),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
