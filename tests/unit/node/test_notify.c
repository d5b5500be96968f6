/* SPDX-License-Identifier: Apache-2.0 */
#include "node/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "testing.h"

/* A datagram socket at path, as a service manager has one. */
static int manager_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0 && strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(
        bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void a_state_reaches_the_manager(void **state)
{
    char folder[TEST_PATH_MAX];
    char path[TEST_PATH_MAX];
    char got[64] = "";
    (void)state;

    test_folder_make(folder);
    test_path(path, folder, "notify");
    int fd = manager_open(path);
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    node_notify("READY=1");
    ssize_t len = read(fd, got, sizeof(got) - 1);
    assert_int_equal(len, 7);
    assert_string_equal(got, "READY=1");
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    node_notify("READY=1");
    assert_int_equal(read(fd, got, sizeof(got)), -1);
    (void)close(fd);
    test_folder_remove(folder);
}

/* Where nobody listens, or the name is nonsense, the node goes on. */
static void a_manager_that_is_not_there_is_no_matter(void **state)
{
    char lengthy[300];
    (void)state;

    memset(lengthy, 'x', sizeof(lengthy));
    lengthy[0] = '/';
    lengthy[sizeof(lengthy) - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1), 0);
    node_notify("READY=1");
    assert_int_equal(setenv("NOTIFY_SOCKET", lengthy, 1), 0);
    node_notify("READY=1");
    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    node_notify("READY=1");
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void set_number(const char *name, long number)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%ld", number);
    assert_int_equal(setenv(name, text, 1), 0);
}

/* Sockets are taken only if they were meant for this very process. */
static void sockets_are_taken_if_they_are_meant_for_us(void **state)
{
    int fds[4];
    (void)state;

    assert_int_equal(unsetenv("LISTEN_PID"), 0);
    set_number("LISTEN_FDS", 1);
    assert_int_equal(node_notify_sockets(fds, 4), 0);
    set_number("LISTEN_PID", (long)getpid() + 1);
    assert_int_equal(node_notify_sockets(fds, 4), 0);
    set_number("LISTEN_PID", (long)getpid());
    assert_int_equal(setenv("LISTEN_FDS", "1x", 1), 0);
    assert_int_equal(node_notify_sockets(fds, 4), 0);
    set_number("LISTEN_FDS", 1000000);
    assert_int_equal(node_notify_sockets(fds, 4), 0);
}

static void only_listening_sockets_are_taken(void **state)
{
    int fds[4];
    int plain = socket(AF_INET, SOCK_STREAM, 0);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int saved[2];
    (void)state;

    assert_true(plain >= 0 && listening >= 0);
    assert_int_equal(listen(listening, 1), 0);
    /* What is at 3 and 4 now comes back afterwards. */
    saved[0] = dup(NODE_NOTIFY_FIRST_FD);
    saved[1] = dup(NODE_NOTIFY_FIRST_FD + 1);
    int high_plain = dup(plain);
    int high_listening = dup(listening);
    assert_true(high_plain > 4 && high_listening > 4);
    assert_int_equal(dup2(high_plain, NODE_NOTIFY_FIRST_FD), 3);
    assert_int_equal(dup2(high_listening, NODE_NOTIFY_FIRST_FD + 1), 4);
    set_number("LISTEN_PID", (long)getpid());
    set_number("LISTEN_FDS", 2);
    assert_int_equal(node_notify_sockets(fds, 4), 1);
    assert_int_equal(fds[0], NODE_NOTIFY_FIRST_FD + 1);
    assert_int_equal(node_notify_sockets(fds, 0), 0);
    for (int i = 0; i < 2; i++) {
        if (saved[i] >= 0) {
            assert_true(dup2(saved[i], NODE_NOTIFY_FIRST_FD + i) >= 0);
        } else {
            (void)close(NODE_NOTIFY_FIRST_FD + i);
        }
    }
    assert_int_equal(unsetenv("LISTEN_FDS"), 0);
    assert_int_equal(unsetenv("LISTEN_PID"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_reaches_the_manager),
        cmocka_unit_test(a_manager_that_is_not_there_is_no_matter),
        cmocka_unit_test(sockets_are_taken_if_they_are_meant_for_us),
        cmocka_unit_test(only_listening_sockets_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
