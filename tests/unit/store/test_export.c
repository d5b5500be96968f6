/* SPDX-License-Identifier: Apache-2.0 */
#include "store/transfer.h"

#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <unistd.h>

static struct test_ledger from;
static struct test_ledger to;

static int make_ledgers(void **state)
{
    (void)state;
    test_ledger_make(&from);
    test_ledger_make(&to);
    return 0;
}

static int remove_ledgers(void **state)
{
    (void)state;
    test_ledger_remove(&from);
    test_ledger_remove(&to);
    return 0;
}

static struct history *grown_history(uint64_t seed, size_t count)
{
    struct history *history = history_new(seed);
    struct history_mix mix = {.count = count,
                              .team_max = 3,
                              .fork_once_in = 15,
                              .heal_once_in = 20,
                              .end_once_in = 15,
                              .erase_once_in = 30};

    history_grow(history, &mix);
    return history;
}

static int open_output(int flags)
{
    char path[TEST_PATH_MAX];

    test_path(path, from.folder, "records");
    int fd = open(path, flags | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* Exports one record's proof, or everything where id is NULL. */
static enum assay_err export_to_file(const struct assay_id *id,
                                     uint64_t *count_out)
{
    struct store_view *view = NULL;
    int fd = open_output(O_WRONLY | O_CREAT | O_TRUNC);

    assert_int_equal(store_view_begin(from.ledger, STORE_NOW, &view), ASSAY_OK);
    enum assay_err err =
        id == NULL ? store_export_all(view, fd, from.ledger, count_out)
                   : store_export_record(view, id, fd, from.ledger, count_out);
    store_view_end(view);
    assert_int_equal(close(fd), 0);
    return err;
}

static struct store_import_report import_file(struct test_ledger *into)
{
    struct store_import_report report;
    int fd = open_output(O_RDONLY);

    assert_int_equal(
        store_import(into->ledger, fd, 1, TEST_NOW_S, NULL, &report), ASSAY_OK);
    assert_int_equal(close(fd), 0);
    assert_false(report.is_cut);
    assert_int_equal(report.refused + report.early, 0);
    return report;
}

/* A whole ledger comes over whole, in the order in which it was received. */
static void everything_comes_over(void **state)
{
    struct history *history = grown_history(1, 300);
    struct store_view *view = NULL;
    uint64_t count = 0;
    (void)state;

    test_ledger_fill(&from, history, NULL, history_count(history));
    assert_int_equal(export_to_file(NULL, &count), ASSAY_OK);
    assert_int_equal(count, history_count(history));
    assert_int_equal(import_file(&to).added, count);
    assert_int_equal(store_view_begin(to.ledger, STORE_NOW, &view), ASSAY_OK);
    for (size_t index = 0; index < count; index++) {
        const struct history_item *item = history_item(history, index);
        struct store_row row;

        assert_int_equal(store_view_by_lsn(view, index + 1, &row), ASSAY_OK);
        assert_true(assay_bytes_equal(row.record.envelope, item->envelope));
        assert_int_equal(row.record.body.data == NULL, item->body.data == NULL);
    }
    store_view_end(view);
    history_free(history);
}

static void an_empty_ledger_is_an_empty_file(void **state)
{
    uint64_t count = 9;
    (void)state;

    assert_int_equal(export_to_file(NULL, &count), ASSAY_OK);
    assert_int_equal(count, 0);
    assert_int_equal(import_file(&to).records, 0);
}

/* Whether a record stands, and why not. */
static struct assay_validity_result judge(struct store_view *view,
                                          const struct assay_id *id)
{
    struct assay_validity *validity = NULL;
    struct assay_validity_result result;
    struct store_row row;

    assert_int_equal(store_view_by_id(view, id, &row), ASSAY_OK);
    assert_int_equal(store_view_validity(view, &validity), ASSAY_OK);
    assert_int_equal(assay_validity_of(validity, &row.record, &result),
                     ASSAY_OK);
    return result;
}

/* Every record of a proof is judged with the proof alone as it is with all. */
static void compare_judgements(void)
{
    struct store_view *all = NULL;
    struct store_view *proof = NULL;

    assert_int_equal(store_view_begin(from.ledger, STORE_NOW, &all), ASSAY_OK);
    assert_int_equal(store_view_begin(to.ledger, STORE_NOW, &proof), ASSAY_OK);
    for (uint64_t lsn = 1; lsn <= store_view_last_lsn(proof); lsn++) {
        struct store_row row;

        assert_int_equal(store_view_by_lsn(proof, lsn, &row), ASSAY_OK);
        struct assay_validity_result here = judge(proof, &row.record.id);
        struct assay_validity_result there = judge(all, &row.record.id);
        assert_int_equal(here.state, there.state);
        assert_memory_equal(&here.cut_by, &there.cut_by,
                            sizeof(struct assay_id));
    }
    store_view_end(proof);
    store_view_end(all);
}

/* A proof is enough: nothing of it depends on what it leaves out. */
static void a_proof_is_judged_like_the_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 26; seed++) {
        struct history *history = grown_history(seed, 120);
        uint64_t count = 0;
        size_t proofs = 0;

        test_ledger_remove(&from);
        test_ledger_make(&from);
        test_ledger_fill(&from, history, NULL, history_count(history));
        for (size_t index = 0; index < history_count(history) && proofs < 6;
             index++) {
            const struct history_item *item = history_item(history, index);

            if (item->kind != ASSAY_KIND_CLAIM) {
                continue;
            }
            proofs++;
            test_ledger_remove(&to);
            test_ledger_make(&to);
            assert_int_equal(export_to_file(&item->id, &count), ASSAY_OK);
            assert_int_equal(import_file(&to).added, count);
            assert_true(test_ledger_has(&to, history, index));
            compare_judgements();
        }
        assert_true(proofs > 0);
        history_free(history);
    }
}

/* What is said about a claim by anybody is in its proof; what has nothing to
 * do with it is not. */
static void a_proof_holds_what_bears_on_the_claim(void **state)
{
    struct history *history = history_new(30);
    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 1);
    size_t colleague = history_member(history, root, ASSAY_ROLE_EDITOR, 1);
    size_t stranger = history_found(history);
    size_t nobody = history_found(history);
    size_t claim = history_claim(history, editor);
    size_t other = history_claim(history, stranger);
    size_t source = history_source(history, editor, claim);
    size_t first =
        history_verdict(history, editor, claim, ASSAY_RATING_FALSE, NULL, 0);
    size_t second =
        history_verdict(history, editor, claim, ASSAY_RATING_TRUE, &first, 1);
    size_t wanted[] = {
        root,
        editor,
        colleague,
        stranger,
        claim,
        other,
        source,
        first,
        second,
        history_endorse(history, colleague, second),
        history_challenge(history, stranger, second),
        history_challenge(history, stranger, source),
        history_link(history, stranger, claim, ASSAY_REL_REPEATS, other),
        history_carry(history, colleague, claim),
        history_retract(history, editor, first, false),
        history_revoke(history, root, editor, &second, 1),
    };
    size_t unrelated = history_claim(history, nobody);
    uint64_t count = 0;
    (void)state;

    test_ledger_fill(&from, history, NULL, history_count(history));
    assert_int_equal(export_to_file(&history_item(history, claim)->id, &count),
                     ASSAY_OK);
    (void)import_file(&to);
    for (size_t index = 0; index < sizeof(wanted) / sizeof(wanted[0]);
         index++) {
        assert_true(test_ledger_has(&to, history, wanted[index]));
    }
    assert_false(test_ledger_has(&to, history, unrelated));
    assert_false(test_ledger_has(&to, history, nobody));
    compare_judgements();
    history_free(history);
}

static void a_proof_of_nothing_is_refused(void **state)
{
    struct assay_id id = {{1}};
    uint64_t count = 7;
    (void)state;

    assert_int_equal(export_to_file(&id, &count), ASSAY_E_NOT_FOUND);
    assert_int_equal(count, 7);
}

/* A full or broken target is told, not taken for done. */
static void an_output_that_fails_is_told(void **state)
{
    struct history *history = grown_history(2, 20);
    struct store_view *view = NULL;
    uint64_t count = 0;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    (void)state;

    if (fd < 0) {
        history_free(history);
        skip();
    }
    test_ledger_fill(&from, history, NULL, history_count(history));
    assert_int_equal(store_view_begin(from.ledger, STORE_NOW, &view), ASSAY_OK);
    assert_int_equal(store_export_all(view, fd, NULL, &count), ASSAY_E_FULL);
    store_view_end(view);
    assert_int_equal(close(fd), 0);
    history_free(history);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledgers, remove_ledgers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(everything_comes_over),
        PROMISE(an_empty_ledger_is_an_empty_file),
        PROMISE(a_proof_is_judged_like_the_whole),
        PROMISE(a_proof_holds_what_bears_on_the_claim),
        PROMISE(a_proof_of_nothing_is_refused),
        PROMISE(an_output_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
