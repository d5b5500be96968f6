/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - what a service manager is told and hands over: the protocols of
 * sd_notify(3) and sd_listen_fds(3), which are an environment variable and a
 * datagram, and two variables.
 */
#ifndef ASSAY_NODE_NOTIFY_H
#define ASSAY_NODE_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

/* Inherited sockets begin at this descriptor (sd_listen_fds(3)). */
#define NODE_NOTIFY_FIRST_FD 3

/* Sends a state, for instance "READY=1", to $NOTIFY_SOCKET. Does nothing
 * where there is none; what fails is left so: the manager then waits longer. */
void node_notify(const char *state);

/*
 * How many listening stream sockets were handed over, at most count_max;
 * their descriptors go to fds_out. Those that are no such sockets are left
 * alone. $LISTEN_PID must name this process.
 */
size_t node_notify_sockets(int *fds_out, size_t count_max);

#endif
