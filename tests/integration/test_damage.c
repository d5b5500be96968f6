/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_damage.c - what the command line does with a ledger whose tables are
 * not what they should be: damage is found and mended, and what a newer
 * program made is left to that program.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/check.h"
#include "raw_table.h"
#include "test_ledger.h"
#include "testing.h"

#define OUTPUT_MAX 4096
#define WORDS_MAX 5

static struct test_ledger test;
static char output[OUTPUT_MAX]; /* What the last command said. */

static int make_ledger(void **state)
{
    struct history *history = history_new(7);
    struct history_mix mix = {.count = 40, .team_max = 2};

    (void)state;
    history_grow(history, &mix);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, NULL, history_count(history));
    history_free(history);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    return 0;
}

static void exec_assay(const char *const words[WORDS_MAX], int out)
{
    const char *assay = getenv("ASSAY_BIN");

    ASSAY_CHECK(assay != NULL);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execl(assay, assay, "--ledger", test.dir, words[0], words[1],
                words[2], words[3], words[4], (char *)NULL);
    _exit(127);
}

/* Runs assay on the ledger, which this process has closed meanwhile. Returns
 * its exit code; output holds what it said. */
static int assay(const char *const words[WORDS_MAX])
{
    int ends[2];
    size_t len = 0;
    ssize_t got = 0;
    int status = 0;

    store_ledger_close(test.ledger);
    test.ledger = NULL;
    ASSAY_CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    ASSAY_CHECK(pid >= 0);
    if (pid == 0) {
        exec_assay(words, ends[1]);
    }
    (void)close(ends[1]);
    while (len < sizeof(output) - 1 &&
           (got = read(ends[0], output + len, sizeof(output) - 1 - len)) > 0) {
        len += (size_t)got;
    }
    output[len] = '\0';
    (void)close(ends[0]);
    ASSAY_CHECK(waitpid(pid, &status, 0) == pid);
    ASSAY_CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_says(const char *sentence)
{
    if (strstr(output, sentence) == NULL) {
        fail_msg("\"%s\" is not in: %s", sentence, output);
    }
}

static void assert_asks_for_a_newer_assay(void)
{
    static const char *const lines[][WORDS_MAX] = {
        {"log"},
        {"check"},
        {"check", "--repair"},
        {"stats"},
        {"claim", "add", "--text", "It rains."},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(assay(lines[i]), 4);
        assert_says("newer format");
        assert_says("Use a newer assay.");
    }
}

/* To check or repair it would be the wrong advice, and do harm. */
static void a_newer_ledger_asks_for_a_newer_assay(void **state)
{
    (void)state;
    raw_set_format(test.ledger, STORE_FORMAT + 1);
    assert_asks_for_a_newer_assay();
}

static void a_newer_ledger_of_other_tables_asks_for_it_too(void **state)
{
    (void)state;
    raw_set_format(test.ledger, STORE_FORMAT + 1);
    raw_drop(test.ledger, STORE_LISTS);
    assert_asks_for_a_newer_assay();
}

/* What a person sees: a problem, its repair, and that all is well again. */
static void a_damaged_index_is_mended(void **state)
{
    struct assay_id before = raw_digest(test.ledger, STORE_REFS);
    struct assay_id after;
    (void)state;

    assert_int_equal(assay((const char *const[WORDS_MAX]){"check"}), 0);
    test_ledger_reopen(&test, STORE_WRITE);
    struct raw_entry entry = raw_get(test.ledger, STORE_REFS, 3);
    raw_delete(test.ledger, STORE_REFS, &entry);

    assert_int_equal(assay((const char *const[WORDS_MAX]){"check"}), 1);
    assert_says("assay check --repair");
    assert_int_equal(assay((const char *const[WORDS_MAX]){"check", "--repair"}),
                     0);
    assert_int_equal(assay((const char *const[WORDS_MAX]){"check"}), 0);
    test_ledger_reopen(&test, STORE_READ);
    after = raw_digest(test.ledger, STORE_REFS);
    assert_memory_equal(&before, &after, sizeof(before));
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_newer_ledger_asks_for_a_newer_assay),
        PROMISE(a_newer_ledger_of_other_tables_asks_for_it_too),
        PROMISE(a_damaged_index_is_mended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
