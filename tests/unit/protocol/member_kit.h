/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member_kit.h - what the tests of membership share: nodes by number, and one
 * machine that they speak to.
 */
#ifndef ASSAY_TESTS_UNIT_PROTOCOL_MEMBER_KIT_H
#define ASSAY_TESTS_UNIT_PROTOCOL_MEMBER_KIT_H

#include "protocol/membership.h"

#include "testing.h"

/* The number of the machine's own node. */
#define MEMBER_SELF 100

/* What the last step gave, and the message that a test fills in. */
extern struct assay_membership_actions member_actions;
extern struct assay_peers_message member_message;

/* A node's key and address; the connection to it has the same number. */
struct assay_peer member_node(uint8_t number);

/* A machine with some neighbours to look for and at most (0: the defaults). */
struct assay_membership *member_machine(size_t target, size_t max);

/* An event about a node. */
void member_step(struct assay_membership *membership,
                 enum assay_membership_event_type type, uint64_t now_ms,
                 uint8_t number);
void member_connected(struct assay_membership *membership, uint64_t now_ms,
                      uint8_t number, uint32_t peer, bool is_dialled);

/* Gives the machine member_message from a peer; or a message about one node,
 * whose step or walk is given. */
void member_deliver(struct assay_membership *membership, uint64_t now_ms,
                    uint32_t peer);
void member_say(struct assay_membership *membership, uint64_t now_ms,
                uint32_t peer, enum assay_message_type type, uint32_t step,
                uint8_t about);

/* A peer connects and asks to be a neighbour; a node is dialled and is one. */
void member_ask(struct assay_membership *membership, uint64_t now_ms,
                uint8_t number, enum assay_neighbor_step how);
void member_dial(struct assay_membership *membership, uint64_t now_ms,
                 uint8_t number);

/* The first action of a type about a peer, or NULL; how many of a type. */
const struct assay_membership_action *
member_find(enum assay_membership_action_type type, uint32_t peer);
size_t member_count_of(enum assay_membership_action_type type);

/* The message that is sent to a peer, which has to be the only one. */
const struct assay_peers_message *member_sent_to(uint32_t peer);

/* The node that is dialled first; 0 if none is. */
uint8_t member_dialled(void);

struct assay_membership_counts
member_counts(const struct assay_membership *membership);

/* Whether a node is in the passive view, and where. */
bool member_knows(const struct assay_membership *membership, uint8_t number,
                  struct assay_peer *address_out);

#endif
