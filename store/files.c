/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "protocol/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define FILE_MODE 0600

/* A name aside goes on with the process that writes it, so that others can
 * tell whether it still does, and with random bytes; two characters each. */
#define ASIDE_PROCESS_SIZE 4
#define ASIDE_RANDOM_SIZE 8
#define ASIDE_PREFIX_LEN (sizeof(STORE_ASIDE_PREFIX) - 1)

enum assay_err store_files_err(int number)
{
    switch (number) {
    case 0:
        return ASSAY_OK;
    case ENOENT:
        return ASSAY_E_NOT_FOUND;
    case EEXIST:
        return ASSAY_E_EXISTS;
    case ELOOP:
        return ASSAY_E_UNSAFE;
    case EACCES:
    case EPERM:
        return ASSAY_E_ACCESS;
    case EROFS:
        return ASSAY_E_READONLY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ASSAY_E_FULL;
    case ENOMEM:
        return ASSAY_E_NOMEM;
    case ENAMETOOLONG:
        return ASSAY_E_LIMIT;
    default:
        return ASSAY_E_IO;
    }
}

static enum assay_err open_folder(int parent, const char *name, int *folder_out)
{
    int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder < 0) {
        /* A symlink is ENOTDIR here, since both flags are asked for. */
        return errno == ENOTDIR ? ASSAY_E_UNSAFE : store_files_err(errno);
    }
    *folder_out = folder;
    return ASSAY_OK;
}

enum assay_err store_files_folder(int parent, const char *name, bool make,
                                  int *folder_out)
{
    enum assay_err err = open_folder(parent, name, folder_out);

    if (err != ASSAY_E_NOT_FOUND || !make) {
        return err;
    }
    if (mkdirat(parent, name, FOLDER_MODE) != 0 && errno != EEXIST) {
        return store_files_err(errno);
    }
    /* Without its entry the folder and all in it would go in a crash. */
    if (parent >= 0) {
        err = store_files_sync(parent);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    return open_folder(parent, name, folder_out);
}

enum assay_err store_files_parent(const char *path, int *folder_out,
                                  const char **name_out)
{
    char folder_path[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t len = (size_t)(name - path);

    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return ASSAY_E_MALFORMED;
    }
    if (len >= sizeof(folder_path)) {
        return ASSAY_E_LIMIT;
    }
    if (len == 0) {
        folder_path[len++] = '.';
    } else {
        memcpy(folder_path, path, len);
    }
    folder_path[len] = '\0';

    int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return store_files_err(errno);
    }
    *folder_out = folder;
    *name_out = name;
    return ASSAY_OK;
}

enum assay_err store_files_open(int folder, const char *name, int *fd_out,
                                struct stat *info_out)
{
    struct stat info;
    /* O_NONBLOCK: a FIFO in the place of a file must not hang us. */
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENXIO ? ASSAY_E_UNSAFE : store_files_err(errno);
    }
    if (fstat(fd, &info) != 0) {
        enum assay_err err = store_files_err(errno);
        store_files_close(fd);
        return err;
    }
    if (!S_ISREG(info.st_mode)) {
        store_files_close(fd);
        return ASSAY_E_UNSAFE;
    }
    *fd_out = fd;
    *info_out = info;
    return ASSAY_OK;
}

enum assay_err store_files_wait(int fd, const int stop_fds[2])
{
    struct pollfd sources[] = {
        {.fd = fd, .events = POLLIN},
        {.fd = stop_fds[0], .events = POLLIN},
        {.fd = stop_fds[1], .events = POLLIN},
    };

    while (poll(sources, sizeof(sources) / sizeof(sources[0]), -1) < 0) {
        if (errno != EINTR && errno != EAGAIN) {
            return store_files_err(errno);
        }
    }
    return sources[1].revents != 0 || sources[2].revents != 0 ? ASSAY_E_STOPPED
                                                              : ASSAY_OK;
}

enum assay_err store_files_read(int fd, uint8_t *out, size_t cap,
                                size_t *len_out)
{
    size_t len = 0;

    while (len < cap) {
        ssize_t got = read(fd, out + len, cap - len);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return store_files_err(errno);
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    *len_out = len;
    return ASSAY_OK;
}

enum assay_err store_files_write(int fd, struct assay_bytes bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t put = write(fd, bytes.data + done, bytes.len - done);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return store_files_err(errno);
        }
        done += (size_t)put;
    }
    return ASSAY_OK;
}

enum assay_err store_files_sync(int folder)
{
    int status = fsync(folder);

    while (status != 0 && errno == EINTR) {
        status = fsync(folder);
    }
    /* File systems that cannot sync a folder say EINVAL. */
    if (status != 0 && errno != EINVAL) {
        return store_files_err(errno);
    }
    return ASSAY_OK;
}

bool store_aside_is_named(const char *name)
{
    return strncmp(name, STORE_ASIDE_PREFIX, ASIDE_PREFIX_LEN) == 0;
}

/* Whether the process that wrote a file aside is gone. A number that another
 * process has by now keeps the file until that ends, too. */
static bool is_left(const char *name)
{
    uint8_t unique[ASIDE_PROCESS_SIZE + ASIDE_RANDOM_SIZE];
    uint32_t process = 0;
    size_t len = 0;

    if (!store_aside_is_named(name) ||
        strlen(name) != STORE_ASIDE_NAME_SIZE - 1 ||
        sodium_hex2bin(unique, sizeof(unique), name + ASIDE_PREFIX_LEN,
                       2 * sizeof(unique), NULL, &len, NULL) != 0 ||
        len != sizeof(unique)) {
        return false;
    }
    for (size_t i = 0; i < ASIDE_PROCESS_SIZE; i++) {
        process |= (uint32_t)unique[i] << (8 * i);
    }
    return process > INT32_MAX || process == 0 ||
           (kill((pid_t)process, 0) != 0 && errno == ESRCH);
}

void store_aside_sweep(int folder)
{
    const struct dirent *entry = NULL;
    DIR *list = NULL;
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        list = fdopendir(fd);
    }
    if (list == NULL) {
        store_files_close(fd);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        if (is_left(entry->d_name)) {
            (void)unlinkat(folder, entry->d_name, 0);
        }
    }
    (void)closedir(list);
}

enum assay_err store_aside_begin(int folder, struct store_aside *aside_out)
{
    struct store_aside aside = {.folder = folder, .fd = -1};
    uint8_t unique[ASIDE_PROCESS_SIZE + ASIDE_RANDOM_SIZE];
    uint32_t process = (uint32_t)getpid();

    _Static_assert(STORE_ASIDE_NAME_SIZE ==
                       sizeof(STORE_ASIDE_PREFIX) + 2 * sizeof(unique),
                   "the name must have room for what makes it unique");
    if (sodium_init() < 0) {
        return ASSAY_E_IO;
    }
    for (size_t i = 0; i < ASIDE_PROCESS_SIZE; i++) {
        unique[i] = (uint8_t)(process >> (8 * i));
    }
    randombytes_buf(unique + ASIDE_PROCESS_SIZE, ASIDE_RANDOM_SIZE);
    memcpy(aside.name, STORE_ASIDE_PREFIX, ASIDE_PREFIX_LEN);
    (void)sodium_bin2hex(aside.name + ASIDE_PREFIX_LEN,
                         sizeof(aside.name) - ASIDE_PREFIX_LEN, unique,
                         sizeof(unique));
    aside.fd =
        openat(folder, aside.name,
               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (aside.fd < 0) {
        return store_files_err(errno);
    }
    *aside_out = aside;
    return ASSAY_OK;
}

/* Takes the name where nothing has it. A hard link does so in one step; where
 * the file system has none, an empty file holds the name until it is replaced.
 */
static enum assay_err place_new(struct store_aside *aside, int folder,
                                const char *name)
{
    if (linkat(aside->folder, aside->name, folder, name, 0) == 0) {
        (void)unlinkat(aside->folder, aside->name, 0);
        return ASSAY_OK;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) {
        return store_files_err(errno);
    }

    int holder = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                        FILE_MODE);
    if (holder < 0) {
        return store_files_err(errno);
    }
    store_files_close(holder);
    if (renameat(aside->folder, aside->name, folder, name) != 0) {
        enum assay_err err = store_files_err(errno);
        (void)unlinkat(folder, name, 0);
        return err;
    }
    return ASSAY_OK;
}

enum assay_err store_aside_place(struct store_aside *aside, int folder,
                                 const char *name, enum store_aside_mode mode)
{
    enum assay_err err = ASSAY_OK;

    ASSAY_CHECK(aside->fd >= 0);
    err = store_files_sync(aside->fd);
    if (err != ASSAY_OK) {
        return err;
    }
    if (mode == STORE_ASIDE_NEW) {
        err = place_new(aside, folder, name);
    } else if (renameat(aside->folder, aside->name, folder, name) != 0) {
        err = store_files_err(errno);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    aside->name[0] = '\0';
    return store_files_sync(folder);
}

void store_aside_drop(struct store_aside *aside)
{
    if (aside->fd >= 0 && aside->name[0] != '\0') {
        (void)unlinkat(aside->folder, aside->name, 0);
    }
    store_files_close(aside->fd);
    aside->fd = -1;
}

void store_files_close(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}
