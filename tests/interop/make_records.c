/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_records.c - our side of the comparison with another implementation.
 *
 *   make_records varied COUNT   COUNT records of every kind, a line of JSON
 * each make_records open           reads items in hex, a line each, and prints
 * for each its id, or "refused: CODE" make_records golden DIR     writes the
 * golden vectors (tests/vectors/records) make_records corpus DIR     writes
 * items as seeds for fuzzers
 */
#include "record_json.h"
#include "samples.h"

#include "protocol/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define LINE_MAX_BYTES (2 * ASSAY_ITEM_MAX + 2)
#define COUNT_MAX 1000

static const char *const form_names[] = {"minimal", "full"};

static int print_varied(const char *count_text)
{
    static struct sample sample;
    char *end = NULL;
    unsigned long count = strtoul(count_text, &end, 10);

    if (*end != 0 || count == 0 || count > COUNT_MAX) {
        (void)fprintf(stderr, "%s is not a count\n", count_text);
        return EXIT_FAILURE;
    }
    for (unsigned long number = 0; number < count; number++) {
        for (size_t kind = 0; kind < SAMPLE_KIND_COUNT; kind++) {
            sample_make(sample_kinds[kind], SAMPLE_VARIED, number, &sample);
            json_t *object = record_json_of(&sample.record);
            (void)json_dumpf(object, stdout, JSON_COMPACT | JSON_SORT_KEYS);
            (void)putchar('\n');
            json_decref(object);
        }
    }
    return EXIT_SUCCESS;
}

static void print_opened(struct assay_bytes item)
{
    static struct assay_record record;
    char hex[2 * ASSAY_ID_SIZE + 1];
    struct assay_bytes envelope;
    struct assay_bytes body;

    enum assay_err err = assay_record_split(item, &envelope, &body, NULL);
    if (err == ASSAY_OK) {
        err = assay_record_open(envelope, body, &record, NULL);
    }
    if (err == ASSAY_OK && body.data != NULL) {
        err = assay_body_check(&record, NULL);
    }
    if (err != ASSAY_OK) {
        (void)printf("refused: %s\n", assay_err_name(err));
        return;
    }
    (void)printf("%s\n", sodium_bin2hex(hex, sizeof(hex), record.id.hash,
                                        sizeof(record.id.hash)));
}

static int open_lines(void)
{
    static char line[LINE_MAX_BYTES];
    static uint8_t item[ASSAY_ITEM_MAX];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t len = 0;

        if (sodium_hex2bin(item, sizeof(item), line, strlen(line), "\n", &len,
                           NULL) != 0) {
            (void)fprintf(stderr, "a line is not hex or too long\n");
            return EXIT_FAILURE;
        }
        print_opened((struct assay_bytes){item, len});
    }
    return ferror(stdin) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static FILE *create(const char *folder, uint64_t kind, const char *form,
                    const char *suffix)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/%s-%s%s", folder,
                       assay_kind_name(kind), form, suffix);

    if (len < 0 || (size_t)len >= sizeof(path)) {
        (void)fprintf(stderr, "%s: the path is too long\n", folder);
        return NULL;
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    return file;
}

static bool write_golden(const struct sample *sample, FILE *file)
{
    json_t *object = sample_json_of(sample);
    bool is_written =
        json_dumpf(object, file, JSON_INDENT(1) | JSON_ENSURE_ASCII) == 0 &&
        fputc('\n', file) == '\n';

    json_decref(object);
    return is_written;
}

static bool write_seed(const struct sample *sample, FILE *file)
{
    static uint8_t space[ASSAY_ITEM_MAX];
    struct assay_bytes item;

    return assay_record_join(sample->envelope, sample->body, space,
                             sizeof(space), &item) == ASSAY_OK &&
           fwrite(item.data, 1, item.len, file) == item.len;
}

static int write_files(const char *folder, bool is_golden)
{
    static struct sample sample;

    for (size_t index = 0; index < 2 * SAMPLE_KIND_COUNT; index++) {
        uint64_t kind = sample_kinds[index / 2];
        enum sample_form form = index % 2 == 0 ? SAMPLE_MINIMAL : SAMPLE_FULL;

        sample_make(kind, form, 0, &sample);
        FILE *file = create(folder, kind, form_names[index % 2],
                            is_golden ? ".json" : "");
        if (file == NULL) {
            return EXIT_FAILURE;
        }
        bool is_written =
            is_golden ? write_golden(&sample, file) : write_seed(&sample, file);
        if (fclose(file) != 0 || !is_written) {
            (void)fprintf(stderr, "%s: cannot be written\n", folder);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (assay_key_self_test() != ASSAY_OK) {
        (void)fprintf(stderr, "the library's signatures are not ours\n");
        return EXIT_FAILURE;
    }
    if (argc == 3 && strcmp(argv[1], "varied") == 0) {
        return print_varied(argv[2]);
    }
    if (argc == 2 && strcmp(argv[1], "open") == 0) {
        return open_lines();
    }
    if (argc == 3 && strcmp(argv[1], "golden") == 0) {
        return write_files(argv[2], true);
    }
    if (argc == 3 && strcmp(argv[1], "corpus") == 0) {
        return write_files(argv[2], false);
    }
    (void)fprintf(stderr, "make_records varied COUNT | open | golden DIR | "
                          "corpus DIR\n");
    return EXIT_FAILURE;
}
