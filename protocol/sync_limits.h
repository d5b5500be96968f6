/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync_limits.h - every bound between peers, with its reason.
 *
 * What both sides have to know stands in docs/protocol.md as well; the rest
 * is local. No peer can make a session hold more than what these add up to:
 * session.h says the sum.
 */
#ifndef ASSAY_PROTOCOL_SYNC_LIMITS_H
#define ASSAY_PROTOCOL_SYNC_LIMITS_H

#include "limits.h"

/* The one version of these messages so far, and the most that a hello lists:
 * nobody keeps up eight. */
#define ASSAY_PROTOCOL_VERSION 1
#define ASSAY_HELLO_VERSIONS_MAX 8

/* Sizes in a hello: 128 bits do not collide by chance among all nodes, and
 * nobody gains by making them collide; eight tell one start of a program from
 * another. */
#define ASSAY_SYNC_DIGEST_SIZE 16
#define ASSAY_HELLO_NONCE_SIZE 8

/* Features that a hello lists, and a program's name: one line of a log. */
#define ASSAY_HELLO_FEATURES_MAX 16
#define ASSAY_HELLO_AGENT_MAX 64

/* The text of a close: one line of a log. */
#define ASSAY_CLOSE_TEXT_MAX 256

/* Ids in one want or lack: stragglers are asked for by id, logs by range. 64
 * jobs of so many are 64 KiB. */
#define ASSAY_WANT_MAX 32

/* Records in one message: a frame holds 340 of the smallest envelopes there
 * can be; the bound is for what is none. */
#define ASSAY_RECORDS_MAX 512

/* Captured bytes in one message: a frame less its fields, as a round number. */
#define ASSAY_BLOB_CHUNK_MAX 60000

/* What one peer may have asked of us and not have got yet: with 32 ids or a
 * whole log each it keeps any link busy. Who asks beyond is closed. */
#define ASSAY_SYNC_JOBS_MAX 64

/* Requests of one peer that are begun to be answered a second, and at once.
 * Beyond it they wait: a peer that asks for what is not here, again and again,
 * gets no more than a few percent of a core. */
#define ASSAY_SYNC_JOB_RATE 500
#define ASSAY_SYNC_JOB_BURST 1000

/* Messages of membership and broadcast, other than records, that one peer may
 * send a second, and at once; more are a nuisance. Announcements come every
 * ASSAY_HAVE_MS at most; grafts and prunes come in bursts. */
#define ASSAY_SYNC_PASS_RATE 200
#define ASSAY_SYNC_PASS_BURST 5000

/* What we ask of one peer at a time: a quarter of what it allows, since more
 * does not make it faster. */
#define ASSAY_SYNC_REQUESTS_MAX 16

/* What we would ask next: logs to complete and ids to fetch. What does not
 * fit is found again by the next anti-entropy. */
#define ASSAY_SYNC_FETCHES_MAX 512

/* How often one log or id is asked of a peer that answers without bringing
 * what was lacking, how long such a thing is waited for, and how often what
 * waits is looked for, as another peer may have brought it. */
#define ASSAY_SYNC_FETCH_TRIES 5
#define ASSAY_SYNC_FETCH_MS 120000
#define ASSAY_SYNC_LOOK_MS 5000

/* Seqs below a fork's record that are asked for first, when its prev is on a
 * branch that is lacking; each further try asks for eight times as many. */
#define ASSAY_SYNC_FORK_REACH 8

/* Captures fetched from one peer at a time, and bytes asked for at once of
 * each: 16 messages, so that little is sent in vain once we have enough. */
#define ASSAY_BLOB_FETCHES_MAX 4
#define ASSAY_BLOB_RANGE ((uint64_t)16 * ASSAY_BLOB_CHUNK_MAX)

/* Captures' bytes served to one peer a second by default, and at once: a
 * tenth of a usual line, so that records never wait behind pictures. */
#define ASSAY_BLOB_RATE_DEFAULT 1250000
#define ASSAY_BLOB_BURST 1048576

/* New records that wait to be told to a slow peer. Beyond, the next
 * anti-entropy tells it of them. */
#define ASSAY_SYNC_GOSSIP_MAX 1024

/* Messages of membership and broadcast that wait to be sent: some hundreds.
 * The machines repair what is lost. */
#define ASSAY_SYNC_CONTROL_BYTES 65536

/* Records handed out for checking that the ingest has not answered for yet,
 * beyond which the socket is not read: one batch of 4,096 that is checked while
 * another is written, of records of 512 bytes. With half as many bytes, the
 * cores rested for a fifth of the time while a batch was made durable. */
#define ASSAY_SYNC_UNJUDGED_RECORDS 8192
#define ASSAY_SYNC_UNJUDGED_BYTES 4194304

/* The first message of a peer: a handshake has just gone through. */
#define ASSAY_SYNC_HELLO_MS 10000

/* Silence after which a peer is asked whether it is there, and after which it
 * is gone. NAT devices keep a TCP mapping for minutes (RFC 5382: two hours
 * and four minutes at least, many keep to less). */
#define ASSAY_SYNC_PING_MS 30000
#define ASSAY_SYNC_SILENCE_MS 90000

/* A peer that takes nothing for so long while there is something for it. */
#define ASSAY_SYNC_STALL_MS 90000

/* An answer is due: so long after the peer said anything at all but a ping,
 * since it may have other things to say first; but so long at most. */
#define ASSAY_SYNC_ANSWER_MS 30000
#define ASSAY_SYNC_ANSWER_MAX_MS 600000

/* The peer's turn in an exchange of frontiers: it may have to check and write
 * a good many records before it goes on. */
#define ASSAY_SYNC_TURN_MS 120000

/* A close that cannot be sent: then the connection just ends. */
#define ASSAY_SYNC_CLOSE_MS 5000

/* One exchange of whole frontiers a peer a minute, unless records came of the
 * one before: each side reads its whole frontier for it. */
#define ASSAY_SYNC_EXCHANGE_MS 60000

/* The side that takes exchanges counts from its own end of the last one, which
 * may be the later one: it takes the next a little earlier. */
#define ASSAY_SYNC_EXCHANGE_TAKEN_MS 45000

/* While all is equal: what broadcast may have missed waits this long. */
#define ASSAY_SYNC_IDLE_MS 300000

/* And no more often than so where exchanges bring nothing though the roots
 * differ (a frozen log, other policies): the pause doubles from one minute. */
#define ASSAY_SYNC_EXCHANGE_MAX_MS 3600000

/* Points at which a peer is closed, and how many are forgiven a second.
 * session.h says what costs how much. */
#define ASSAY_SYNC_SCORE_MAX 1000
#define ASSAY_SYNC_SCORE_FORGIVEN 10

#endif
