/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/interrupt.h"

#include "testing.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each case is a process of its own, since a signal comes once. What it
 * returns is how it ended. */
static int end_of(int (*run)(void))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(run());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int raise_and_go_on(void)
{
    struct cli_watch watch;

    cli_watch_begin(&watch, NULL);
    bool went_on = watch.store.goes_on(watch.store.context, 1, 2);
    struct pollfd stop = {.fd = watch.store.stop_fd, .events = POLLIN};
    bool was_quiet = poll(&stop, 1, 0) == 0;
    (void)raise(SIGTERM);
    bool stops = !watch.store.goes_on(watch.store.context, 2, 2);
    bool is_told = poll(&stop, 1, -1) == 1;
    cli_watch_end(&watch);
    return went_on && was_quiet && stops && is_told && cli_interrupt_has_come()
               ? 0
               : 1;
}

static void a_signal_stops_work_and_wakes_who_waits(void **state)
{
    (void)state;
    assert_int_equal(end_of(raise_and_go_on), 0);
}

static int raise_and_finish(void)
{
    cli_interrupt_catch();
    cli_interrupt_finish(); /* None has come: it returns. */
    (void)raise(SIGINT);
    cli_interrupt_finish();
    return 0;
}

/* The shell must see that it was Ctrl-C, or its loop goes on. */
static void the_program_ends_by_the_signal_that_came(void **state)
{
    (void)state;
    int status = end_of(raise_and_finish);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

static int raise_what_is_ignored(void)
{
    (void)signal(SIGHUP, SIG_IGN);
    cli_interrupt_catch();
    (void)raise(SIGHUP);
    return cli_interrupt_has_come() ? 1 : 0;
}

/* nohup has it so. */
static void what_was_ignored_stays_ignored(void **state)
{
    (void)state;
    assert_int_equal(end_of(raise_what_is_ignored), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_stops_work_and_wakes_who_waits),
        cmocka_unit_test(the_program_ends_by_the_signal_that_came),
        cmocka_unit_test(what_was_ignored_stays_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
