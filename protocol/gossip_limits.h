/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip_limits.h - every parameter of membership and broadcast, with its
 * reason. Times are milliseconds.
 *
 * HyParView: Leitao, Pereira, Rodrigues, "HyParView: a membership protocol for
 * reliable gossip-based broadcast", DSN 2007; its section 5 has the values that
 * the authors use for 10,000 nodes. Plumtree: the same authors, "Epidemic
 * broadcast trees", SRDS 2007. "Simulated" means docs/simulation.md.
 */
#ifndef ASSAY_PROTOCOL_GOSSIP_LIMITS_H
#define ASSAY_PROTOCOL_GOSSIP_LIMITS_H

#include <stdint.h>

/* Neighbours that a node looks for by itself (HyParView, section 5: 5). */
#define ASSAY_ACTIVE_TARGET 5

/* Neighbours that it accepts by default before one has to go. The room above
 * the target makes refusals rare, each of which costs a handshake. */
#define ASSAY_ACTIVE_MAX_DEFAULT 8

/* Neighbours at most, whatever is configured: sets of them are 64-bit masks. */
#define ASSAY_ACTIVE_MAX 64

/* Addresses kept for later (HyParView, section 5: 30), and at most. */
#define ASSAY_PASSIVE_DEFAULT 30
#define ASSAY_PASSIVE_MAX 1024

/* Of the passive addresses, one in this many may come from one peer, so that
 * a liar fills a quarter of the view at most. Ours. */
#define ASSAY_PASSIVE_SHARE 4

/* How far a newcomer's name walks, and where on the way it is noted
 * (HyParView, section 5: 6 and 3). A larger number is taken for this one. */
#define ASSAY_JOIN_WALK 6
#define ASSAY_JOIN_WALK_PASSIVE 3

/* A shuffle's walk, and what it carries: oneself, neighbours, passive
 * addresses (HyParView, section 5: 6; 3 and 4). */
#define ASSAY_SHUFFLE_WALK 6
#define ASSAY_SHUFFLE_ACTIVE 3
#define ASSAY_SHUFFLE_PASSIVE 4
#define ASSAY_SHUFFLE_MAX (1 + ASSAY_SHUFFLE_ACTIVE + ASSAY_SHUFFLE_PASSIVE)

/* Between two shuffles of one node, half of it at random. The paper counts in
 * rounds; at this period a view of 30 is seen whole about every three minutes,
 * for some hundred bytes a second. */
#define ASSAY_SHUFFLE_MS 30000

/* Shuffles on their way through one node, whose answers go back along the same
 * path: a walk of 6 every 30 s a node makes 6 arrive in that time. */
#define ASSAY_SHUFFLE_PATHS 32
#define ASSAY_SHUFFLE_PATH_MS 20000

/* A node with all neighbours it looks for still replaces its youngest one by a
 * passive address this often, so that overlays that were apart meet again and
 * nobody's neighbours are for ever. Ours. */
#define ASSAY_REFRESH_MS 3600000

/* Handshakes of ours at a time; a peer's word never makes more of them. */
#define ASSAY_DIALS_MAX 4

/* Until a dial, or the answer to a request to be neighbours, is given up: a
 * handshake of three round trips over the slowest of links. */
#define ASSAY_DIAL_MS 15000
#define ASSAY_ANSWER_MS 10000

/* After a failure an address rests: this long, doubled each time up to the
 * maximum, and anywhere from half to the whole of it, so that nodes that lost
 * the same peer do not come back together. */
#define ASSAY_REST_MS 2000
#define ASSAY_REST_MAX_MS 300000

/* A refused request to be neighbours: longer, for the peer is well. One that
 * the operator has named rests twice as long each time, so that a node that
 * thousands name is not asked by all of them every moment. */
#define ASSAY_REFUSED_MS 30000
#define ASSAY_REFUSED_MAX_MS 3600000

/* Failures in a row after which a passive address is forgotten, how many of
 * the forgotten are remembered so that shuffles do not bring them back, and
 * for how long. */
#define ASSAY_FAILURES_MAX 2
#define ASSAY_FORGOTTEN_MAX 32
#define ASSAY_FORGOTTEN_MS 600000

/* Connections beyond neighbours that membership keeps in mind: dials, and
 * peers that have not said yet what they want. */
#define ASSAY_LINK_SPARE 16

/* Walking messages that a neighbour may send at once, and one more in each
 * period; what is beyond is dropped. A join makes one a neighbour; 64 nodes
 * joining together through one node are let pass. */
#define ASSAY_WALK_BURST 64
#define ASSAY_WALK_MS 125

/* Neighbours that we dialled ourselves and that no request from outside puts
 * out: who floods with joins does not choose all our neighbours. */
#define ASSAY_OUTBOUND_KEPT 2

/* A host name or numeric address (RFC 1035, 2.3.4: 255 bytes on the wire are
 * 253 characters). */
#define ASSAY_HOST_MAX 253

/* Ids remembered by default, so that what comes twice is known: 4 s of 2,000
 * records/s; what is older is asked of the ledger. */
#define ASSAY_SEEN_DEFAULT 8192
#define ASSAY_SEEN_MIN 64
#define ASSAY_SEEN_MAX 1048576

/* Of these, announced and not here yet: a quarter from all peers, and from one
 * peer a quarter of that: who announces what it does not have gets no more. */
#define ASSAY_MISSING_SHARE 4

/* Nodes that have a tree of their own, by default: 48 bytes each. */
#define ASSAY_TREES_DEFAULT 4096
#define ASSAY_TREES_MAX 65536

/* A tree over which nothing came for this long is taken for out of date: links
 * have come and gone. Its node begins again with the shared tree, and where
 * that one is out of date, one record takes it to set it right. */
#define ASSAY_TREE_FRESH_MS 600000

/* Between two have messages to one peer; the first after a quiet time goes at
 * once. Plumtree leaves the policy open (3.8). A record's way over three lazy
 * links then costs less than one slow link. */
#define ASSAY_HAVE_MS 20

/* Ids in a have message: 4 KiB. */
#define ASSAY_HAVE_MAX 128

/* From the first have to the graft (Plumtree 3.6: above the spread of a
 * message's arrivals), and from one graft to the next announcer (about a round
 * trip of a slow link). Simulated. */
#define ASSAY_GRAFT_FIRST_MS 500
#define ASSAY_GRAFT_NEXT_MS 500

/* Grafts for one id, one announcer after the other, before it is left to the
 * exchange of frontiers. */
#define ASSAY_GRAFTS_MAX 8

/* Grafts in a row that one peer leaves without an answer for
 * ASSAY_GRAFT_NEXT_MS before it is blamed, at most once in that time: it
 * announces what it does not give. */
#define ASSAY_UNANSWERED_MAX 64

/* Times that a peer may take a log's tree with an early announcement and then
 * not bring the log's records, until it is given no tree any more. */
#define ASSAY_BROKEN_MAX 3

/* How much earlier than the record its announcement on another link has to
 * come for that link to take the tree (Plumtree 3.8, in time instead of
 * hops): below it a change gains nothing that a reader notices. Simulated. */
#define ASSAY_OPTIMISE_MS 10

/* Hops that a record tells to have made; more are not counted. */
#define ASSAY_ROUND_MAX 255

#endif
