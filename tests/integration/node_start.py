# SPDX-License-Identifier: Apache-2.0
"""How a node begins and ends: ports, configurations, signals, and what a
service manager does."""

import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

from nodes import ASSAYD, check, main, new_ledger, run, run_daemon


def config_file(folder, text):
    path = os.path.join(folder, "assayd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def starts_and_ends(folder, start):
    """On both kinds of addresses, on free ports, and by both signals."""
    ledger = new_ledger(folder, "a")
    for how in (signal.SIGTERM, signal.SIGINT):
        node = start(ledger, listen=("127.0.0.1:0", "[::1]:0"))
        ready = node.ready()
        check(len(ready["listen"]) == 2, "two sockets were asked for")
        for at in ready["listen"]:
            host, port = at.rsplit(":", 1)
            socket.create_connection((host.strip("[]"), int(port))).close()
        node.end(how)
        check("event=stopped" in node.seen[-1], "it did not say goodbye")


def a_taken_port_is_named(folder, start):
    node = start(new_ledger(folder, "a"))
    at = node.ready()["listen"][0]
    said = run_daemon("--ledger", new_ledger(folder, "b"), "--listen", at,
                      code=4)
    check(at in said and "in use" in said, said)
    node.end()


def a_name_that_resolves_to_nothing_is_named(folder, start):
    del start
    # A label of 64 letters: RFC 1035 has no room for it, and no resolver is
    # asked.
    name = "a" * 64 + ".example"
    said = run_daemon("--ledger", new_ledger(folder, "a"), "--listen",
                      name + ":7117", code=4)
    check(name in said, said)


def one_node_a_ledger(folder, start):
    ledger = new_ledger(folder, "a")
    node = start(ledger)
    node.ready()
    said = run_daemon("--ledger", ledger, "--listen", "127.0.0.1:0", code=4)
    check("another assayd" in said, said)
    node.end(signal.SIGKILL, code=-signal.SIGKILL)
    again = start(ledger)  # What a killed one leaves behind stops nobody.
    again.ready()
    again.end()


def without_a_ledger_it_says_what_to_do(folder, start):
    del start
    said = run_daemon("--ledger", os.path.join(folder, "none"), code=4)
    check("init" in said, said)


def a_bad_configuration_is_refused_with_its_line(folder, start):
    del start
    path = config_file(folder, "[node]\nledger = /x\n\n[network]\nlisen = a\n")
    for more in ((), ("--check-config",)):
        said = run_daemon("--config", path, *more, code=3)
        check(said.startswith(f"assayd: {path}:5: ") and "lisen" in said, said)
    path = config_file(folder, "[network]\nlisten = 127.0.0.1:7117\n")
    run_daemon("--config", path, "--check-config", code=0)
    run_daemon("--config", path, "--check-config", "--log", "loud", code=2)
    run_daemon("--config", path + ".not", "--check-config", code=4)
    run_daemon("--nonsense", code=2)


def a_hangup_reads_the_configuration_again(folder, start):
    ledger = new_ledger(folder, "a")
    path = config_file(folder, "[node]\nlog = info\n")
    node = start(ledger, "--config", path)
    node.ready()
    config_file(folder, "[node]\nlog = info\n\nlog = loud\n")
    node.process.send_signal(signal.SIGHUP)
    check(node.wait("reload-refused")["line"] == "4", "the wrong line")
    config_file(folder, "[node]\nlog = info\n[network]\nactive-view = 3\n")
    node.process.send_signal(signal.SIGHUP)
    check(node.wait("reload-needs-restart")["key"] == "active-view", "")
    node.wait("reloaded")
    config_file(folder, "[node]\nlog = error\n")
    node.process.send_signal(signal.SIGHUP)
    # From here on it says nothing but errors; it ends as well as ever. Two
    # signals at once may be taken in either order.
    run("--ledger", ledger, "status")
    node.end()
    check("stopped" not in node.seen[-1], "the level did not change")


def a_service_manager_is_told(folder, start):
    """The protocols of sd_notify(3) and sd_listen_fds(3)."""
    ledger = new_ledger(folder, "a")
    path = os.path.join(folder, "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(60)
    listening = socket.create_server(("127.0.0.1", 0))
    at = "127.0.0.1:%d" % listening.getsockname()[1]

    # The shell becomes the node, so that it knows its own number.
    environment = dict(os.environ, NOTIFY_SOCKET=path, LISTEN_FDS="1")
    script = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@" 3<&"$FD"'
    environment["FD"] = str(listening.fileno())
    node = start(ledger, listen=(), env=environment,
                 pass_fds=(listening.fileno(),),
                 program=["/bin/sh", "-c", script, "sh", ASSAYD])
    check(node.ready()["listen"] == [at], "the socket was not taken over")
    check(manager.recv(100) == b"READY=1", "it is not ready")
    node.process.send_signal(signal.SIGHUP)
    check(manager.recv(100).startswith(b"RELOADING=1"), "it does not reload")
    check(manager.recv(100) == b"READY=1", "it is not ready again")
    node.end()
    check(manager.recv(100) == b"STOPPING=1", "it does not say that it stops")
    manager.close()
    listening.close()


def metrics_are_told_by_http(folder, start):
    node = start(new_ledger(folder, "a"), "--metrics", "127.0.0.1:0")
    host, port = node.ready()["metrics"][0].rsplit(":", 1)

    def ask(method, path):
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.getheader("Content-Type"), text

    # One that says nothing holds up nobody.
    silent = socket.create_connection((host, int(port)))
    status, kind, text = ask("GET", "/metrics")
    check(status == 200 and kind.startswith("text/plain"), (status, kind))
    lines = text.splitlines()
    for name, value in (("assayd_records", "0"), ("assayd_connections", "0"),
                        ("assayd_ledger_blocked", "0")):
        check(f"{name} {value}" in lines, text)
    for line in lines:
        check(re.fullmatch(r"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+ [0-9]+", line),
              line)
    check(ask("GET", "/")[0] == 404, "there is only one page")
    check(ask("POST", "/metrics")[0] == 405, "it is only read")
    check(ask("HEAD", "/metrics")[2] == "", "a head has no text")
    silent.close()
    node.end()


def every_event_is_in_the_manual(folder, start):
    """Those that are logged by default, as the source has them."""
    del folder, start
    page = subprocess.run([ASSAYD, "--scdoc"], capture_output=True, text=True,
                          check=True).stdout
    log = page[page.index("# LOG"):page.index("# METRICS")].replace("\\", "")
    told = {event for line in log.splitlines() if line.startswith("*")
            for event in line.strip("*").split(", ")}
    found = set()
    sources = pathlib.Path(os.environ["ASSAY_SOURCE_DIR"], "node").glob("*.c")
    for path in sources:
        if path.name in ("log.c", "config_keys.c"):
            continue  # Names of levels.
        for names in re.findall(
                r'NODE_LOG_(?:ERROR|WARN|INFO)\b[^";]*"([a-z-]+)"'
                r'(?:\s*:\s*"([a-z-]+)")?', path.read_text("utf-8")):
            found.update(filter(None, names))
    check(len(found) > 20, f"only {found}")
    check(found == told, f"in one place alone: {sorted(found ^ told)}")


if __name__ == "__main__":
    sys.exit(main([
        starts_and_ends,
        a_taken_port_is_named,
        a_name_that_resolves_to_nothing_is_named,
        one_node_a_ledger,
        without_a_ledger_it_says_what_to_do,
        a_bad_configuration_is_refused_with_its_line,
        a_hangup_reads_the_configuration_again,
        a_service_manager_is_told,
        metrics_are_told_by_http,
        every_event_is_in_the_manual,
    ]))
