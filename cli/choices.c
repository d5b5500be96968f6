/* SPDX-License-Identifier: Apache-2.0 */
#include "choices.h"

#include <string.h>

#include "protocol/kind.h"
#include "protocol/kinds/verdict.h"

static void put_ratings(FILE *out)
{
    for (int i = 1; i <= ASSAY_RATING_COUNT; i++) {
        (void)fprintf(out, "%s%s", i == 1 ? "" : " ",
                      assay_rating_name((enum assay_rating)i));
    }
}

static void put_relations(FILE *out)
{
    static const enum assay_relation between_claims[] = {
        ASSAY_REL_SAME_AS, ASSAY_REL_CONTRADICTS, ASSAY_REL_PART_OF,
        ASSAY_REL_TRANSLATION_OF, ASSAY_REL_REPEATS};

    for (size_t i = 0; i < sizeof(between_claims) / sizeof(between_claims[0]);
         i++) {
        (void)fprintf(out, "%s%s", i == 0 ? "" : " ",
                      assay_relation_name(between_claims[i]));
    }
}

/* "a|b|c", in brackets or not, where each is a word to be typed as it is. */
static bool are_words(const char *called)
{
    return strchr(called, '|') != NULL &&
           strspn(called, "abcdefghijklmnopqrstuvwxyz-|[]") == strlen(called);
}

bool cli_choices_put(FILE *out, const char *called)
{
    if (strcmp(called, "RATING") == 0) {
        put_ratings(out);
        return true;
    }
    if (strstr(called, "RELATION") != NULL) {
        put_relations(out);
        return true;
    }
    if (!are_words(called)) {
        return false;
    }
    for (; *called != '\0'; called++) {
        if (*called != '[' && *called != ']') {
            (void)fputc(*called == '|' ? ' ' : *called, out);
        }
    }
    return true;
}

bool cli_choices_are_keys(const char *called)
{
    return strcmp(called, "KEY") == 0 || strcmp(called, "[KEY]") == 0 ||
           strcmp(called, "[KEY|TEAM]") == 0;
}
