/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_kill.c - kill -9 at random points of a load. Afterwards the ledger
 * checks clean, and every record that was acknowledged is there.
 *
 * Usage: test_kill [SEED]. The moment of each kill is drawn from the time that
 * a whole load takes here. Where the load was faster this time, its round is
 * done again, so that every round has a kill inside a load; what is asserted
 * of the ledger holds wherever it falls.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "testing.h"

#include "protocol/check.h"
#include "store/ledger.h"
#include "store/view.h"

#define ROUNDS 200
#define ROUNDS_A_LEDGER 25
/* Loads that a round begins at most. Each is killed at a moment before the
 * end of the last one that did end, so that a few in a row may end early where
 * the machine is busy now and then, but not so many. */
#define TRIES_MAX 20
#define CLAIMS 20
#define OUTPUT_MAX (64 * 1024)

struct rig {
    char dir[64];
    char ledger[96];
    char manifest[96];
    const char *assay;
    uint64_t random;
    uint64_t load_us;   /* How long a whole load takes. */
    char *acknowledged; /* Ids, one after another, of this ledger. */
    size_t acknowledged_len;
    unsigned killed; /* Loads that did not end by themselves. */
    unsigned finished;
};

static uint64_t now_us(void)
{
    struct timespec now;

    ASSAY_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static uint64_t draw(struct rig *rig, uint64_t below)
{
    rig->random = rig->random * 6364136223846793005U + 1442695040888963407U;
    return (rig->random >> 33) % below;
}

/* Starts assay with up to six words; its standard output is *fd_out. */
static pid_t start(const struct rig *rig, const char *const words[6],
                   int *fd_out)
{
    int ends[2];

    ASSAY_CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    ASSAY_CHECK(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        (void)dup2(null, 0);
        (void)dup2(ends[1], 1);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl(rig->assay, rig->assay, "--ledger", rig->ledger, words[0],
                    words[1], words[2], words[3], words[4], words[5],
                    (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    *fd_out = ends[0];
    return pid;
}

/* Runs assay to its end; returns its exit code. */
static int run(const struct rig *rig, const char *const words[6])
{
    int fd = -1;
    int status = 0;
    char bytes[4096];
    pid_t pid = start(rig, words, &fd);

    while (read(fd, bytes, sizeof(bytes)) > 0) {
    }
    (void)close(fd);
    ASSAY_CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_manifest(const struct rig *rig)
{
    FILE *file = fopen(rig->manifest, "we");

    ASSAY_CHECK(file != NULL);
    (void)fprintf(file, "{\"format\":\"assay-manifest/1\",\"claims\":[");
    for (int i = 0; i < CLAIMS; i++) {
        (void)fprintf(file,
                      "%s{\"key\":\"c%d\",\"text\":\"Claim %d.\",\"places\":"
                      "[{\"url\":\"https://a.example/%d\"}],\"sources\":"
                      "[{\"key\":\"s%d\",\"stance\":\"supports\",\"url\":"
                      "\"https://b.example/%d\"}]}",
                      i == 0 ? "" : ",", i, i, i, i, i);
    }
    (void)fprintf(file, "]}\n");
    ASSAY_CHECK(fclose(file) == 0);
}

static void new_ledger(struct rig *rig, unsigned number)
{
    (void)snprintf(rig->ledger, sizeof(rig->ledger), "%s/ledger%u", rig->dir,
                   number);
    rig->acknowledged_len = 0;
    assert_int_equal(run(rig, (const char *const[6]){"init"}), 0);
    assert_int_equal(
        run(rig, (const char *const[6]){"key", "new", "--name", "ann"}), 0);
    assert_int_equal(
        run(rig, (const char *const[6]){"team", "found", "--name", "Desk"}), 0);
}

/* Keeps the ids of whole "key id" lines: those were acknowledged. */
static void note_acknowledged(struct rig *rig, const char *output, size_t len)
{
    const char *end = output + len;
    const char *line = output;

    for (const char *at = output; at < end; at++) {
        if (*at != '\n') {
            continue;
        }
        const char *space = memchr(line, ' ', (size_t)(at - line));
        assert_non_null(space);
        size_t id_len = (size_t)(at - space);
        memcpy(rig->acknowledged + rig->acknowledged_len, space + 1, id_len);
        rig->acknowledged_len += id_len;
        line = at + 1;
    }
}

/* Reads until the deadline, then kills. Returns what was read. */
static size_t read_and_kill(struct rig *rig, pid_t pid, int fd, char *output,
                            uint64_t kill_at_us)
{
    size_t len = 0;
    int status = 0;
    bool is_killed = false;

    for (;;) {
        uint64_t now = now_us();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        struct timespec left = {
            .tv_nsec = now < kill_at_us ? (long)(kill_at_us - now) * 1000 : 0};
        int ready = is_killed ? poll(&wait, 1, -1)
                              : poll(&wait, 1, (int)(left.tv_nsec / 1000000));

        if (ready == 0 && now_us() >= kill_at_us && !is_killed) {
            (void)kill(pid, SIGKILL);
            is_killed = true;
        }
        if (ready <= 0) {
            continue;
        }
        ssize_t got = read(fd, output + len, OUTPUT_MAX - len);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    ASSAY_CHECK(waitpid(pid, &status, 0) == pid);
    rig->killed += WIFSIGNALED(status) ? 1U : 0U;
    rig->finished += WIFEXITED(status) ? 1U : 0U;
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return len;
}

/* Begins a load and kills it; false where it had ended before. */
static bool load_and_kill(struct rig *rig)
{
    unsigned killed = rig->killed;
    static char output[OUTPUT_MAX];
    int fd = -1;
    uint64_t begin = now_us();
    pid_t pid = start(rig, (const char *const[6]){"load", rig->manifest}, &fd);
    size_t len =
        read_and_kill(rig, pid, fd, output, begin + draw(rig, rig->load_us));
    bool is_killed = rig->killed > killed;

    (void)close(fd);
    note_acknowledged(rig, output, len);
    if (!is_killed) {
        rig->load_us = now_us() - begin;
    }
    return is_killed;
}

static void assert_all_there(struct rig *rig)
{
    struct store_ledger *ledger = NULL;
    struct store_view *view = NULL;
    struct store_row row;
    size_t at = 0;

    assert_int_equal(store_ledger_open(rig->ledger, STORE_READ, &ledger, NULL),
                     ASSAY_OK);
    assert_int_equal(store_view_begin(ledger, STORE_NOW, &view), ASSAY_OK);
    while (at < rig->acknowledged_len) {
        const char *text = rig->acknowledged + at;
        const char *end = memchr(text, '\n', rig->acknowledged_len - at);
        struct assay_id_prefix prefix;
        struct assay_id id;

        assert_non_null(end);
        assert_int_equal(
            assay_id_parse((struct assay_bytes){(const uint8_t *)text,
                                                (size_t)(end - text)},
                           &prefix, NULL),
            ASSAY_OK);
        memcpy(id.hash, prefix.bytes, sizeof(id.hash));
        assert_int_equal(store_view_by_id(view, &id, &row), ASSAY_OK);
        at += (size_t)(end - text) + 1;
    }
    store_view_end(view);
    store_ledger_close(ledger);
}

/* A desk's machine loses power in the middle of a load, two hundred times. */
static void killed_loads_lose_nothing_that_was_acknowledged(void **state)
{
    struct rig *rig = *state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        if (round % ROUNDS_A_LEDGER == 0) {
            new_ledger(rig, round / ROUNDS_A_LEDGER);
            uint64_t begin = now_us();
            assert_int_equal(
                run(rig, (const char *const[6]){"load", rig->manifest}), 0);
            rig->load_us = now_us() - begin;
        }
        bool is_killed = false;
        for (int try = 0; try < TRIES_MAX && !is_killed; try++) {
            is_killed = load_and_kill(rig);
            assert_int_equal(run(rig, (const char *const[6]){"check"}), 0);
            assert_all_there(rig);
        }
    }
    print_message("%u loads killed, %u had ended before\n", rig->killed,
                  rig->finished);
    assert_int_equal(rig->killed, ROUNDS);
}

static uint64_t first_seed = 20251009;

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    const char *tmp = getenv("TMPDIR");

    ASSAY_CHECK(rig != NULL);
    rig->assay = getenv("ASSAY_BIN");
    ASSAY_CHECK(rig->assay != NULL);
    rig->random = first_seed;
    rig->acknowledged = malloc((size_t)OUTPUT_MAX * ROUNDS_A_LEDGER);
    ASSAY_CHECK(rig->acknowledged != NULL);
    (void)snprintf(rig->dir, sizeof(rig->dir), "%s/assay-kill-XXXXXX",
                   tmp == NULL || strlen(tmp) > 32 ? "/tmp" : tmp);
    ASSAY_CHECK(mkdtemp(rig->dir) != NULL);
    (void)snprintf(rig->manifest, sizeof(rig->manifest), "%s/manifest.json",
                   rig->dir);
    write_manifest(rig);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf -- '%s'", rig->dir);
    int status = system(command); /* NOLINT(cert-env33-c): its own folder. */
    free(rig->acknowledged);
    free(rig);
    return status;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            killed_loads_lose_nothing_that_was_acknowledged, set_up, tear_down),
    };

    if (argc > 1) {
        first_seed = strtoull(argv[1], NULL, 10);
    }
    print_message("seed %llu\n", (unsigned long long)first_seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
