/* SPDX-License-Identifier: Apache-2.0 */
#include "kind.h"

struct kind_word {
    uint64_t number;
    const char *name;
};

static const struct kind_word kind_words[] = {
    {ASSAY_KIND_FOUND, "found"},         {ASSAY_KIND_PROFILE, "profile"},
    {ASSAY_KIND_MEMBER, "member"},       {ASSAY_KIND_REVOKE, "revoke"},
    {ASSAY_KIND_ROTATE, "rotate"},       {ASSAY_KIND_VOUCH, "vouch"},
    {ASSAY_KIND_CAPTURE, "capture"},     {ASSAY_KIND_CLAIM, "claim"},
    {ASSAY_KIND_SOURCE, "source"},       {ASSAY_KIND_VERDICT, "verdict"},
    {ASSAY_KIND_ENDORSE, "endorse"},     {ASSAY_KIND_LINK, "link"},
    {ASSAY_KIND_CHALLENGE, "challenge"}, {ASSAY_KIND_CARRY, "carry"},
    {ASSAY_KIND_RETRACT, "retract"},
};

static const struct kind_word relation_words[] = {
    {ASSAY_REL_ON, "on"},
    {ASSAY_REL_CAPTURE, "capture"},
    {ASSAY_REL_CITES, "cites"},
    {ASSAY_REL_SUPERSEDES, "supersedes"},
    {ASSAY_REL_ERASES, "erases"},
    {ASSAY_REL_SAME_AS, "same-as"},
    {ASSAY_REL_CONTRADICTS, "contradicts"},
    {ASSAY_REL_PART_OF, "part-of"},
    {ASSAY_REL_TRANSLATION_OF, "translation-of"},
    {ASSAY_REL_REPEATS, "repeats"},
};

#define KIND_WORD_COUNT (sizeof(kind_words) / sizeof(kind_words[0]))
#define RELATION_WORD_COUNT (sizeof(relation_words) / sizeof(relation_words[0]))

/* Numbers below this one are kept for kinds that decide who may speak. */
#define KIND_AUTHORITY_END 16

/* The numbers of the relations between two claims. */
#define RELATION_LINK_FIRST 16
#define RELATION_LINK_LAST 31

static const char *word_name(const struct kind_word *words, size_t count,
                             uint64_t number)
{
    for (size_t index = 0; index < count; index++) {
        if (words[index].number == number) {
            return words[index].name;
        }
    }
    return "unknown";
}

static uint64_t word_number(const struct kind_word *words, size_t count,
                            struct assay_bytes name)
{
    for (size_t index = 0; index < count; index++) {
        if (assay_bytes_equal(assay_bytes_of(words[index].name), name)) {
            return words[index].number;
        }
    }
    return 0;
}

const char *assay_kind_name(uint64_t kind)
{
    return word_name(kind_words, KIND_WORD_COUNT, kind);
}

uint64_t assay_kind_by_name(struct assay_bytes name)
{
    return word_number(kind_words, KIND_WORD_COUNT, name);
}

const char *assay_relation_name(uint64_t relation)
{
    return word_name(relation_words, RELATION_WORD_COUNT, relation);
}

uint64_t assay_relation_by_name(struct assay_bytes name)
{
    return word_number(relation_words, RELATION_WORD_COUNT, name);
}

bool assay_relation_is_link(uint64_t relation)
{
    return relation >= RELATION_LINK_FIRST && relation <= RELATION_LINK_LAST;
}

bool assay_kind_is_authority(uint64_t kind)
{
    return kind >= ASSAY_KIND_FOUND && kind < KIND_AUTHORITY_END;
}

bool assay_kind_is_root(uint64_t kind)
{
    return kind == ASSAY_KIND_FOUND || kind == ASSAY_KIND_ROTATE;
}
