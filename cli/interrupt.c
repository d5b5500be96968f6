/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
enum { ENDING_COUNT = sizeof(ending) / sizeof(ending[0]) };

/* The one kind of object that a signal handler may use: the signal that has
 * come, and the two ends of a pipe that tells so to those who wait. 0: none. */
static volatile sig_atomic_t has_come;
static volatile sig_atomic_t told_end;
static volatile sig_atomic_t telling_end;

static void on_signal(int number)
{
    const int saved = errno;

    has_come = number;
    if (telling_end != 0) {
        (void)!write(telling_end, "", 1);
    }
    errno = saved;
}

/* Without the pipe work stops all the same, unless it waits for another. */
static void make_pipe(void)
{
    int ends[2];

    if (telling_end != 0 || pipe(ends) != 0) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    told_end = ends[0];
    telling_end = ends[1];
}

static void set_handlers(void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler};
    struct sigaction before;

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_COUNT; i++) {
        if (sigaction(ending[i], NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN) {
            (void)sigaction(ending[i], &action, NULL);
        }
    }
}

void cli_interrupt_catch(void)
{
    make_pipe();
    set_handlers(on_signal);
}

void cli_interrupt_release(void)
{
    set_handlers(SIG_DFL);
}

bool cli_interrupt_has_come(void)
{
    return has_come != 0;
}

void cli_interrupt_finish(void)
{
    if (has_come != 0) {
        cli_interrupt_release();
        (void)raise(has_come);
    }
}

static bool goes_on(void *context, uint64_t done, uint64_t total)
{
    struct cli_watch *watch = context;

    if (watch->what != NULL) {
        cli_progress_show(&watch->progress, done, total, watch->what);
    }
    return !cli_interrupt_has_come();
}

void cli_watch_begin(struct cli_watch *watch, const char *what)
{
    cli_interrupt_catch();
    cli_progress_begin(&watch->progress);
    watch->what = what;
    watch->store = (struct store_watch){
        .context = watch,
        .goes_on = goes_on,
        .stop_fd = told_end != 0 ? told_end : -1,
    };
}

void cli_watch_end(struct cli_watch *watch)
{
    cli_progress_end(&watch->progress);
}
