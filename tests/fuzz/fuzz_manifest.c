/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_manifest.c - manifests from anyone: what is let through names only what
 * is there, and what is refused says where and why.
 */
#include "cli/manifest.h"
#include "protocol/check.h"
#include "protocol/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

static void check_ref(const struct cli_manifest_ref *ref, size_t count)
{
    ASSAY_CHECK((ref->key == NULL) == (ref->index == CLI_MANIFEST_NONE));
    ASSAY_CHECK(ref->key == NULL || ref->index < count);
}

static void check_list(const struct cli_manifest_list *list, size_t count)
{
    ASSAY_CHECK(list->count <= ASSAY_LIST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        ASSAY_CHECK(list->items[i].key != NULL);
        check_ref(&list->items[i], count);
    }
}

static void check_place(const struct cli_manifest *manifest,
                        const struct cli_manifest_place *place)
{
    check_ref(&place->capture, manifest->capture_count);
    ASSAY_CHECK(place->capture.key != NULL || place->url != NULL);
    ASSAY_CHECK(place->quote != NULL ||
                (place->prefix == NULL && place->suffix == NULL));
}

static void check_claims(const struct cli_manifest *manifest)
{
    for (size_t i = 0; i < manifest->claim_count; i++) {
        const struct cli_manifest_claim *claim = &manifest->claims[i];

        ASSAY_CHECK(claim->text != NULL);
        ASSAY_CHECK(claim->topics.count <= ASSAY_LIST_MAX);
        ASSAY_CHECK(claim->place_count <= ASSAY_LIST_MAX);
        for (size_t j = 0; j < claim->place_count; j++) {
            check_place(manifest, &claim->places[j]);
        }
    }
    for (size_t i = 0; i < manifest->source_count; i++) {
        ASSAY_CHECK(manifest->sources[i].claim < manifest->claim_count);
        ASSAY_CHECK(manifest->sources[i].stance != 0);
        check_place(manifest, &manifest->sources[i].place);
    }
    for (size_t i = 0; i < manifest->verdict_count; i++) {
        ASSAY_CHECK(manifest->verdicts[i].claim < manifest->claim_count);
        ASSAY_CHECK(manifest->verdicts[i].rating != 0);
        check_list(&manifest->verdicts[i].cites, manifest->source_count);
        /* Ids are needed before the record that names them is made. */
        check_list(&manifest->verdicts[i].supersedes, i);
    }
}

static void check_replies(const struct cli_manifest *manifest)
{
    for (size_t i = 0; i < manifest->link_count; i++) {
        check_ref(&manifest->links[i].from, manifest->claim_count);
        check_ref(&manifest->links[i].to, manifest->claim_count);
        ASSAY_CHECK(assay_relation_is_link(manifest->links[i].relation));
    }
    for (size_t i = 0; i < manifest->challenge_count; i++) {
        const struct cli_manifest_challenge *challenge =
            &manifest->challenges[i];

        check_ref(&challenge->on, challenge->on_kind == ASSAY_KIND_CLAIM
                                      ? manifest->claim_count
                                  : challenge->on_kind == ASSAY_KIND_SOURCE
                                      ? manifest->source_count
                                      : manifest->verdict_count);
        check_list(&challenge->cites, manifest->source_count);
    }
    for (size_t i = 0; i < manifest->endorsement_count; i++) {
        check_ref(&manifest->endorsements[i].on, manifest->verdict_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct cli_manifest *manifest = NULL;
    struct cli_manifest_fault fault = {"", ""};
    enum assay_err err = cli_manifest_parse(
        (struct assay_bytes){data, data_len}, &manifest, &fault);

    ASSAY_CHECK((err == ASSAY_OK) == (manifest != NULL));
    if (manifest == NULL) {
        ASSAY_CHECK(fault.where[0] != '\0' && fault.why[0] != '\0');
        return 0;
    }
    check_claims(manifest);
    check_replies(manifest);
    cli_manifest_free(manifest);
    return 0;
}
