/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "check.h"
#include "kinds/capture.h"
#include "kinds/claim.h"
#include "kinds/source.h"
#include "kinds/team.h"
#include "kinds/verdict.h"

/* How many entries of about each relation has; the kinds of link as one. */
struct about_counts {
    size_t on;
    size_t captures;
    size_t cites;
    size_t supersedes;
    size_t erases;
    size_t links;
};

/* What a kind's about may hold: as many entries of a relation at most. */
struct about_rule {
    struct about_counts max;
    bool has_on;   /* Exactly one, where it may have one. */
    bool has_link; /* Exactly one. */
};

static enum assay_err refuse(struct assay_fault *fault_out, const char *rule)
{
    if (fault_out != NULL) {
        fault_out->offset = 0;
        fault_out->rule = rule;
    }
    return ASSAY_E_MALFORMED;
}

static struct about_counts count_about(const struct assay_record *record)
{
    struct about_counts counts = {0, 0, 0, 0, 0, 0};

    for (size_t index = 0; index < record->payload.about_count; index++) {
        uint64_t relation = record->payload.about[index].relation;

        counts.on += relation == ASSAY_REL_ON;
        counts.captures += relation == ASSAY_REL_CAPTURE;
        counts.cites += relation == ASSAY_REL_CITES;
        counts.supersedes += relation == ASSAY_REL_SUPERSEDES;
        counts.erases += relation == ASSAY_REL_ERASES;
        counts.links += assay_relation_is_link(relation);
    }
    return counts;
}

#define ANY ASSAY_LIST_MAX

static struct about_rule rule_of(enum assay_kind kind)
{
    switch (kind) {
    case ASSAY_KIND_CLAIM:
        return (struct about_rule){{.captures = ANY}, false, false};
    case ASSAY_KIND_SOURCE:
        return (struct about_rule){{.on = 1, .captures = ANY}, true, false};
    case ASSAY_KIND_VERDICT:
        return (struct about_rule){
            {.on = 1, .cites = ANY, .supersedes = ANY}, true, false};
    case ASSAY_KIND_CHALLENGE:
        return (struct about_rule){{.on = 1, .cites = ANY}, true, false};
    case ASSAY_KIND_LINK:
        return (struct about_rule){{.on = 1, .links = 1}, true, true};
    case ASSAY_KIND_RETRACT:
        return (struct about_rule){{.on = 1, .erases = 1}, true, false};
    case ASSAY_KIND_VOUCH:
    case ASSAY_KIND_ENDORSE:
    case ASSAY_KIND_CARRY:
        return (struct about_rule){{.on = 1}, true, false};
    case ASSAY_KIND_FOUND:
    case ASSAY_KIND_PROFILE:
    case ASSAY_KIND_MEMBER:
    case ASSAY_KIND_REVOKE:
    case ASSAY_KIND_ROTATE:
    case ASSAY_KIND_CAPTURE:
        break;
    }
    return (struct about_rule){{0, 0, 0, 0, 0, 0}, false, false};
}

static enum assay_err check_about(const struct assay_record *record,
                                  struct assay_fault *fault_out)
{
    struct about_counts has = count_about(record);
    struct about_rule rule = rule_of((enum assay_kind)record->payload.kind);

    if (rule.has_on && has.on != 1) {
        return refuse(fault_out, "about has exactly one on");
    }
    if (rule.has_link && has.links != 1) {
        return refuse(fault_out, "about has exactly one kind of link");
    }
    /* RECORDS 6.3: "The about of a known kind MUST hold what the tables of
     * this section say, and no other relation of those from 1 to 5 and 16 to
     * 31." */
    if (has.on > rule.max.on || has.captures > rule.max.captures ||
        has.cites > rule.max.cites || has.supersedes > rule.max.supersedes ||
        has.erases > rule.max.erases || has.links > rule.max.links) {
        return refuse(fault_out, "about has a relation that the kind has not");
    }
    /* RECORDS 6.3: "Where a retraction has erases, it MUST name the record
     * that it retracts." */
    if (has.erases == 1 &&
        !assay_id_equal(assay_record_about(record, ASSAY_REL_ON),
                        assay_record_about(record, ASSAY_REL_ERASES))) {
        return refuse(fault_out, "a retraction erases what it retracts");
    }
    return ASSAY_OK;
}

static enum assay_err check_capture(const struct assay_record *record,
                                    const struct assay_place *place,
                                    struct assay_fault *fault_out)
{
    if (!place->has_capture) {
        return ASSAY_OK;
    }
    for (size_t index = 0; index < record->payload.about_count; index++) {
        const struct assay_about *about = &record->payload.about[index];

        if (about->relation == ASSAY_REL_CAPTURE &&
            assay_id_equal(&about->id, &place->capture)) {
            return ASSAY_OK;
        }
    }
    /* RECORDS 5.3: "A capture that a place names MUST also be in the
     * record's about, with the relation capture." */
    return refuse(fault_out, "a place's capture is also in about");
}

static enum assay_err check_claim(const struct assay_record *record,
                                  struct assay_fault *fault_out)
{
    struct assay_claim claim;
    enum assay_err err = assay_claim_read(record->body, &claim, fault_out);

    for (size_t index = 0; err == ASSAY_OK && index < claim.place_count;
         index++) {
        err = check_capture(record, &claim.places[index], fault_out);
    }
    return err;
}

static enum assay_err check_source(const struct assay_record *record,
                                   struct assay_fault *fault_out)
{
    struct assay_source source;
    enum assay_err err = assay_source_read(record->body, &source, fault_out);

    if (err != ASSAY_OK) {
        return err;
    }
    return check_capture(record, &source.place, fault_out);
}

static enum assay_err check_profile(const struct assay_record *record,
                                    struct assay_fault *fault_out)
{
    struct assay_profile profile;
    enum assay_err err = assay_profile_read(record->body, &profile, fault_out);

    if (err == ASSAY_OK && record->payload.kind == ASSAY_KIND_FOUND &&
        profile.name.data == NULL) {
        return refuse(fault_out, "a team has a name");
    }
    return err;
}

static enum assay_err check_fields(const struct assay_record *record,
                                   struct assay_fault *fault_out)
{
    struct assay_capture capture;
    struct assay_verdict verdict;
    struct assay_note note;

    switch ((enum assay_kind)record->payload.kind) {
    case ASSAY_KIND_FOUND:
    case ASSAY_KIND_PROFILE:
        return check_profile(record, fault_out);
    case ASSAY_KIND_CAPTURE:
        return assay_capture_read(record->body, &capture, fault_out);
    case ASSAY_KIND_CLAIM:
        return check_claim(record, fault_out);
    case ASSAY_KIND_SOURCE:
        return check_source(record, fault_out);
    case ASSAY_KIND_VERDICT:
        return assay_verdict_read(record->body, &verdict, fault_out);
    case ASSAY_KIND_MEMBER:
    case ASSAY_KIND_REVOKE:
    case ASSAY_KIND_ROTATE:
    case ASSAY_KIND_VOUCH:
    case ASSAY_KIND_ENDORSE:
    case ASSAY_KIND_LINK:
    case ASSAY_KIND_CHALLENGE:
    case ASSAY_KIND_CARRY:
    case ASSAY_KIND_RETRACT:
        break;
    }
    return assay_note_read(record->payload.kind, record->body, &note,
                           fault_out);
}

enum assay_err assay_body_check(const struct assay_record *record,
                                struct assay_fault *fault_out)
{
    ASSAY_CHECK(record->body.data != NULL);
    /* RECORDS 3.4: "A record of an unknown kind MUST be kept and passed on
     * like any other." */
    if (!assay_kind_is_known(record->payload.kind)) {
        return ASSAY_OK;
    }
    enum assay_err err = check_fields(record, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }
    return check_about(record, fault_out);
}
