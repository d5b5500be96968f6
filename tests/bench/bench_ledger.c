/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_ledger.c - import, disk, opening and the evidence chain, side by side
 * at several sizes, with the bound (bare signature checks) in the same run.
 *
 * Usage: bench_ledger PATH-OF-ASSAY [RECORDS...]   default 10000 100000 1000000
 */
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generate.h"
#include "machine.h"
#include "protocol/cbor.h"
#include "protocol/check.h"
#include "protocol/key.h"
#include "store/chain.h"
#include "store/ledger.h"
#include "store/transfer.h"

#define SAMPLE_MAX 100000
#define PROCESS_RUNS 31

/* A signature with all that checking it alone needs. */
struct sample {
    uint8_t key[ASSAY_KEY_SIZE];
    uint8_t signature[ASSAY_SIGNATURE_SIZE];
    uint8_t message[2048];
    size_t message_len;
};

struct part {
    const struct sample *samples;
    size_t count;
};

struct result {
    uint64_t records;
    double verify_per_s;
    double import_per_s;
    double disk_ratio;
    uint64_t open_ns;
    uint64_t chain_p50_ns;
    uint64_t chain_p99_ns;
    uint64_t process_p50_ns;
    long process_rss_kib;
};

static void check_ok(enum assay_err err, const char *what)
{
    if (err != ASSAY_OK) {
        (void)fprintf(stderr, "bench: %s: %s\n", what, assay_err_phrase(err));
        exit(1);
    }
}

/* The Sig_structure, as docs/records.md says. */
static void fill_sample(struct assay_bytes item, struct sample *sample)
{
    struct assay_bytes envelope;
    struct assay_bytes body;
    struct assay_bytes header;
    struct assay_bytes payload;
    struct assay_cbor_reader reader;
    struct assay_cbor_writer writer;
    struct assay_bytes message;

    check_ok(assay_record_split(item, &envelope, &body, NULL), "split");
    assay_cbor_reader_init(&reader, envelope);
    (void)assay_cbor_read_tag(&reader);
    (void)assay_cbor_read_array(&reader, 4);
    header = assay_cbor_read_bytes(&reader, 64);
    (void)assay_cbor_read_map(&reader, 0);
    payload = assay_cbor_read_bytes(&reader, ASSAY_RECORD_MAX);
    assay_cbor_read_fixed(&reader, sample->signature, ASSAY_SIGNATURE_SIZE);
    check_ok(assay_cbor_reader_finish(&reader, NULL), "envelope");
    memcpy(sample->key, header.data + header.len - ASSAY_KEY_SIZE,
           ASSAY_KEY_SIZE);
    assay_cbor_writer_init(&writer, sample->message, sizeof(sample->message));
    assay_cbor_write_array(&writer, 4);
    assay_cbor_write_text(&writer, assay_bytes_of("Signature1"));
    assay_cbor_write_bytes(&writer, header);
    assay_cbor_write_bytes(&writer, assay_bytes_of("assay/1"));
    assay_cbor_write_bytes(&writer, payload);
    check_ok(assay_cbor_writer_finish(&writer, &message), "message");
    sample->message_len = message.len;
}

static void *verify_part(void *argument)
{
    const struct part *part = argument;

    for (size_t i = 0; i < part->count; i++) {
        const struct sample *sample = &part->samples[i];

        ASSAY_CHECK(
            crypto_sign_verify_detached(sample->signature, sample->message,
                                        sample->message_len, sample->key) == 0);
    }
    return NULL;
}

/* Bare signature checks a second on all cores, of the file's first records. */
static double measure_verify(const char *path, uint64_t records)
{
    size_t count = records < SAMPLE_MAX ? (size_t)records : SAMPLE_MAX;
    unsigned cores = bench_machine_cores();
    struct sample *samples = calloc(count, sizeof(*samples));
    pthread_t *threads = calloc(cores, sizeof(*threads));
    struct part *parts = calloc(cores, sizeof(*parts));
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ASSAY_CHECK(samples != NULL && threads != NULL && parts != NULL);
    ASSAY_CHECK(fd >= 0 && fstat(fd, &status) == 0);
    uint8_t *data =
        mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    ASSAY_CHECK(data != MAP_FAILED);
    struct assay_cbor_reader reader;
    assay_cbor_reader_init(&reader,
                           (struct assay_bytes){data, (size_t)status.st_size});
    (void)assay_cbor_read_array(&reader, 2); /* The file's first item. */
    (void)assay_cbor_read_text(&reader, 32);
    (void)assay_cbor_read_uint(&reader);
    for (size_t i = 0; i < count; i++) {
        size_t begin = reader.pos;

        (void)assay_cbor_read_array(&reader, 2);
        /* An envelope is tagged, which skip refuses: read it by its parts. */
        (void)assay_cbor_read_bytes(&reader, ASSAY_RECORD_MAX);
        (void)assay_cbor_read_bytes(&reader, ASSAY_RECORD_MAX);
        fill_sample((struct assay_bytes){data + begin, reader.pos - begin},
                    &samples[i]);
    }
    uint64_t start = bench_machine_now_ns();
    for (unsigned i = 0; i < cores; i++) {
        size_t from = count * i / cores;

        parts[i] =
            (struct part){samples + from, count * (i + 1) / cores - from};
        ASSAY_CHECK(pthread_create(&threads[i], NULL, verify_part, &parts[i]) ==
                    0);
    }
    for (unsigned i = 0; i < cores; i++) {
        ASSAY_CHECK(pthread_join(threads[i], NULL) == 0);
    }
    double seconds = (double)(bench_machine_now_ns() - start) / 1e9;
    (void)munmap(data, (size_t)status.st_size);
    (void)close(fd);
    free(samples);
    free(threads);
    free(parts);
    return (double)count / seconds;
}

static double measure_import(const char *path, const char *dir,
                             uint64_t records)
{
    struct store_ledger *ledger = NULL;
    struct store_import_report report;
    struct store_import_hooks hooks = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ASSAY_CHECK(fd >= 0);
    check_ok(store_ledger_init(dir, NULL), "init");
    uint64_t start = bench_machine_now_ns();
    check_ok(store_ledger_open(dir, STORE_WRITE, &ledger, NULL), "open");
    check_ok(store_import(ledger, fd, 0, 1770000000, &hooks, &report),
             "import");
    store_ledger_close(ledger);
    double seconds = (double)(bench_machine_now_ns() - start) / 1e9;
    (void)close(fd);
    ASSAY_CHECK(report.added == records && report.refused == 0);
    return (double)records / seconds;
}

static uint64_t measure_open(const char *dir)
{
    uint64_t figures[101];

    for (size_t i = 0; i < 101; i++) {
        struct store_ledger *ledger = NULL;
        struct store_view *view = NULL;
        uint64_t start = bench_machine_now_ns();

        check_ok(store_ledger_open(dir, STORE_READ, &ledger, NULL), "open");
        check_ok(store_view_begin(ledger, STORE_NOW, &view), "view");
        figures[i] = bench_machine_now_ns() - start;
        store_view_end(view);
        store_ledger_close(ledger);
    }
    return bench_machine_percentile(figures, 101, 50);
}

static uint64_t walk_once(struct store_ledger *ledger,
                          const struct assay_id *claim,
                          const struct assay_id *own)
{
    struct store_chain_options options = {.own_teams = own,
                                          .own_team_count = 1};
    struct store_view *view = NULL;
    struct store_chain *chain = NULL;
    uint64_t start = bench_machine_now_ns();

    check_ok(store_view_begin(ledger, STORE_NOW, &view), "view");
    check_ok(store_chain_walk(view, NULL, claim, &options, &chain), "chain");
    ASSAY_CHECK(chain->source_total == 10 && chain->verdict_count == 4);
    store_chain_free(chain);
    store_view_end(view);
    return bench_machine_now_ns() - start;
}

static void measure_chain(const char *dir, const struct bench_ledger *made,
                          struct result *result)
{
    struct store_ledger *ledger = NULL;
    size_t count =
        made->typical_count < 5000 ? (size_t)made->typical_count : 5000;
    uint64_t *figures = calloc(count, sizeof(*figures));

    ASSAY_CHECK(figures != NULL && count > 0);
    check_ok(store_ledger_open(dir, STORE_READ, &ledger, NULL), "open");
    for (int round = 0; round < 2; round++) { /* The first warms the file. */
        for (size_t i = 0; i < count; i++) {
            size_t at = (size_t)made->typical_count * i / count;

            figures[i] =
                walk_once(ledger, &made->typical[at], &made->typical[0]);
        }
    }
    result->chain_p50_ns = bench_machine_percentile(figures, count, 50);
    result->chain_p99_ns = bench_machine_percentile(figures, count, 99);
    store_ledger_close(ledger);
    free(figures);
}

/* What one run of the program took. */
struct run {
    uint64_t taken_ns;
    long rss_kib; /* At its peak. */
};

/*
 * Runs "assay chain" once. This is done in a process of its own, started
 * afresh, since a child's peak memory counts what it had before its exec.
 */
static struct run run_process(const char *assay, const char *dir,
                              const char *claim)
{
    struct rusage usage;
    struct run run;
    int status = 0;
    uint64_t start = bench_machine_now_ns();
    pid_t pid = fork();

    ASSAY_CHECK(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(null, 1);
        (void)execl(assay, assay, "--ledger", dir, "chain", claim,
                    (char *)NULL);
        _exit(127);
    }
    ASSAY_CHECK(waitpid(pid, &status, 0) == pid);
    run.taken_ns = bench_machine_now_ns() - start;
    ASSAY_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ASSAY_CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
    run.rss_kib = usage.ru_maxrss;
    return run;
}

/* Starts this program afresh to run the other and say what it took. */
static struct run run_afresh(const char *assay, const char *dir,
                             const char *claim)
{
    char command[1024];
    struct run run = {0, 0};

    (void)snprintf(command, sizeof(command),
                   "/proc/%d/exe --run '%s' '%s' '%s'", (int)getpid(), assay,
                   dir, claim);
    FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c): own words. */
    unsigned long long taken_ns = 0;
    ASSAY_CHECK(pipe != NULL);
    /* NOLINTNEXTLINE(cert-err34-c): it reads numbers that we wrote. */
    ASSAY_CHECK(fscanf(pipe, "%llu %ld", &taken_ns, &run.rss_kib) == 2);
    ASSAY_CHECK(pclose(pipe) == 0);
    run.taken_ns = taken_ns;
    return run;
}

static void measure_process(const char *assay, const char *dir,
                            const struct bench_ledger *made,
                            struct result *result)
{
    uint64_t figures[PROCESS_RUNS];
    char text[ASSAY_ID_TEXT_MAX];

    for (size_t i = 0; i < PROCESS_RUNS; i++) {
        size_t at = (size_t)made->typical_count * i / PROCESS_RUNS;

        assay_id_format(ASSAY_ID_CLAIM, made->typical[at].hash, text);
        struct run run = run_afresh(assay, dir, text);

        figures[i] = run.taken_ns;
        if (run.rss_kib > result->process_rss_kib) {
            result->process_rss_kib = run.rss_kib;
        }
    }
    result->process_p50_ns =
        bench_machine_percentile(figures, PROCESS_RUNS, 50);
}

static double measure_disk(const char *dir, uint64_t record_bytes)
{
    struct stat status;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/db/data.mdb", dir);
    ASSAY_CHECK(stat(path, &status) == 0);
    return (double)status.st_blocks * 512.0 / (double)record_bytes;
}

static void remove_all(const char *dir)
{
    char command[600];

    (void)snprintf(command, sizeof(command), "rm -rf -- '%s'", dir);
    ASSAY_CHECK(system(command) == 0); /* NOLINT(cert-env33-c): own folder. */
}

static struct result measure(const char *assay, uint64_t records)
{
    const char *tmp = getenv("TMPDIR");
    struct bench_ledger made;
    struct result result = {.records = records};
    char scratch[256];
    char file[300];
    char dir[300];

    (void)snprintf(scratch, sizeof(scratch), "%s/assay-bench-XXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    ASSAY_CHECK(mkdtemp(scratch) != NULL);
    (void)snprintf(file, sizeof(file), "%s/records", scratch);
    (void)snprintf(dir, sizeof(dir), "%s/ledger", scratch);
    check_ok(bench_generate(file, records, &made), "generate");
    result.verify_per_s = measure_verify(file, records);
    result.import_per_s = measure_import(file, dir, records);
    result.disk_ratio = measure_disk(dir, made.record_bytes);
    result.open_ns = measure_open(dir);
    measure_chain(dir, &made, &result);
    measure_process(assay, dir, &made, &result);
    free(made.typical);
    remove_all(scratch);
    return result;
}

static void print_result(const struct result *result)
{
    printf("%9llu  %9.0f  %9.0f  %5.2f  %5.2f  %7.1f  %7.1f  %7.1f  %7.2f  "
           "%6.1f\n",
           (unsigned long long)result->records, result->verify_per_s,
           result->import_per_s, result->import_per_s / result->verify_per_s,
           result->disk_ratio, (double)result->open_ns / 1e3,
           (double)result->chain_p50_ns / 1e3,
           (double)result->chain_p99_ns / 1e3,
           (double)result->process_p50_ns / 1e6,
           (double)result->process_rss_kib / 1024.0);
}

int main(int argc, char **argv)
{
    static const uint64_t default_sizes[] = {10000, 100000, 1000000};

    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s PATH-OF-ASSAY [RECORDS...]\n",
                      argv[0]);
        return 2;
    }
    if (argc == 5 && strcmp(argv[1], "--run") == 0) {
        struct run run = run_process(argv[2], argv[3], argv[4]);

        printf("%llu %ld\n", (unsigned long long)run.taken_ns, run.rss_kib);
        return 0;
    }
    check_ok(assay_key_self_test(), "the signature library");
    bench_machine_print();
    printf("  records   verify/s   import/s  ratio   disk  open us  "
           "chain50  chain99  proc ms  RSS MB\n"
           "                                          x rec           us"
           "       us\n");
    for (int i = 2; i < argc; i++) {
        struct result result = measure(argv[1], strtoull(argv[i], NULL, 10));

        print_result(&result);
    }
    for (size_t i = 0; argc == 2 && i < 3; i++) {
        struct result result = measure(argv[1], default_sizes[i]);

        print_result(&result);
        (void)fflush(stdout);
    }
    return 0;
}
