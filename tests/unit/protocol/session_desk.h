/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_desk.h - one session, and a test that plays its peer: what tests of
 * answers and of floods share. Functions that read fail the test where what
 * comes is not what they are for.
 */
#ifndef ASSAY_TESTS_UNIT_PROTOCOL_SESSION_DESK_H
#define ASSAY_TESTS_UNIT_PROTOCOL_SESSION_DESK_H

#include "pair.h"

struct scene {
    struct pair *pair;
    struct history *history;
    struct side *side; /* The session's; the pair's first. */
};

/* For cmocka: *state is a scene. */
int desk_open(void **state);
int desk_close(void **state);

/* Hellos are said. No team is followed, so that no exchange of frontiers
 * begins; or all are, and it is not gone on with. */
void desk_begin(struct scene *scene);
void desk_begin_following(struct scene *scene);

/* A log of that many records in all, held by the side; its root's index. */
size_t desk_hold_claims(struct scene *scene, size_t count);

const struct assay_id *desk_id_of(struct scene *scene, size_t index);

/* Messages of the peer. */
void desk_feed_range(struct scene *scene, uint64_t request,
                     const struct assay_id *grant, uint64_t from, uint64_t to);
void desk_feed_ids(struct scene *scene, enum assay_message_type type,
                   uint64_t request, const struct assay_id *id);
void desk_feed_done(struct scene *scene, uint64_t request);
void desk_feed_record(struct scene *scene, uint64_t request, size_t index);
void desk_feed_gossip(struct scene *scene, struct assay_bytes envelope,
                      struct assay_bytes body);

/* The next message of the side, opened; false where there is none. */
bool desk_pull(struct scene *scene, struct assay_message *message_out);

/* It brings records: how many, and for which request. */
size_t desk_pull_records(struct scene *scene, uint64_t *request_out);

/* It ends a request, or says what is lacking for one. */
void desk_assert_done(struct scene *scene, uint64_t request, uint64_t count);
void desk_assert_lack(struct scene *scene, uint64_t request,
                      const struct assay_id *id);

/* The side closed the session for that reason. */
void desk_assert_closed(struct scene *scene, enum assay_close_code code,
                        const char *text);

/* Has the side ask for a record, and gives the number of its request. */
uint64_t desk_asked(struct scene *scene, const struct assay_id *id);

#endif
