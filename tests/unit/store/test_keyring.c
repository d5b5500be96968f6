/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keyring.h"

#include "folder.h"
#include "protocol/key.h"
#include "store/keyfile.h"
#include "testing.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
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

static const char pass[] = "correct horse";
static const char other_pass[] = "wrong horse";

static struct store_ledger ledger;

static int make_ledger(void **state)
{
    (void)state;
    test_folder_make(ledger.dir);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_folder_remove(ledger.dir);
    return 0;
}

static void key_path(char out[TEST_PATH_MAX], const char *name)
{
    char file[128];

    (void)snprintf(file, sizeof(file), "keys/%s.key", name);
    test_path(out, ledger.dir, file);
}

static struct store_key_info new_plain(const char *name)
{
    struct store_key_info info;

    assert_int_equal(
        store_keyring_new(&ledger, name, ASSAY_BYTES_NONE, NOW_S, &info),
        ASSAY_OK);
    return info;
}

/* Seals a plain key of the ring at the least cost, since the default one
 * takes a second. */
static void seal_cheaply(const char *name)
{
    struct store_keyfile_cost cost = {crypto_pwhash_OPSLIMIT_MIN,
                                      crypto_pwhash_MEMLIMIT_MIN};
    struct store_keyfile *file = store_keyfile_new();
    uint8_t data[STORE_KEYFILE_MAX];
    char path[TEST_PATH_MAX];

    assert_non_null(file);
    key_path(path, name);
    size_t len = test_file_read(path, data, sizeof(data));
    assert_int_equal(store_keyfile_read((struct assay_bytes){data, len}, file),
                     ASSAY_OK);
    assert_int_equal(store_keyfile_seal(file, assay_bytes_of(pass), cost),
                     ASSAY_OK);
    struct assay_bytes bytes = store_keyfile_write(file, data);
    test_file_write(path, bytes.data, bytes.len, 0600);
    store_keyfile_free(file);
}

static enum assay_err unlock(const char *name, const char *passphrase,
                             struct assay_key *key_out)
{
    struct store_secret *secret = NULL;
    enum assay_err err = store_keyring_unlock(
        &ledger, name, assay_bytes_of(passphrase), &secret);

    if (err == ASSAY_OK) {
        memcpy(key_out->bytes, secret->bytes + STORE_SEED_SIZE, ASSAY_KEY_SIZE);
        store_secret_free(secret);
    } else {
        assert_null(secret);
    }
    return err;
}

static void a_new_key_is_found_and_signs(void **state)
{
    struct store_key_info info = new_plain("desk");
    struct store_key_info found;
    struct store_secret *secret = NULL;
    struct assay_bytes message = assay_bytes_of("message");
    uint8_t signature[ASSAY_SIGNATURE_SIZE];
    struct stat status;
    char path[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(store_keyring_find(&ledger, "desk", &found), ASSAY_OK);
    assert_string_equal(found.name, "desk");
    assert_int_equal(found.made_s, NOW_S);
    assert_false(found.is_encrypted);
    assert_true(assay_key_equal(&found.key, &info.key));
    assert_int_equal(
        store_keyring_unlock(&ledger, "desk", ASSAY_BYTES_NONE, &secret),
        ASSAY_OK);
    assay_key_sign(secret->bytes, message, signature);
    store_secret_free(secret);
    assert_int_equal(assay_key_verify(&info.key, message, signature), ASSAY_OK);
    key_path(path, "desk");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    test_path(path, ledger.dir, "keys");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
}

static void a_name_is_taken_once(void **state)
{
    struct store_key_info info = new_plain("desk");
    struct store_key_info again;
    (void)state;

    assert_int_equal(
        store_keyring_new(&ledger, "desk", ASSAY_BYTES_NONE, NOW_S, &again),
        ASSAY_E_EXISTS);
    assert_int_equal(store_keyring_find(&ledger, "desk", &again), ASSAY_OK);
    assert_true(assay_key_equal(&again.key, &info.key));
}

/* A name is part of a path, so it must not lead out of the folder. */
static void bad_names_are_refused(void **state)
{
    static const char *const names[] = {"",    ".",   "..",  ".a",
                                        "a/b", "a b", "a\n", "\xc3\xa4"};
    struct store_key_info info;
    char longest[STORE_KEY_NAME_MAX + 2];
    (void)state;

    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        assert_int_equal(store_keyring_new(&ledger, names[index],
                                           ASSAY_BYTES_NONE, NOW_S, &info),
                         ASSAY_E_MALFORMED);
        assert_int_not_equal(store_keyring_find(&ledger, names[index], &info),
                             ASSAY_OK);
    }
    memset(longest, 'a', sizeof(longest));
    longest[STORE_KEY_NAME_MAX + 1] = '\0';
    assert_int_equal(
        store_keyring_new(&ledger, longest, ASSAY_BYTES_NONE, NOW_S, &info),
        ASSAY_E_MALFORMED);
    longest[STORE_KEY_NAME_MAX] = '\0';
    (void)new_plain(longest);
}

static void a_sealed_key_opens_with_its_passphrase_only(void **state)
{
    struct store_key_info info = new_plain("desk");
    struct assay_key key;
    (void)state;

    seal_cheaply("desk");
    assert_int_equal(unlock("desk", other_pass, &key), ASSAY_E_PASSPHRASE);
    assert_int_equal(unlock("desk", NULL, &key), ASSAY_E_PASSPHRASE);
    assert_int_equal(unlock("desk", "", &key), ASSAY_E_PASSPHRASE);
    assert_int_equal(unlock("desk", pass, &key), ASSAY_OK);
    assert_true(assay_key_equal(&key, &info.key));
}

/* At the cost that people pay: set, changed, and taken away again. */
static void a_passphrase_is_replaced(void **state)
{
    struct store_key_info info = new_plain("desk");
    struct store_key_info found;
    struct assay_key key;
    (void)state;

    seal_cheaply("desk");
    assert_int_equal(store_keyring_set_passphrase(&ledger, "desk",
                                                  assay_bytes_of(other_pass),
                                                  ASSAY_BYTES_NONE),
                     ASSAY_E_PASSPHRASE);
    assert_int_equal(store_keyring_set_passphrase(&ledger, "desk",
                                                  assay_bytes_of(pass),
                                                  assay_bytes_of("new")),
                     ASSAY_OK);
    assert_int_equal(unlock("desk", pass, &key), ASSAY_E_PASSPHRASE);
    assert_int_equal(store_keyring_set_passphrase(&ledger, "desk",
                                                  assay_bytes_of("new"),
                                                  ASSAY_BYTES_NONE),
                     ASSAY_OK);
    assert_int_equal(store_keyring_find(&ledger, "desk", &found), ASSAY_OK);
    assert_false(found.is_encrypted);
    assert_int_equal(unlock("desk", NULL, &key), ASSAY_OK);
    assert_true(assay_key_equal(&key, &info.key));
}

/* A file that others could read is no secret any more. */
static void loose_permissions_are_refused(void **state)
{
    static const unsigned modes[] = {0640, 0604, 0620, 0610, 0660, 0666, 0777};
    struct store_key_info info = new_plain("desk");
    struct assay_key key;
    char path[TEST_PATH_MAX];
    (void)state;

    key_path(path, "desk");
    for (size_t index = 0; index < sizeof(modes) / sizeof(modes[0]); index++) {
        assert_int_equal(chmod(path, (mode_t)modes[index]), 0);
        assert_int_equal(store_keyring_find(&ledger, "desk", &info),
                         ASSAY_E_UNSAFE);
        assert_int_equal(unlock("desk", NULL, &key), ASSAY_E_UNSAFE);
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(unlock("desk", NULL, &key), ASSAY_OK);
    test_path(path, ledger.dir, "keys");
    assert_int_equal(chmod(path, 0750), 0);
    assert_int_equal(unlock("desk", NULL, &key), ASSAY_E_UNSAFE);
    assert_int_equal(chmod(path, 0700), 0);
}

static void somebody_elses_file_is_refused(void **state)
{
    struct store_key_info info = new_plain("desk");
    char path[TEST_PATH_MAX];
    (void)state;

    if (geteuid() != 0) {
        skip();
    }
    key_path(path, "desk");
    assert_int_equal(chown(path, 1, 1), 0);
    assert_int_equal(store_keyring_find(&ledger, "desk", &info),
                     ASSAY_E_UNSAFE);
}

static void a_link_is_no_key_file(void **state)
{
    struct store_key_info info = new_plain("desk");
    char path[TEST_PATH_MAX];
    char other[TEST_PATH_MAX];
    (void)state;

    key_path(path, "desk");
    test_path(other, ledger.dir, "outside.key");
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(store_keyring_find(&ledger, "desk", &info),
                     ASSAY_E_UNSAFE);
}

/* Whatever a byte of a key file turns into, nothing breaks, and a secret is
 * given only where it is the public key's. */
static void damaged_files_never_give_a_wrong_secret(const char *name)
{
    uint8_t data[STORE_KEYFILE_MAX];
    char path[TEST_PATH_MAX];
    struct store_keyfile *file = store_keyfile_new();
    struct store_secret secret;
    struct assay_key made;

    assert_non_null(file);
    key_path(path, name);
    size_t len = test_file_read(path, data, sizeof(data));
    for (size_t index = 0; index < len * 8; index++) {
        data[index / 8] ^= (uint8_t)(1U << (index % 8));
        if (store_keyfile_read((struct assay_bytes){data, len}, file) ==
                ASSAY_OK &&
            file->cost.mem <= crypto_pwhash_MEMLIMIT_MIN &&
            store_keyfile_open(file, assay_bytes_of(pass), &secret) ==
                ASSAY_OK) {
            assert_int_equal(
                crypto_sign_ed25519_sk_to_pk(made.bytes, secret.bytes), 0);
            assert_true(assay_key_equal(&made, &file->info.key));
        }
        data[index / 8] ^= (uint8_t)(1U << (index % 8));
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_not_equal(
            store_keyfile_read((struct assay_bytes){data, cut}, file),
            ASSAY_OK);
    }
    store_keyfile_free(file);
}

static void a_damaged_plain_file_is_refused(void **state)
{
    (void)state;
    (void)new_plain("desk");
    damaged_files_never_give_a_wrong_secret("desk");
}

static void a_damaged_sealed_file_is_refused(void **state)
{
    (void)state;
    (void)new_plain("desk");
    seal_cheaply("desk");
    damaged_files_never_give_a_wrong_secret("desk");
}

/* A seed under another's public key would sign what nobody accepts. */
static void a_seed_of_another_key_is_refused(void **state)
{
    struct store_keyfile *file = store_keyfile_new();
    uint8_t data[STORE_KEYFILE_MAX];
    struct store_key_info info;
    char path[TEST_PATH_MAX];
    (void)state;

    (void)new_plain("desk");
    key_path(path, "desk");
    assert_non_null(file);
    size_t len = test_file_read(path, data, sizeof(data));
    assert_int_equal(store_keyfile_read((struct assay_bytes){data, len}, file),
                     ASSAY_OK);
    file->seed[0] ^= 1;
    struct assay_bytes bytes = store_keyfile_write(file, data);
    test_file_write(path, bytes.data, bytes.len, 0600);
    store_keyfile_free(file);
    assert_int_equal(store_keyring_find(&ledger, "desk", &info),
                     ASSAY_E_MALFORMED);
}

/* Another's file must not be able to take this machine's memory. */
static void a_file_that_asks_for_too_much_is_refused(void **state)
{
    struct store_keyfile *file = store_keyfile_new();
    uint8_t data[STORE_KEYFILE_MAX];
    (void)state;

    assert_non_null(file);
    memcpy(file->info.name, "a", 2);
    file->info.is_encrypted = true;
    file->cost = (struct store_keyfile_cost){1, STORE_KEYFILE_MEM_MAX + 1};
    assert_int_equal(store_keyfile_read(store_keyfile_write(file, data), file),
                     ASSAY_E_LIMIT);
    memcpy(file->info.name, "a", 2);
    file->info.is_encrypted = true;
    file->cost = (struct store_keyfile_cost){STORE_KEYFILE_OPS_MAX + 1, 8192};
    assert_int_equal(store_keyfile_read(store_keyfile_write(file, data), file),
                     ASSAY_E_LIMIT);
    store_keyfile_free(file);
}

static void a_newer_file_is_told_from_a_bad_one(void **state)
{
    uint8_t data[STORE_KEYFILE_MAX];
    struct store_key_info info = new_plain("desk");
    char path[TEST_PATH_MAX];
    (void)state;

    key_path(path, "desk");
    size_t len = test_file_read(path, data, sizeof(data));
    /* The map's head, key 1, ten bytes of magic, key 2, the version. */
    assert_int_equal(data[13], STORE_KEYFILE_VERSION);
    data[13]++;
    test_file_write(path, data, len, 0600);
    assert_int_equal(store_keyring_find(&ledger, "desk", &info),
                     ASSAY_E_VERSION);
}

static void keys_are_listed_by_name(void **state)
{
    struct store_key_info *infos = NULL;
    size_t count = 99;
    char path[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(store_keyring_list(&ledger, &infos, &count), ASSAY_OK);
    assert_int_equal(count, 0);
    (void)new_plain("b");
    (void)new_plain("c");
    (void)new_plain("a");
    key_path(path, "0-broken");
    test_file_write(path, "?", 1, 0600);
    key_path(path, "evil\x1b name");
    test_file_write(path, "?", 1, 0600);
    test_path(path, ledger.dir, "keys/notes.txt");
    test_file_write(path, "?", 1, 0600);
    assert_int_equal(store_keyring_list(&ledger, &infos, &count), ASSAY_OK);
    assert_int_equal(count, 5);
    assert_string_equal(infos[0].name, "a");
    assert_string_equal(infos[1].name, "b");
    assert_string_equal(infos[2].name, "c");
    assert_string_equal(infos[3].name, "0-broken");
    assert_string_equal(infos[4].name, "evil??name");
    assert_true(sodium_is_zero(infos[3].key.bytes, ASSAY_KEY_SIZE) == 1);
    free(infos);
}

static void a_renamed_key_is_the_same_key(void **state)
{
    struct store_key_info info = new_plain("next");
    struct store_key_info found;
    struct assay_key key;
    (void)state;

    seal_cheaply("next");
    (void)new_plain("taken");
    assert_int_equal(store_keyring_rename(&ledger, "next", "taken"),
                     ASSAY_E_EXISTS);
    assert_int_equal(store_keyring_rename(&ledger, "next", "a/b"),
                     ASSAY_E_MALFORMED);
    assert_int_equal(store_keyring_rename(&ledger, "none", "some"),
                     ASSAY_E_NOT_FOUND);
    assert_int_equal(store_keyring_rename(&ledger, "next", "root"), ASSAY_OK);
    assert_int_equal(store_keyring_find(&ledger, "next", &found),
                     ASSAY_E_NOT_FOUND);
    assert_int_equal(store_keyring_find(&ledger, "root", &found), ASSAY_OK);
    assert_string_equal(found.name, "root");
    assert_int_equal(unlock("root", pass, &key), ASSAY_OK);
    assert_true(assay_key_equal(&key, &info.key));
}

static void an_exported_key_is_imported(void **state)
{
    struct store_key_info info = new_plain("desk");
    struct store_key_info back;
    struct assay_key key;
    struct stat status;
    char path[TEST_PATH_MAX];
    (void)state;

    seal_cheaply("desk");
    test_path(path, ledger.dir, "out.key");
    assert_int_equal(store_keyring_export(&ledger, "desk", path), ASSAY_OK);
    assert_int_equal(store_keyring_export(&ledger, "desk", path),
                     ASSAY_E_EXISTS);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(store_keyring_import(&ledger, path, NULL, &back),
                     ASSAY_E_EXISTS);
    assert_int_equal(store_keyring_import(&ledger, path, "copy", &back),
                     ASSAY_OK);
    assert_string_equal(back.name, "copy");
    assert_true(back.is_encrypted);
    assert_int_equal(unlock("copy", pass, &key), ASSAY_OK);
    assert_true(assay_key_equal(&key, &info.key));
}

/* A plain key that others could have read is not taken in. */
static void an_open_plain_key_is_not_imported(void **state)
{
    struct store_key_info info = new_plain("desk");
    char path[TEST_PATH_MAX];
    (void)state;

    test_path(path, ledger.dir, "out.key");
    assert_int_equal(store_keyring_export(&ledger, "desk", path), ASSAY_OK);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(store_keyring_import(&ledger, path, "copy", &info),
                     ASSAY_E_UNSAFE);
    test_file_write(path, "no key at all", 13, 0600);
    assert_int_equal(store_keyring_import(&ledger, path, "copy", &info),
                     ASSAY_E_MALFORMED);
    assert_int_equal(
        store_keyring_import(&ledger, "/nonexistent/x", "copy", &info),
        ASSAY_E_NOT_FOUND);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_new_key_is_found_and_signs),
        PROMISE(a_name_is_taken_once),
        PROMISE(bad_names_are_refused),
        PROMISE(a_sealed_key_opens_with_its_passphrase_only),
        PROMISE(a_passphrase_is_replaced),
        PROMISE(loose_permissions_are_refused),
        PROMISE(somebody_elses_file_is_refused),
        PROMISE(a_link_is_no_key_file),
        PROMISE(a_damaged_plain_file_is_refused),
        PROMISE(a_damaged_sealed_file_is_refused),
        PROMISE(a_seed_of_another_key_is_refused),
        PROMISE(a_file_that_asks_for_too_much_is_refused),
        PROMISE(a_newer_file_is_told_from_a_bad_one),
        PROMISE(keys_are_listed_by_name),
        PROMISE(a_renamed_key_is_the_same_key),
        PROMISE(an_exported_key_is_imported),
        PROMISE(an_open_plain_key_is_not_imported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
