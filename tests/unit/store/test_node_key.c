/* SPDX-License-Identifier: Apache-2.0 */
#include "store/node_key.h"

#include "folder.h"
#include "protocol/noise.h"
#include "store/keyfile.h"
#include "testing.h"

#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* All that keys need of a ledger is its folder. */
struct store_ledger {
    char dir[TEST_PATH_MAX];
};

const char *store_ledger_dir(const struct store_ledger *ledger)
{
    return ledger->dir;
}

#define NOW_S 1700000000

static struct store_ledger ledger;
static char path[TEST_PATH_MAX];

static int make_ledger(void **state)
{
    (void)state;
    test_folder_make(ledger.dir);
    test_path(path, ledger.dir, "node.key");
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_folder_remove(ledger.dir);
    return 0;
}

static struct store_node_key *open_plain(void)
{
    struct store_node_key *key = NULL;

    assert_int_equal(
        store_node_key_open(&ledger, ASSAY_BYTES_NONE, NOW_S, &key), ASSAY_OK);
    assert_non_null(key);
    return key;
}

static void open_fails(struct assay_bytes passphrase, enum assay_err expected)
{
    struct store_node_key *key = NULL;

    assert_int_equal(store_node_key_open(&ledger, passphrase, NOW_S, &key),
                     expected);
    assert_null(key);
}

/* A node that starts again is the same to its peers. */
static void a_key_is_made_once_and_stays(void **state)
{
    struct store_node_key *made = open_plain();
    struct store_node_key *again = open_plain();
    struct assay_noise_keypair pair;
    struct stat status;
    (void)state;

    assert_memory_equal(&made->pair, &again->pair, sizeof(made->pair));
    assay_noise_keypair_make(made->pair.secret, &pair);
    assert_memory_equal(&pair, &made->pair, sizeof(pair));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    store_node_key_free(made);
    store_node_key_free(again);
}

static void two_ledgers_have_different_keys(void **state)
{
    struct store_node_key *first = open_plain();
    (void)state;

    assert_int_equal(unlink(path), 0);
    struct store_node_key *second = open_plain();
    assert_memory_not_equal(first->pair.secret, second->pair.secret,
                            sizeof(first->pair.secret));
    store_node_key_free(first);
    store_node_key_free(second);
}

/* To ask who the node is makes no key and needs no secret. */
static void a_key_is_found_but_not_made(void **state)
{
    struct store_key_info info;
    (void)state;

    assert_int_equal(store_node_key_find(&ledger, &info), ASSAY_E_NOT_FOUND);
    struct store_node_key *key = open_plain();
    assert_int_equal(store_node_key_find(&ledger, &info), ASSAY_OK);
    assert_true(assay_key_equal(&info.key, &key->pair.key));
    assert_string_equal(info.name, "node");
    assert_int_equal(info.made_s, NOW_S);
    assert_false(info.is_encrypted);
    store_node_key_free(key);
}

/* Seals the key at the least cost, since the default one takes a second. */
static void seal_cheaply(struct assay_bytes passphrase)
{
    struct store_keyfile_cost cost = {crypto_pwhash_OPSLIMIT_MIN,
                                      crypto_pwhash_MEMLIMIT_MIN};
    struct store_keyfile *file = store_keyfile_new();
    uint8_t data[STORE_KEYFILE_MAX];

    assert_non_null(file);
    size_t len = test_file_read(path, data, sizeof(data));
    assert_int_equal(store_keyfile_read((struct assay_bytes){data, len}, file),
                     ASSAY_OK);
    assert_int_equal(store_keyfile_seal(file, passphrase, cost), ASSAY_OK);
    struct assay_bytes bytes = store_keyfile_write(file, data);
    test_file_write(path, bytes.data, bytes.len, 0600);
    store_keyfile_free(file);
}

static void a_sealed_key_opens_with_its_passphrase_only(void **state)
{
    struct assay_bytes passphrase = assay_bytes_of("correct horse");
    struct store_node_key *plain = open_plain();
    struct store_node_key *sealed = NULL;
    struct store_key_info info;
    (void)state;

    seal_cheaply(passphrase);
    open_fails(ASSAY_BYTES_NONE, ASSAY_E_PASSPHRASE);
    open_fails(assay_bytes_of("wrong horse"), ASSAY_E_PASSPHRASE);
    assert_int_equal(store_node_key_open(&ledger, passphrase, NOW_S, &sealed),
                     ASSAY_OK);
    assert_memory_equal(&plain->pair, &sealed->pair, sizeof(plain->pair));
    assert_int_equal(store_node_key_find(&ledger, &info), ASSAY_OK);
    assert_true(info.is_encrypted);
    store_node_key_free(plain);
    store_node_key_free(sealed);
}

/* Who can read the file is this node to others, and who can write it decides
 * who it is. */
static void a_loose_file_is_refused(void **state)
{
    static const mode_t loose[] = {0640, 0604, 0620, 0602};
    (void)state;

    store_node_key_free(open_plain());
    for (size_t index = 0; index < sizeof(loose) / sizeof(loose[0]); index++) {
        assert_int_equal(chmod(path, loose[index]), 0);
        open_fails(ASSAY_BYTES_NONE, ASSAY_E_UNSAFE);
    }
}

static void a_link_is_no_key_file(void **state)
{
    char target[TEST_PATH_MAX];
    (void)state;

    store_node_key_free(open_plain());
    test_path(target, ledger.dir, "elsewhere");
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    open_fails(ASSAY_BYTES_NONE, ASSAY_E_UNSAFE);
}

/* A damaged file is not replaced by a new identity. */
static void a_damaged_file_is_refused(void **state)
{
    uint8_t data[STORE_KEYFILE_MAX];
    uint8_t again[STORE_KEYFILE_MAX];
    (void)state;

    store_node_key_free(open_plain());
    size_t len = test_file_read(path, data, sizeof(data));
    for (size_t cut = 0; cut < len; cut += 7) {
        test_file_write(path, data, cut, 0600);
        struct store_node_key *key = NULL;
        assert_int_not_equal(
            store_node_key_open(&ledger, ASSAY_BYTES_NONE, NOW_S, &key),
            ASSAY_OK);
        assert_null(key);
        assert_int_equal(test_file_read(path, again, sizeof(again)), cut);
    }
    data[len - 1] ^= 1; /* The secret, which does not make the key then. */
    test_file_write(path, data, len, 0600);
    open_fails(ASSAY_BYTES_NONE, ASSAY_E_MALFORMED);
}

/* A key that signs records is no node's, and the other way round. */
static void kinds_of_keys_are_not_mixed_up(void **state)
{
    struct store_key_info info;
    char other[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(
        store_keyring_new(&ledger, "desk", ASSAY_BYTES_NONE, NOW_S, &info),
        ASSAY_OK);
    test_path(other, ledger.dir, "keys/desk.key");
    assert_int_equal(rename(other, path), 0);
    open_fails(ASSAY_BYTES_NONE, ASSAY_E_MALFORMED);
    assert_int_equal(unlink(path), 0);

    store_node_key_free(open_plain());
    assert_int_equal(store_keyring_import(&ledger, path, "desk", &info),
                     ASSAY_E_MALFORMED);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(store_keyring_find(&ledger, "desk", &info),
                     ASSAY_E_MALFORMED);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_made_once_and_stays),
        TEST(two_ledgers_have_different_keys),
        TEST(a_key_is_found_but_not_made),
        TEST(a_sealed_key_opens_with_its_passphrase_only),
        TEST(a_loose_file_is_refused),
        TEST(a_link_is_no_key_file),
        TEST(a_damaged_file_is_refused),
        TEST(kinds_of_keys_are_not_mixed_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
