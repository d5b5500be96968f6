/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.h - bodies of found, profile, member, revoke, rotate and vouch.
 */
#ifndef ASSAY_PROTOCOL_KINDS_TEAM_H
#define ASSAY_PROTOCOL_KINDS_TEAM_H

#include "../body.h"
#include "verdict.h"

/*
 * found and profile: what a team says of itself. A later profile replaces a
 * field where it has one and leaves the others.
 *
 *   { 0: salt, ? 1: name, ? 2: url, ? 3: [* lang], ? 4: contact,
 *     ? 5: { * rating => word }, ? 6: signoffs }
 * A found record has a name.
 */
struct assay_profile {
    struct assay_bytes name;
    struct assay_bytes url;
    struct assay_text_list langs;
    struct assay_bytes contact;
    struct assay_bytes
        words[ASSAY_RATING_COUNT + 1]; /* By enum assay_rating. */
    bool has_signoffs;
    uint32_t signoffs; /* What the tools put into new members' grants. */
};

/* member { 0: salt, 1: name }; revoke, rotate, vouch { 0: salt, ? 1: text }. */
struct assay_note {
    struct assay_bytes text;
};

/* Each read checks one body of its kind and fills *out; each write gives the
 * body's bytes for the same. Errors as assay_body_check's. */
ASSAY_MUST_CHECK
enum assay_err assay_profile_read(struct assay_bytes body,
                                  struct assay_profile *out,
                                  struct assay_fault *fault_out);
void assay_profile_write(const struct assay_profile *profile,
                         const uint8_t salt[ASSAY_SALT_SIZE],
                         struct assay_cbor_writer *writer);

/* Any kind whose body is a salt and one text under key 1: member (a name),
 * revoke, rotate, vouch, endorse, link, carry (a note, optional), challenge
 * and retract (a reason, required). Names are bounded by ASSAY_NAME_MAX, other
 * texts by ASSAY_TEXT_MAX. */
ASSAY_MUST_CHECK
enum assay_err assay_note_read(uint64_t kind, struct assay_bytes body,
                               struct assay_note *out,
                               struct assay_fault *fault_out);
void assay_note_write(const struct assay_note *note,
                      const uint8_t salt[ASSAY_SALT_SIZE],
                      struct assay_cbor_writer *writer);

#endif
