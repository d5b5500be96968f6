/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay_main.c - runs a fuzzer over files, without libFuzzer.
 *
 * Each argument is a file or a folder of files. The seeds of a fuzzer are thus
 * an ordinary test under every compiler. Fails when there is nothing to run.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The longest seed. What a fuzzer finds is far shorter. */
#define REPLAY_INPUT_MAX ((size_t)16 * 1024 * 1024)
#define REPLAY_PATH_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

static int replay_stream(FILE *file, const char *path, size_t len)
{
    /* Exactly as large as the input, so that ASan sees a read past its end. */
    uint8_t *data = malloc(len > 0 ? len : 1);
    int failed = 1;

    if (data == NULL) {
        (void)fprintf(stderr, "%s: no memory\n", path);
        return 1;
    }
    if (fread(data, 1, len, file) == len) {
        (void)LLVMFuzzerTestOneInput(data, len);
        failed = 0;
    } else {
        (void)fprintf(stderr, "%s: cannot be read whole\n", path);
    }
    free(data);
    return failed;
}

static int replay_file(const char *path, const struct stat *info)
{
    if (info->st_size < 0 || (uintmax_t)info->st_size > REPLAY_INPUT_MAX) {
        (void)fprintf(stderr, "%s: too large\n", path);
        return 1;
    }

    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    int failed = replay_stream(file, path, (size_t)info->st_size);
    (void)fclose(file);
    return failed;
}

static int replay_entry(const char *folder, const char *name,
                        size_t *count_inout)
{
    char path[REPLAY_PATH_MAX];
    struct stat info;

    int path_len = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (path_len < 0 || (size_t)path_len >= sizeof(path)) {
        (void)fprintf(stderr, "%s/%s: the path is too long\n", folder, name);
        return 1;
    }
    if (stat(path, &info) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    if (!S_ISREG(info.st_mode)) {
        return 0;
    }
    (*count_inout)++;
    return replay_file(path, &info);
}

static int replay_folder(const char *path, size_t *count_inout)
{
    const struct dirent *entry = NULL;
    int failed = 0;

    DIR *folder = opendir(path);
    if (folder == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            failed |= replay_entry(path, entry->d_name, count_inout);
        }
    }
    (void)closedir(folder);
    return failed;
}

static int replay_path(const char *path, size_t *count_inout)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    if (S_ISDIR(info.st_mode)) {
        return replay_folder(path, count_inout);
    }
    (*count_inout)++;
    return replay_file(path, &info);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int failed = 0;

    for (int index = 1; index < argc; index++) {
        failed |= replay_path(argv[index], &count);
    }
    (void)printf("%zu inputs replayed\n", count);
    return (failed != 0 || count == 0) ? EXIT_FAILURE : EXIT_SUCCESS;
}
