/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include "protocol/check.h"
#include "testing.h"

#include <sys/wait.h>
#include <unistd.h>

bool child_begin(struct child *child_out)
{
    int down[2];
    int up[2];

    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    /* Each closes the other's ends, so that a read ends when the other does. */
    (void)close(pid == 0 ? down[1] : down[0]);
    (void)close(pid == 0 ? up[0] : up[1]);
    *child_out = (struct child){
        .pid = pid,
        .to_other = pid == 0 ? up[1] : down[1],
        .from_other = pid == 0 ? down[0] : up[0],
    };
    return pid == 0;
}

void child_end(void)
{
    _exit(0);
}

void child_say(const struct child *child)
{
    ASSAY_CHECK(write(child->to_other, "", 1) == 1);
}

void child_hear(const struct child *child)
{
    char byte = 0;

    ASSAY_CHECK(read(child->from_other, &byte, 1) == 1);
}

static void note_end(struct child *child, int status)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(close(child->to_other), 0);
    assert_int_equal(close(child->from_other), 0);
    child->pid = 0;
}

bool child_has_ended(struct child *child)
{
    int status = 0;

    if (child->pid == 0) {
        return true;
    }
    pid_t pid = waitpid(child->pid, &status, WNOHANG);
    assert_true(pid == 0 || pid == child->pid);
    if (pid != 0) {
        note_end(child, status);
    }
    return pid != 0;
}

void child_expect_end(struct child *child)
{
    int status = 0;

    if (child->pid != 0) {
        assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
        note_end(child, status);
    }
}
