# SPDX-License-Identifier: Apache-2.0
"""However the demonstration ends, no process and no folder of it is left;
with --keep the nodes stay, and can be stopped as it says.

Nothing here sleeps: a signal is sent once the demonstration says where it is.
"""

import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

ASSAY = os.environ["ASSAY_BIN"]
ASSAYD = os.environ["ASSAYD_BIN"]
SOURCE = os.environ["ASSAY_SOURCE_DIR"]
DEMO = os.path.join(SOURCE, "samples", "demo.sh")
PATIENCE_S = 120


def check(condition, why):
    if not condition:
        raise AssertionError(why)


class Demo:
    """A demonstration in a folder for temporary files, and a session of its
    own, so that a signal can go to all of it as from a terminal."""

    def __init__(self, folder, *arguments, program=DEMO):
        self.tmp = os.path.join(folder, "tmp")
        os.mkdir(self.tmp)
        environment = dict(os.environ, TMPDIR=self.tmp)
        self.process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, start_new_session=True)

    def read_until(self, start):
        """The lines up to one that begins so."""
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith(start):
                return lines
        raise AssertionError(f"no {start!r} in:\n" + "".join(lines))

    def end(self, code):
        """Its lines from here, and what it says on standard error."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        check(self.process.returncode == code,
              f"exit {self.process.returncode}, not {code}: {err}")
        return out, err

    def left(self):
        """Processes that were told the folder, by number."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
            except OSError:
                continue  # It has ended meanwhile.
            if any(self.tmp in word for word in words):
                found[int(pid)] = words
        return found

    def check_gone(self):
        left = self.left()
        check(not left, f"processes are left: {left}")
        check(not os.listdir(self.tmp), f"left: {os.listdir(self.tmp)}")

    def kill(self):
        """For what is left when a test has failed."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.stdout.close()
        self.process.stderr.close()


def a_signal_ends_all_of_it(folder, start):
    """To the whole group, as Ctrl-C does, or to the script alone."""
    cases = [
        ("1.", signal.SIGINT, True),
        ("coast$ assayd", signal.SIGINT, True),
        ("4.", signal.SIGHUP, True),
        ("9.", signal.SIGTERM, False),
    ]
    for number, (where, how, is_group) in enumerate(cases):
        case = os.path.join(folder, str(number))
        os.mkdir(case)
        demo = start(case, ASSAY, ASSAYD)
        demo.read_until(where)
        if is_group:
            os.killpg(demo.process.pid, how)
        else:
            demo.process.send_signal(how)
        demo.end(128 + how)
        demo.check_gone()


def nobody_reads_any_more(folder, start):
    demo = start(folder, ASSAY, ASSAYD)
    demo.read_until("3.")
    demo.process.stdout.close()
    demo.process.wait(timeout=PATIENCE_S)
    check(demo.process.returncode != 0, "it did not notice")
    demo.check_gone()


def a_node_that_ends_by_itself_is_told(folder, start):
    demo = start(folder, ASSAY, ASSAYD)
    demo.read_until("4.")
    nodes = [pid for pid, words in demo.left().items() if words[0] == ASSAYD]
    check(len(nodes) == 3, f"{len(nodes)} nodes run")
    os.kill(nodes[0], signal.SIGKILL)
    _, err = demo.end(1)
    check("a node has ended by itself" in err and "event=ready" in err, err)
    demo.check_gone()


def a_node_that_does_not_start_is_told(folder, start):
    program = os.path.join(folder, "assayd")
    with open(program, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\necho no such luck >&2\nexit 4\n")
    os.chmod(program, stat.S_IRWXU)
    demo = start(folder, ASSAY, program)
    _, err = demo.end(1)
    check("no such luck" in err, err)
    demo.check_gone()


def kept_nodes_go_on_until_they_are_stopped(folder, start):
    demo = start(folder, "--keep", ASSAY, ASSAYD)
    out, _ = demo.end(0)
    nodes = demo.left()
    check(len(nodes) == 3, f"{len(nodes)} nodes run")
    where = re.search(r"cd (\S+/assay-demo\.\S+)", out).group(1)
    for name in ("harbor", "coast", "valley"):
        status = subprocess.run(
            [ASSAY, "--ledger", os.path.join(where, name), "status"],
            capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        at = re.search(r"listens on +(\S+)", status.stdout).group(1)
        check(f"{name:7} {at}, process" in out, out)
    stop = re.search(r"^  (sh .+/stop\.sh)$", out, re.MULTILINE).group(1)
    subprocess.run(stop.split(), timeout=PATIENCE_S, check=True)
    for pid in nodes:
        wait_for_end(pid)
    demo.check_gone()


def wait_for_end(pid):
    """It has said its last word, and may take a moment to go."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], PATIENCE_S)
    os.close(handle)
    check(ended, f"process {pid} does not end")


def wrong_options_are_refused(folder, start):
    del folder, start
    run = os.path.join(SOURCE, "run")
    for words in (["--kept"], ["--keep", "more"], ["more"], [""]):
        done = subprocess.run([run, *words], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        check(done.returncode == 2 and "usage: ./run" in done.stderr,
              f"{words}: {done}")


def source_with(folder, text):
    """A folder as a clone has it, in which the build is this script."""
    shutil.copy(os.path.join(SOURCE, "run"), folder)
    os.mkdir(os.path.join(folder, "tools"))
    first = os.path.join(folder, "tools", "install_deps.sh")
    with open(first, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(first, stat.S_IRWXU)
    return os.path.join(folder, "run")


def a_signal_ends_the_build(folder, start):
    path = os.path.join(folder, "told")
    os.mkfifo(path)
    program = source_with(folder, f'echo $$ >"{path}"\nexec tail -f "{path}"\n')
    demo = start(folder, program=program)
    with open(path, encoding="utf-8") as told:
        pid = int(told.readline())
    demo.process.terminate()
    demo.end(128 + signal.SIGTERM)
    wait_for_end(pid)


def a_build_that_fails_is_shown(folder, start):
    demo = start(folder, program=source_with(folder, "echo broken; exit 1\n"))
    _, err = demo.end(4)
    check("broken\n" in err and "build/run.log" in err, err)


def main(tests):
    status = 0
    for test in tests:
        folder = tempfile.mkdtemp(prefix="assay-demo-ends.")
        demos = []

        def start(*args, demos=demos, **kwargs):
            demos.append(Demo(*args, **kwargs))
            return demos[-1]

        try:
            test(folder, start)
            print(f"ok {test.__name__}", flush=True)
        except (AssertionError, subprocess.SubprocessError) as why:
            print(f"FAILED {test.__name__}: {why}", file=sys.stderr)
            status = 1
        finally:
            for demo in demos:
                demo.kill()
            shutil.rmtree(folder)
    sys.exit(status)


if __name__ == "__main__":
    main([
        a_signal_ends_all_of_it,
        nobody_reads_any_more,
        a_node_that_ends_by_itself_is_told,
        a_node_that_does_not_start_is_told,
        kept_nodes_go_on_until_they_are_stopped,
        wrong_options_are_refused,
        a_signal_ends_the_build,
        a_build_that_fails_is_shown,
    ])
