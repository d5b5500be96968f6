/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest.h"

#include "manifest_internal.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT(type, name, form, required)                                       \
    {                                                                          \
#name, CLI_MANIFEST_TEXT, CLI_TEXT_##form, offsetof(type, name),       \
            required                                                           \
    }
#define REF(type, name, required)                                              \
    {                                                                          \
#name, CLI_MANIFEST_REF, CLI_TEXT_NAME, offsetof(type, name), required \
    }
#define LIST(type, name)                                                       \
    {                                                                          \
#name, CLI_MANIFEST_LIST, CLI_TEXT_NAME, offsetof(type, name), false   \
    }
#define NESTED(name)                                                           \
    {                                                                          \
#name, CLI_MANIFEST_NESTED, CLI_TEXT_NAME, 0, false                    \
    }
#define END                                                                    \
    {                                                                          \
        NULL, CLI_MANIFEST_NESTED, CLI_TEXT_NAME, 0, false                     \
    }

#define PLACE_FIELDS(type, at)                                                 \
    {"capture", CLI_MANIFEST_REF, CLI_TEXT_NAME, offsetof(type, at capture),   \
     false},                                                                   \
        {"url", CLI_MANIFEST_TEXT, CLI_TEXT_URL, offsetof(type, at url),       \
         false},                                                               \
        {"quote", CLI_MANIFEST_TEXT, CLI_TEXT_LONG, offsetof(type, at quote),  \
         false},                                                               \
        {"prefix", CLI_MANIFEST_TEXT, CLI_TEXT_LONG,                           \
         offsetof(type, at prefix), false},                                    \
    {                                                                          \
        "suffix", CLI_MANIFEST_TEXT, CLI_TEXT_LONG, offsetof(type, at suffix), \
            false                                                              \
    }

struct top {
    const char *format;
    const char *team;
};

static const struct cli_manifest_field top_fields[] = {
    TEXT(struct top, format, NAME, true),
    TEXT(struct top, team, NAME, false),
    NESTED(captures),
    NESTED(claims),
    NESTED(links),
    NESTED(challenges),
    NESTED(endorsements),
    END};

static const struct cli_manifest_field capture_fields[] = {
    TEXT(struct cli_manifest_capture, key, NAME, false),
    TEXT(struct cli_manifest_capture, file, LONG, true),
    TEXT(struct cli_manifest_capture, url, URL, false),
    TEXT(struct cli_manifest_capture, media_type, NAME, false),
    TEXT(struct cli_manifest_capture, title, NAME, false),
    TEXT(struct cli_manifest_capture, author, NAME, false),
    TEXT(struct cli_manifest_capture, published, DATE, false),
    TEXT(struct cli_manifest_capture, captured_at, DATE, false),
    TEXT(struct cli_manifest_capture, sha256, NAME, false),
    END};

static const struct cli_manifest_field claim_fields[] = {
    TEXT(struct cli_manifest_claim, key, NAME, false),
    TEXT(struct cli_manifest_claim, team, NAME, false),
    TEXT(struct cli_manifest_claim, text, LONG, true),
    TEXT(struct cli_manifest_claim, lang, LANG, false),
    TEXT(struct cli_manifest_claim, speaker, NAME, false),
    TEXT(struct cli_manifest_claim, said, DATE, false),
    LIST(struct cli_manifest_claim, topics),
    NESTED(places),
    NESTED(sources),
    NESTED(verdicts),
    END};

static const struct cli_manifest_field place_fields[] = {
    PLACE_FIELDS(struct cli_manifest_place, ), END};

static const struct cli_manifest_field source_fields[] = {
    TEXT(struct cli_manifest_source, key, NAME, false),
    TEXT(struct cli_manifest_source, team, NAME, false),
    {"stance", CLI_MANIFEST_TEXT, CLI_TEXT_NAME,
     offsetof(struct cli_manifest_source, stance_name), true},
    PLACE_FIELDS(struct cli_manifest_source, place.),
    TEXT(struct cli_manifest_source, note, LONG, false),
    END};

static const struct cli_manifest_field verdict_fields[] = {
    TEXT(struct cli_manifest_verdict, key, NAME, false),
    TEXT(struct cli_manifest_verdict, team, NAME, false),
    {"rating", CLI_MANIFEST_TEXT, CLI_TEXT_NAME,
     offsetof(struct cli_manifest_verdict, rating_name), true},
    TEXT(struct cli_manifest_verdict, label, NAME, false),
    TEXT(struct cli_manifest_verdict, lang, LANG, false),
    TEXT(struct cli_manifest_verdict, rationale, LONG, true),
    TEXT(struct cli_manifest_verdict, review_url, URL, false),
    LIST(struct cli_manifest_verdict, cites),
    LIST(struct cli_manifest_verdict, supersedes),
    END};

static const struct cli_manifest_field link_fields[] = {
    TEXT(struct cli_manifest_link, team, NAME, false),
    REF(struct cli_manifest_link, from, true),
    {"relation", CLI_MANIFEST_TEXT, CLI_TEXT_NAME,
     offsetof(struct cli_manifest_link, relation_name), true},
    REF(struct cli_manifest_link, to, true),
    TEXT(struct cli_manifest_link, note, LONG, false),
    END};

static const struct cli_manifest_field challenge_fields[] = {
    TEXT(struct cli_manifest_challenge, team, NAME, false),
    REF(struct cli_manifest_challenge, on, true),
    TEXT(struct cli_manifest_challenge, reason, LONG, true),
    LIST(struct cli_manifest_challenge, cites), END};

static const struct cli_manifest_field endorsement_fields[] = {
    TEXT(struct cli_manifest_endorsement, team, NAME, false),
    TEXT(struct cli_manifest_endorsement, as, NAME, false),
    REF(struct cli_manifest_endorsement, on, true),
    TEXT(struct cli_manifest_endorsement, note, LONG, false), END};

/* Room for count entries, zeroed; NULL with a failure, or where none is
 * wanted. */
static void *new_entries(struct cli_manifest_reader *reader, size_t count,
                         size_t size)
{
    if (count == 0 || reader->err != ASSAY_OK) {
        return NULL;
    }
    void *entries = calloc(count, size);
    if (entries == NULL) {
        cli_manifest_fail(reader, ASSAY_E_NOMEM, "memory is exhausted");
    }
    return entries;
}

/* Reads the elements of one array by a table into entries of size bytes. */
static void read_entries(struct cli_manifest_reader *reader,
                         const json_t *array, const char *name,
                         const struct cli_manifest_field *fields, void *entries,
                         size_t size)
{
    for (size_t index = 0; entries != NULL && reader->err == ASSAY_OK &&
                           index < json_array_size(array);
         index++) {
        size_t mark = cli_manifest_enter(reader, name, index);

        cli_manifest_object(reader, json_array_get(array, index), fields,
                            (char *)entries + index * size);
        cli_manifest_leave(reader, mark);
    }
}

/* How many sources or verdicts the claims have together. */
static size_t count_nested(struct cli_manifest_reader *reader,
                           const json_t *claims, const char *name)
{
    size_t total = 0;

    for (size_t index = 0; index < json_array_size(claims); index++) {
        size_t mark = cli_manifest_enter(reader, "claims", index);

        total += cli_manifest_array(reader, json_array_get(claims, index), name,
                                    CLI_MANIFEST_RECORDS_MAX);
        cli_manifest_leave(reader, mark);
    }
    return total;
}

/* Counts every list, so that none is larger than the whole may be. */
static void count_entries(struct cli_manifest_reader *reader,
                          const json_t *root, struct cli_manifest *manifest)
{
    const json_t *claims = json_object_get(root, "claims");
    const struct {
        const char *name;
        size_t *count;
    } lists[] = {{"captures", &manifest->capture_count},
                 {"claims", &manifest->claim_count},
                 {"links", &manifest->link_count},
                 {"challenges", &manifest->challenge_count},
                 {"endorsements", &manifest->endorsement_count}};
    size_t total = 0;

    for (size_t index = 0; index < sizeof(lists) / sizeof(lists[0]); index++) {
        *lists[index].count = cli_manifest_array(
            reader, root, lists[index].name, CLI_MANIFEST_RECORDS_MAX);
        total += *lists[index].count;
    }
    manifest->source_count = count_nested(reader, claims, "sources");
    manifest->verdict_count = count_nested(reader, claims, "verdicts");
    total += manifest->source_count + manifest->verdict_count;
    if (total > CLI_MANIFEST_RECORDS_MAX) {
        cli_manifest_fail(reader, ASSAY_E_LIMIT,
                          "it has more than %u records; load it in parts",
                          CLI_MANIFEST_RECORDS_MAX);
    }
}

/* All allocated before the first is read: what is counted is there. */
static void allocate(struct cli_manifest_reader *reader,
                     struct cli_manifest *manifest)
{
    manifest->captures = new_entries(reader, manifest->capture_count,
                                     sizeof(manifest->captures[0]));
    manifest->claims =
        new_entries(reader, manifest->claim_count, sizeof(manifest->claims[0]));
    manifest->sources = new_entries(reader, manifest->source_count,
                                    sizeof(manifest->sources[0]));
    manifest->verdicts = new_entries(reader, manifest->verdict_count,
                                     sizeof(manifest->verdicts[0]));
    manifest->links =
        new_entries(reader, manifest->link_count, sizeof(manifest->links[0]));
    manifest->challenges = new_entries(reader, manifest->challenge_count,
                                       sizeof(manifest->challenges[0]));
    manifest->endorsements = new_entries(reader, manifest->endorsement_count,
                                         sizeof(manifest->endorsements[0]));
}

static void read_places(struct cli_manifest_reader *reader,
                        const json_t *object, struct cli_manifest_claim *claim)
{
    size_t count = cli_manifest_array(reader, object, "places", ASSAY_LIST_MAX);

    claim->places = new_entries(reader, count, sizeof(claim->places[0]));
    claim->place_count = claim->places == NULL ? 0 : count;
    read_entries(reader, json_object_get(object, "places"), "places",
                 place_fields, claim->places, sizeof(claim->places[0]));
}

/* A claim with what is nested in it, which goes behind that of the claims
 * before: *source and *verdict count what was read. */
static void read_claim(struct cli_manifest_reader *reader, const json_t *object,
                       struct cli_manifest *manifest, size_t index,
                       size_t *source, size_t *verdict)
{
    const json_t *sources = json_object_get(object, "sources");
    const json_t *verdicts = json_object_get(object, "verdicts");

    cli_manifest_object(reader, object, claim_fields, &manifest->claims[index]);
    read_places(reader, object, &manifest->claims[index]);
    read_entries(reader, sources, "sources", source_fields,
                 manifest->sources == NULL ? NULL : &manifest->sources[*source],
                 sizeof(manifest->sources[0]));
    read_entries(reader, verdicts, "verdicts", verdict_fields,
                 manifest->verdicts == NULL ? NULL
                                            : &manifest->verdicts[*verdict],
                 sizeof(manifest->verdicts[0]));
    for (size_t at = 0; at < json_array_size(sources); at++, (*source)++) {
        manifest->sources[*source].claim = index;
        manifest->sources[*source].position = at;
    }
    for (size_t at = 0; at < json_array_size(verdicts); at++, (*verdict)++) {
        manifest->verdicts[*verdict].claim = index;
        manifest->verdicts[*verdict].position = at;
    }
}

static void read_claims(struct cli_manifest_reader *reader,
                        const json_t *claims, struct cli_manifest *manifest)
{
    size_t source = 0;
    size_t verdict = 0;

    for (size_t index = 0;
         reader->err == ASSAY_OK && index < manifest->claim_count; index++) {
        size_t mark = cli_manifest_enter(reader, "claims", index);

        read_claim(reader, json_array_get(claims, index), manifest, index,
                   &source, &verdict);
        cli_manifest_leave(reader, mark);
    }
}

static void read_top(struct cli_manifest_reader *reader, const json_t *root,
                     struct cli_manifest *manifest)
{
    struct top top = {NULL, NULL};

    cli_manifest_object(reader, root, top_fields, &top);
    if (reader->err == ASSAY_OK &&
        strcmp(top.format, CLI_MANIFEST_FORMAT) != 0) {
        cli_manifest_fail_at(reader, "format",
                             "it is not \"" CLI_MANIFEST_FORMAT "\"");
    }
    manifest->team = top.team;
    count_entries(reader, root, manifest);
    allocate(reader, manifest);
    read_entries(reader, json_object_get(root, "captures"), "captures",
                 capture_fields, manifest->captures,
                 sizeof(manifest->captures[0]));
    read_claims(reader, json_object_get(root, "claims"), manifest);
    read_entries(reader, json_object_get(root, "links"), "links", link_fields,
                 manifest->links, sizeof(manifest->links[0]));
    read_entries(reader, json_object_get(root, "challenges"), "challenges",
                 challenge_fields, manifest->challenges,
                 sizeof(manifest->challenges[0]));
    read_entries(reader, json_object_get(root, "endorsements"), "endorsements",
                 endorsement_fields, manifest->endorsements,
                 sizeof(manifest->endorsements[0]));
    if (reader->err == ASSAY_OK) {
        cli_manifest_resolve(reader, manifest);
    }
}

static json_t *load_json(struct assay_bytes json,
                         struct cli_manifest_fault *fault)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)json.data, json.len,
                              JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        (void)snprintf(fault->where, sizeof(fault->where), "line %d, column %d",
                       error.line, error.column);
        (void)snprintf(fault->why, sizeof(fault->why), "it is not JSON: %s",
                       error.text);
    }
    return root;
}

enum assay_err cli_manifest_parse(struct assay_bytes json,
                                  struct cli_manifest **manifest_out,
                                  struct cli_manifest_fault *fault_out)
{
    struct cli_manifest_reader reader;

    memset(&reader, 0, sizeof(reader));
    reader.fault = fault_out;
    if (json.len > CLI_MANIFEST_MAX) {
        cli_manifest_fail(&reader, ASSAY_E_LIMIT, "it is larger than 16 MiB");
        return ASSAY_E_LIMIT;
    }
    struct cli_manifest *manifest = calloc(1, sizeof(*manifest));
    if (manifest == NULL) {
        return ASSAY_E_NOMEM;
    }
    json_t *root = load_json(json, fault_out);
    manifest->root = root;
    if (root == NULL) {
        reader.err = ASSAY_E_MALFORMED;
    } else {
        read_top(&reader, root, manifest);
    }
    if (reader.err != ASSAY_OK) {
        cli_manifest_free(manifest);
        return reader.err;
    }
    *manifest_out = manifest;
    return ASSAY_OK;
}

static void free_lists(struct cli_manifest *manifest)
{
    for (size_t index = 0;
         manifest->claims != NULL && index < manifest->claim_count; index++) {
        free(manifest->claims[index].topics.items);
        free(manifest->claims[index].places);
    }
    for (size_t index = 0;
         manifest->verdicts != NULL && index < manifest->verdict_count;
         index++) {
        free(manifest->verdicts[index].cites.items);
        free(manifest->verdicts[index].supersedes.items);
    }
    for (size_t index = 0;
         manifest->challenges != NULL && index < manifest->challenge_count;
         index++) {
        free(manifest->challenges[index].cites.items);
    }
}

void cli_manifest_free(struct cli_manifest *manifest)
{
    if (manifest == NULL) {
        return;
    }
    free_lists(manifest);
    free(manifest->captures);
    free(manifest->claims);
    free(manifest->sources);
    free(manifest->verdicts);
    free(manifest->links);
    free(manifest->challenges);
    free(manifest->endorsements);
    json_decref(manifest->root);
    free(manifest);
}
