/* SPDX-License-Identifier: Apache-2.0 */
/* What names what in a manifest, and the rules that no table of fields says. */
#include "manifest_internal.h"

#include "protocol/check.h"

#include <stdlib.h>

/* A key with the entry that has it. */
struct name {
    const char *key;
    uint64_t kind; /* enum assay_kind. */
    size_t index;
};

struct names {
    struct name *items; /* Sorted by key. */
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->key, ((const struct name *)b)->key);
}

static bool is_key(const char *key)
{
    size_t len = strlen(key);

    return len <= CLI_MANIFEST_KEY_MAX &&
           strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                       "0123456789-_.") == len;
}

static void add_name(struct cli_manifest_reader *reader, struct names *names,
                     const char *key, uint64_t kind, size_t index)
{
    if (key == NULL) {
        return;
    }
    if (!is_key(key)) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED,
                          "the key %.80s is not of letters, digits, \"-\", "
                          "\"_\" and \".\", or longer than %d",
                          key, CLI_MANIFEST_KEY_MAX);
        return;
    }
    names->items[names->count++] = (struct name){key, kind, index};
}

static void collect(struct cli_manifest_reader *reader,
                    const struct cli_manifest *manifest, struct names *names)
{
    size_t max = manifest->capture_count + manifest->claim_count +
                 manifest->source_count + manifest->verdict_count;

    names->items = calloc(max + 1, sizeof(names->items[0]));
    if (names->items == NULL) {
        cli_manifest_fail(reader, ASSAY_E_NOMEM, "memory is exhausted");
        return;
    }
    for (size_t i = 0; i < manifest->capture_count; i++) {
        add_name(reader, names, manifest->captures[i].key, ASSAY_KIND_CAPTURE,
                 i);
    }
    for (size_t i = 0; i < manifest->claim_count; i++) {
        add_name(reader, names, manifest->claims[i].key, ASSAY_KIND_CLAIM, i);
    }
    for (size_t i = 0; i < manifest->source_count; i++) {
        add_name(reader, names, manifest->sources[i].key, ASSAY_KIND_SOURCE, i);
    }
    for (size_t i = 0; i < manifest->verdict_count; i++) {
        add_name(reader, names, manifest->verdicts[i].key, ASSAY_KIND_VERDICT,
                 i);
    }
    qsort(names->items, names->count, sizeof(names->items[0]), compare_names);
    for (size_t i = 1; i < names->count; i++) {
        if (compare_names(&names->items[i - 1], &names->items[i]) == 0) {
            cli_manifest_fail(reader, ASSAY_E_MALFORMED,
                              "the key %s is given twice", names->items[i].key);
        }
    }
}

static const struct name *find_name(const struct names *names, const char *key)
{
    const struct name wanted = {key, 0, 0};

    return bsearch(&wanted, names->items, names->count, sizeof(wanted),
                   compare_names);
}

/* Sets the index of a reference that is given. kind is what it must name; for
 * 0 a claim, source or verdict. Returns the kind. */
static uint64_t resolve(struct cli_manifest_reader *reader,
                        const struct names *names, const char *field,
                        uint64_t kind, struct cli_manifest_ref *ref)
{
    if (ref->key == NULL) {
        return 0;
    }
    const struct name *name = find_name(names, ref->key);
    size_t mark = cli_manifest_enter(reader, field, CLI_MANIFEST_NONE);
    if (name == NULL) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED,
                          "nothing has the key %.80s", ref->key);
    } else if (kind == 0 ? name->kind == ASSAY_KIND_CAPTURE
                         : name->kind != kind) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED, "%.64s is a %s, not a %s",
                          ref->key, assay_kind_name(name->kind),
                          kind == 0 ? "claim, source or verdict"
                                    : assay_kind_name(kind));
    } else {
        ref->index = name->index;
    }
    cli_manifest_leave(reader, mark);
    return name == NULL ? 0 : name->kind;
}

/* A list of keys; no record is named twice. */
static void resolve_list(struct cli_manifest_reader *reader,
                         const struct names *names, const char *field,
                         uint64_t kind, struct cli_manifest_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        (void)resolve(reader, names, field, kind, &list->items[i]);
        for (size_t j = 0; j < i; j++) {
            if (list->items[j].index == list->items[i].index) {
                cli_manifest_fail_at(reader, field, "it names one twice");
            }
        }
    }
}

static void check_place(struct cli_manifest_reader *reader,
                        const struct names *names,
                        struct cli_manifest_place *place)
{
    (void)resolve(reader, names, "capture", ASSAY_KIND_CAPTURE,
                  &place->capture);
    if (place->capture.key == NULL && place->url == NULL) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED,
                          "it has neither a capture nor a url");
    }
    if (place->quote == NULL &&
        (place->prefix != NULL || place->suffix != NULL)) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED,
                          "it has a prefix or suffix without a quote");
    }
}

/* A path of plain names below the manifest's folder. */
static bool is_inside(const char *file)
{
    const char *part = file;

    for (;;) {
        size_t len = strcspn(part, "/");

        if (len == 0 || (len == 1 && part[0] == '.') ||
            (len == 2 && part[0] == '.' && part[1] == '.')) {
            return false;
        }
        if (part[len] == '\0') {
            return true;
        }
        part += len + 1;
    }
}

static void check_captures(struct cli_manifest_reader *reader,
                           const struct cli_manifest *manifest)
{
    for (size_t i = 0; i < manifest->capture_count; i++) {
        const struct cli_manifest_capture *capture = &manifest->captures[i];
        size_t mark = cli_manifest_enter(reader, "captures", i);

        if (!is_inside(capture->file)) {
            cli_manifest_fail_at(reader, "file",
                                 "it is no path below the manifest's folder "
                                 "(relative, without \".\", \"..\" or \"//\")");
        }
        if (capture->sha256 != NULL &&
            (strlen(capture->sha256) != 2UL * ASSAY_HASH_SIZE ||
             strspn(capture->sha256, "0123456789abcdef") !=
                 2UL * ASSAY_HASH_SIZE)) {
            cli_manifest_fail_at(reader, "sha256",
                                 "it is not 64 lower-case hexadecimal digits");
        }
        cli_manifest_leave(reader, mark);
    }
}

static void check_claims(struct cli_manifest_reader *reader,
                         const struct names *names,
                         struct cli_manifest *manifest)
{
    for (size_t i = 0; i < manifest->claim_count; i++) {
        struct cli_manifest_claim *claim = &manifest->claims[i];
        size_t mark = cli_manifest_enter(reader, "claims", i);

        for (size_t j = 0; j < claim->place_count; j++) {
            size_t inner = cli_manifest_enter(reader, "places", j);

            check_place(reader, names, &claim->places[j]);
            cli_manifest_leave(reader, inner);
        }
        cli_manifest_leave(reader, mark);
    }
}

static void check_source(struct cli_manifest_reader *reader,
                         const struct names *names,
                         struct cli_manifest_source *source)
{
    source->stance = assay_stance_by_name(assay_bytes_of(source->stance_name));
    if (source->stance == 0) {
        cli_manifest_fail_at(reader, "stance",
                             "it is not supports, refutes or context");
    }
    check_place(reader, names, &source->place);
}

/* Whether two entries are signed by one team, as far as the manifest says. */
static bool same_team(const struct cli_manifest *manifest, const char *a,
                      const char *b)
{
    a = a == NULL ? manifest->team : a;
    b = b == NULL ? manifest->team : b;
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void check_verdict(struct cli_manifest_reader *reader,
                          const struct names *names,
                          struct cli_manifest *manifest, size_t index)
{
    struct cli_manifest_verdict *verdict = &manifest->verdicts[index];

    verdict->rating =
        assay_rating_by_name(assay_bytes_of(verdict->rating_name));
    if (verdict->rating == 0) {
        cli_manifest_fail_at(reader, "rating",
                             "it is not true, mostly-true, mixed, misleading, "
                             "mostly-false, false, unproven, satire or "
                             "outdated");
    }
    resolve_list(reader, names, "cites", ASSAY_KIND_SOURCE, &verdict->cites);
    resolve_list(reader, names, "supersedes", ASSAY_KIND_VERDICT,
                 &verdict->supersedes);
    if (verdict->cites.count + verdict->supersedes.count + 1 > ASSAY_LIST_MAX) {
        cli_manifest_fail(reader, ASSAY_E_LIMIT,
                          "it speaks about more than %d records",
                          ASSAY_LIST_MAX);
    }
    for (size_t i = 0; reader->err == ASSAY_OK && i < verdict->supersedes.count;
         i++) {
        size_t earlier = verdict->supersedes.items[i].index;
        const struct cli_manifest_verdict *old = &manifest->verdicts[earlier];

        if (earlier >= index || old->claim != verdict->claim ||
            !same_team(manifest, old->team, verdict->team)) {
            cli_manifest_fail_at(reader, "supersedes",
                                 "it names a verdict that is not an earlier "
                                 "one of the same team on the same claim");
        }
    }
}

static void check_replies(struct cli_manifest_reader *reader,
                          const struct names *names,
                          struct cli_manifest *manifest)
{
    for (size_t i = 0; i < manifest->source_count; i++) {
        struct cli_manifest_source *source = &manifest->sources[i];
        size_t mark = cli_manifest_enter(reader, "claims", source->claim);

        (void)cli_manifest_enter(reader, "sources", source->position);
        check_source(reader, names, source);
        cli_manifest_leave(reader, mark);
    }
    for (size_t i = 0; i < manifest->verdict_count; i++) {
        const struct cli_manifest_verdict *verdict = &manifest->verdicts[i];
        size_t mark = cli_manifest_enter(reader, "claims", verdict->claim);

        (void)cli_manifest_enter(reader, "verdicts", verdict->position);
        check_verdict(reader, names, manifest, i);
        cli_manifest_leave(reader, mark);
    }
}

static void check_link(struct cli_manifest_reader *reader,
                       const struct names *names,
                       struct cli_manifest_link *link)
{
    link->relation =
        assay_relation_by_name(assay_bytes_of(link->relation_name));
    if (!assay_relation_is_link(link->relation)) {
        cli_manifest_fail_at(reader, "relation",
                             "it is not same-as, contradicts, part-of, "
                             "translation-of or repeats");
    }
    (void)resolve(reader, names, "from", ASSAY_KIND_CLAIM, &link->from);
    (void)resolve(reader, names, "to", ASSAY_KIND_CLAIM, &link->to);
    if (link->from.index == link->to.index) {
        cli_manifest_fail(reader, ASSAY_E_MALFORMED,
                          "it joins a claim with itself");
    }
}

static void check_lists(struct cli_manifest_reader *reader,
                        const struct names *names,
                        struct cli_manifest *manifest)
{
    for (size_t i = 0; i < manifest->link_count; i++) {
        size_t mark = cli_manifest_enter(reader, "links", i);

        check_link(reader, names, &manifest->links[i]);
        cli_manifest_leave(reader, mark);
    }
    for (size_t i = 0; i < manifest->challenge_count; i++) {
        struct cli_manifest_challenge *challenge = &manifest->challenges[i];
        size_t mark = cli_manifest_enter(reader, "challenges", i);

        challenge->on_kind = resolve(reader, names, "on", 0, &challenge->on);
        resolve_list(reader, names, "cites", ASSAY_KIND_SOURCE,
                     &challenge->cites);
        if (challenge->cites.count == ASSAY_LIST_MAX) {
            cli_manifest_fail(reader, ASSAY_E_LIMIT,
                              "it speaks about more than %d records",
                              ASSAY_LIST_MAX);
        }
        cli_manifest_leave(reader, mark);
    }
    for (size_t i = 0; i < manifest->endorsement_count; i++) {
        size_t mark = cli_manifest_enter(reader, "endorsements", i);

        (void)resolve(reader, names, "on", ASSAY_KIND_VERDICT,
                      &manifest->endorsements[i].on);
        cli_manifest_leave(reader, mark);
    }
}

void cli_manifest_resolve(struct cli_manifest_reader *reader,
                          struct cli_manifest *manifest)
{
    struct names names = {NULL, 0};

    ASSAY_CHECK(reader->err == ASSAY_OK);
    collect(reader, manifest, &names);
    if (reader->err == ASSAY_OK) {
        check_captures(reader, manifest);
        check_claims(reader, &names, manifest);
        check_replies(reader, &names, manifest);
        check_lists(reader, &names, manifest);
    }
    free(names.items);
}
