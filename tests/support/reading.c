/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include "protocol/check.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
    struct assay_validity *validity;
    const struct assay_log_view *view;
};

/* Records of one kind that are on a record. */
struct list {
    struct assay_record *records;
    size_t count;
};

static bool has(const struct list *list, const struct assay_id *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (assay_id_equal(&list->records[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void append(struct list *list, const struct assay_record *record)
{
    size_t size = (list->count + 1) * sizeof(*list->records);

    list->records = realloc(list->records, size);
    ASSAY_CHECK(list->records != NULL);
    list->records[list->count] = *record;
    list->count++;
}

static struct list find_on(const struct reader *reader,
                           const struct assay_id *target, enum assay_kind kind)
{
    struct list list = {NULL, 0};
    struct assay_record record;
    uint64_t cursor = 0;
    enum assay_err err = reader->view->next_naming(
        reader->view->context, target, kind, &cursor, &record);

    while (err == ASSAY_OK) {
        const struct assay_id *on = assay_record_about(&record, ASSAY_REL_ON);

        if (on != NULL && assay_id_equal(on, target) &&
            !has(&list, &record.id)) {
            append(&list, &record);
        }
        err = reader->view->next_naming(reader->view->context, target, kind,
                                        &cursor, &record);
    }
    ASSAY_CHECK(err == ASSAY_E_NOT_FOUND);
    return list;
}

static struct assay_validity_result judge(const struct reader *reader,
                                          const struct assay_record *record)
{
    struct assay_validity_result result;
    enum assay_err err = assay_validity_of(reader->validity, record, &result);

    ASSAY_CHECK(err == ASSAY_OK);
    ASSAY_CHECK((result.authority == NULL) ==
                (result.state == ASSAY_AUTHORITY_MISSING));
    return result;
}

static bool is_retracted(const struct reader *reader,
                         const struct assay_record *record)
{
    const struct assay_authority *author = judge(reader, record).authority;
    struct list list = find_on(reader, &record->id, ASSAY_KIND_RETRACT);
    bool is = false;

    for (size_t i = 0; i < list.count; i++) {
        struct assay_validity_result result = judge(reader, &list.records[i]);

        is = is ||
             (author != NULL && result.state == ASSAY_STANDS &&
              assay_validity_may_retract(result.authority, record, author));
    }
    free(list.records);
    return is;
}

static size_t count_signoffs(const struct reader *reader,
                             const struct assay_record *verdict,
                             const struct assay_authority *author)
{
    struct list list = find_on(reader, &verdict->id, ASSAY_KIND_ENDORSE);
    struct assay_signoff *signoffs = calloc(list.count + 1, sizeof(*signoffs));
    size_t count;

    ASSAY_CHECK(signoffs != NULL);
    for (size_t i = 0; i < list.count; i++) {
        struct assay_validity_result result = judge(reader, &list.records[i]);

        signoffs[i].by = result.authority;
        signoffs[i].stands = result.state == ASSAY_STANDS;
        signoffs[i].is_retracted = is_retracted(reader, &list.records[i]);
    }
    count = assay_standing_signoffs(author, signoffs, list.count);
    free(signoffs);
    free(list.records);
    return count;
}

static struct assay_finding find_verdict(const struct reader *reader,
                                         const struct assay_record *record)
{
    struct assay_validity_result result = judge(reader, record);
    struct assay_finding finding = {
        .id = record->id,
        .is_accepted = true,
        .stands = result.state == ASSAY_STANDS,
        .is_retracted = is_retracted(reader, record),
        .is_erased = true,
        .about = record->payload.about,
        .about_count = record->payload.about_count,
    };
    struct assay_verdict verdict;

    if (record->body.data != NULL &&
        assay_verdict_read(record->body, &verdict, NULL) == ASSAY_OK) {
        finding.is_erased = false;
        finding.rating = verdict.rating;
    }
    if (result.authority != NULL) {
        finding.team = result.authority->team;
        finding.is_published =
            count_signoffs(reader, record, result.authority) >=
            result.authority->signoffs;
    }
    return finding;
}

/* Weighs all verdicts on a claim; *of_out gets that of one of them. */
static struct assay_standing_result weigh(const struct reader *reader,
                                          const struct assay_id *claim,
                                          const struct assay_id *verdict,
                                          struct assay_finding *of_out)
{
    struct list list = find_on(reader, claim, ASSAY_KIND_VERDICT);
    struct assay_finding *findings = calloc(list.count + 1, sizeof(*findings));
    struct assay_standing_result result;
    enum assay_err err;

    ASSAY_CHECK(findings != NULL);
    for (size_t i = 0; i < list.count; i++) {
        findings[i] = find_verdict(reader, &list.records[i]);
    }
    err = assay_standing_of(findings, list.count, &result);
    ASSAY_CHECK(err == ASSAY_OK);
    for (size_t i = 0; i < list.count && verdict != NULL; i++) {
        if (assay_id_equal(&findings[i].id, verdict)) {
            *of_out = findings[i];
        }
    }
    free(findings);
    free(list.records);
    return result;
}

struct reading reading_of(struct assay_validity *validity,
                          const struct assay_log_view *view,
                          const struct assay_record *record)
{
    struct reader reader = {validity, view};
    struct assay_validity_result result = judge(&reader, record);
    const struct assay_id *on = assay_record_about(record, ASSAY_REL_ON);
    struct reading reading = {0};
    struct assay_finding finding = {0};

    reading.state = result.state;
    reading.cut_by = result.cut_by;
    if (result.authority != NULL) {
        reading.team = result.authority->team;
        reading.root = result.authority->root;
        reading.role = result.authority->role;
        reading.signoffs = result.authority->signoffs;
        reading.is_in_force = result.authority->is_in_force;
        reading.is_ended = result.authority->is_ended;
        reading.has_root_fork = result.authority->has_root_fork;
    }
    reading.is_retracted = is_retracted(&reader, record);
    if (record->payload.kind == ASSAY_KIND_VERDICT && on != NULL) {
        (void)weigh(&reader, on, &record->id, &finding);
        reading.is_published = finding.is_published;
        reading.is_superseded = finding.is_superseded;
        reading.is_current = finding.is_current;
        if (result.authority != NULL) {
            reading.signoff_count =
                count_signoffs(&reader, record, result.authority);
        }
    }
    if (record->payload.kind == ASSAY_KIND_CLAIM) {
        reading.standing = weigh(&reader, &record->id, NULL, NULL);
    }
    return reading;
}

static unsigned short_of(const struct assay_id *id)
{
    return (unsigned)id->hash[0] << 16 | (unsigned)id->hash[1] << 8 |
           id->hash[2];
}

void reading_format(const struct reading *reading,
                    char text_out[READING_TEXT_MAX])
{
    (void)snprintf(
        text_out, READING_TEXT_MAX,
        "%s by %06x, team %06x root %06x %s/%u%s%s%s%s, "
        "%zu signoffs%s%s%s, %s of %zu by %zu%s",
        assay_validity_name(reading->state), short_of(&reading->cut_by),
        short_of(&reading->team), short_of(&reading->root),
        assay_role_name(reading->role), (unsigned)reading->signoffs,
        reading->is_in_force ? " in-force" : "",
        reading->is_ended ? " ended" : "",
        reading->has_root_fork ? " root-fork" : "",
        reading->is_retracted ? " retracted" : "", reading->signoff_count,
        reading->is_published ? " published" : "",
        reading->is_superseded ? " superseded" : "",
        reading->is_current ? " current" : "",
        assay_standing_name(reading->standing.standing),
        reading->standing.current_count, reading->standing.team_count,
        reading->standing.is_unsettled ? " unsettled" : "");
}
