/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key files: where in memory a secret lies while a key is made, read, sealed,
 * opened and written. libsodium's functions that take a secret are wrapped, so
 * that each call says where its secret is: in memory that is neither swapped
 * out nor written into a core dump, and never on the stack.
 */
#include "store/keyfile.h"

#include "protocol/key.h"
#include "testing.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_S 1700000000

/* How often a secret was passed, and how often from memory of no guard. */
static int passed;
static int loose;

/* Reads "first-end " from a mapping's first line; false for other lines. */
static bool read_range(const char *line, uintptr_t *first_out,
                       uintptr_t *end_out)
{
    char *at = NULL;

    *first_out = (uintptr_t)strtoull(line, &at, 16);
    if (at == line || *at != '-') {
        return false;
    }
    *end_out = (uintptr_t)strtoull(at + 1, &at, 16);
    return *at == ' ';
}

/* What the kernel says of the mapping that holds an address. sodium_malloc
 * keeps its memory out of core dumps ("dd") even where the system allows no
 * more of it to be locked ("lo"). */
static bool is_guarded(const void *address)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool is_inside = false;
    bool is_found = false;

    assert_non_null(maps);
    while (!is_found && fgets(line, sizeof(line), maps) != NULL) {
        uintptr_t first = 0;
        uintptr_t end = 0;

        if (read_range(line, &first, &end)) {
            is_inside = (uintptr_t)address >= first && (uintptr_t)address < end;
        } else if (is_inside && strncmp(line, "VmFlags:", 8) == 0) {
            is_found = true;
        }
    }
    (void)fclose(maps);
    assert_true(is_found);
    return strstr(line, " dd") != NULL;
}

static void note(const void *secret)
{
    passed++;
    loose += is_guarded(secret) ? 0 : 1;
}

/* The linker's --wrap dictates the names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
/* NOLINTBEGIN(cert-dcl51-cpp,readability-identifier-naming) */
int __real_crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk,
                                    const unsigned char *seed);
int __wrap_crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk,
                                    const unsigned char *seed);
int __real_crypto_scalarmult_curve25519_base(unsigned char *q,
                                             const unsigned char *n);
int __wrap_crypto_scalarmult_curve25519_base(unsigned char *q,
                                             const unsigned char *n);

int __wrap_crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk,
                                    const unsigned char *seed)
{
    note(sk);
    note(seed);
    return __real_crypto_sign_seed_keypair(pk, sk, seed);
}

int __wrap_crypto_scalarmult_curve25519_base(unsigned char *q,
                                             const unsigned char *n)
{
    note(n);
    return __real_crypto_scalarmult_curve25519_base(q, n);
}
/* NOLINTEND(cert-dcl51-cpp,readability-identifier-naming) */
/* NOLINTEND(bugprone-reserved-identifier) */

/* Makes a key and takes it through a file's whole life. */
static void live(enum store_key_usage usage, struct assay_bytes passphrase)
{
    const struct store_keyfile_cost cost = {crypto_pwhash_OPSLIMIT_MIN,
                                            crypto_pwhash_MEMLIMIT_MIN};
    struct store_keyfile *file = store_keyfile_new();
    struct store_keyfile *again = store_keyfile_new();
    struct store_secret *secret = sodium_malloc(sizeof(*secret));
    uint8_t *buffer = sodium_malloc(STORE_KEYFILE_MAX);

    assert_non_null(file);
    assert_non_null(again);
    assert_non_null(secret);
    assert_non_null(buffer);
    assert_int_equal(store_keyfile_make(file, usage, NOW_S), ASSAY_OK);
    memcpy(file->info.name, "ann", 4);
    assert_int_equal(store_keyfile_seal(file, passphrase, cost), ASSAY_OK);
    struct assay_bytes bytes = store_keyfile_write(file, buffer);
    assert_int_equal(store_keyfile_read(bytes, again), ASSAY_OK);
    assert_int_equal(store_keyfile_open(again, passphrase, secret), ASSAY_OK);
    assert_memory_equal(secret->bytes + STORE_SEED_SIZE, file->info.key.bytes,
                        ASSAY_KEY_SIZE);
    sodium_free(buffer);
    store_secret_free(secret);
    store_keyfile_free(again);
    store_keyfile_free(file);
}

/* A secret that was swapped out or dumped outlives every wiping. */
static void a_secret_is_only_in_guarded_memory(void **state)
{
    const int local = 1;
    (void)state;

    assert_false(is_guarded(&local)); /* Or the rest could not fail. */
    passed = 0;
    loose = 0;
    live(STORE_KEY_SIGNS, ASSAY_BYTES_NONE);
    assert_int_equal(passed, 6); /* Made, read and opened: two each. */
    live(STORE_KEY_SIGNS, assay_bytes_of("correct horse"));
    live(STORE_KEY_SPEAKS, ASSAY_BYTES_NONE);
    live(STORE_KEY_SPEAKS, assay_bytes_of("correct horse"));
    assert_int_equal(passed, 6 + 4 + 3 + 2);
    assert_int_equal(loose, 0);
}

/* Nothing of a secret is given where the passphrase is wrong. */
static void a_refused_opening_gives_nothing(void **state)
{
    const struct store_keyfile_cost cost = {crypto_pwhash_OPSLIMIT_MIN,
                                            crypto_pwhash_MEMLIMIT_MIN};
    struct store_keyfile *file = store_keyfile_new();
    struct store_secret secret;
    (void)state;

    assert_non_null(file);
    memset(&secret, 7, sizeof(secret));
    assert_int_equal(store_keyfile_make(file, STORE_KEY_SIGNS, NOW_S),
                     ASSAY_OK);
    assert_int_equal(store_keyfile_seal(file, assay_bytes_of("right"), cost),
                     ASSAY_OK);
    assert_int_equal(store_keyfile_open(file, assay_bytes_of("wrong"), &secret),
                     ASSAY_E_PASSPHRASE);
    for (size_t i = 0; i < sizeof(secret.bytes); i++) {
        assert_int_equal(secret.bytes[i], 7);
    }
    store_keyfile_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_only_in_guarded_memory),
        cmocka_unit_test(a_refused_opening_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
