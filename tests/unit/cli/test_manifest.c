/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "cli/manifest.h"

#include <stdio.h>
#include <stdlib.h>

#define CLAIM(key) "{\"key\":\"" key "\",\"text\":\"One.\"}"
#define MANIFEST(rest) "{\"format\":\"assay-manifest/1\"" rest "}"

static struct cli_manifest *parse(const char *json)
{
    struct cli_manifest *manifest = NULL;
    struct cli_manifest_fault fault = {"", ""};

    enum assay_err err =
        cli_manifest_parse(assay_bytes_of(json), &manifest, &fault);
    if (err != ASSAY_OK) {
        fail_msg("%s: %s", fault.where, fault.why);
    }
    return manifest;
}

static void assert_refused_as(const char *json, enum assay_err wanted,
                              const char *where, const char *why)
{
    struct cli_manifest *manifest = NULL;
    struct cli_manifest_fault fault = {"", ""};

    assert_int_equal(
        cli_manifest_parse(assay_bytes_of(json), &manifest, &fault), wanted);
    assert_null(manifest);
    assert_string_equal(fault.where, where);
    if (strstr(fault.why, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.why, why);
    }
}

static void assert_refused(const char *json, const char *where, const char *why)
{
    assert_refused_as(json, ASSAY_E_MALFORMED, where, why);
}

static void names_become_indexes(void **state)
{
    (void)state;
    struct cli_manifest *manifest = parse(MANIFEST(
        ",\"captures\":[{\"file\":\"a\"},{\"key\":\"page\",\"file\":\"b/c\"}],"
        "\"claims\":[" CLAIM(
            "first") ",{\"key\":\"second\",\"text\":\"Two.\","
                     "\"topics\":[\"t\",\"u\"],"
                     "\"places\":[{\"capture\":\"page\",\"quote\":\"q\"}],"
                     "\"sources\":[{\"key\":\"s\",\"stance\":\"refutes\","
                     "\"url\":\"https://a.example/\"}],"
                     "\"verdicts\":[{\"key\":\"old\",\"rating\":\"mixed\","
                     "\"rationale\":\"r\"},{\"key\":\"new\",\"rating\":"
                     "\"mostly-false\","
                     "\"rationale\":\"r\",\"cites\":[\"s\"],\"supersedes\":["
                     "\"old\"]}]}],"
                     "\"links\":[{\"from\":\"second\",\"relation\":\"repeats\","
                     "\"to\":\"first\"}],"
                     "\"challenges\":[{\"on\":\"s\",\"reason\":\"r\"}],"
                     "\"endorsements\":[{\"on\":\"new\",\"as\":\"ann\"}]"));

    assert_int_equal(manifest->claims[1].places[0].capture.index, 1);
    assert_int_equal(manifest->claims[1].topics.count, 2);
    assert_int_equal(manifest->sources[0].claim, 1);
    assert_int_equal(manifest->sources[0].stance, ASSAY_STANCE_REFUTES);
    assert_int_equal(manifest->verdicts[1].rating, ASSAY_RATING_MOSTLY_FALSE);
    assert_int_equal(manifest->verdicts[1].position, 1);
    assert_int_equal(manifest->verdicts[1].cites.items[0].index, 0);
    assert_int_equal(manifest->verdicts[1].supersedes.items[0].index, 0);
    assert_int_equal(manifest->links[0].from.index, 1);
    assert_int_equal(manifest->links[0].to.index, 0);
    assert_int_equal(manifest->links[0].relation, ASSAY_REL_REPEATS);
    assert_int_equal(manifest->challenges[0].on_kind, ASSAY_KIND_SOURCE);
    assert_int_equal(manifest->endorsements[0].on.index, 1);
    assert_string_equal(manifest->endorsements[0].as, "ann");
    cli_manifest_free(manifest);
}

static void a_manifest_of_nothing_is_one(void **state)
{
    (void)state;
    struct cli_manifest *manifest = parse(MANIFEST(""));

    assert_null(manifest->team);
    assert_int_equal(manifest->claim_count, 0);
    cli_manifest_free(manifest);
}

static void what_is_not_json_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("{\n\"format\"\n:", "line 3, column 1", "not JSON");
    assert_refused("", "line 1, column 0", "not JSON");
    assert_refused("[]", "the manifest", "not an object");
    assert_refused(MANIFEST(",\"team\":\"a\",\"team\":\"b\""),
                   "line 1, column 46", "not JSON: duplicate");
}

static void another_format_is_refused(void **state)
{
    (void)state;
    assert_refused("{}", "format", "missing");
    assert_refused("{\"format\":\"assay-manifest/2\"}", "format",
                   "assay-manifest/1");
}

static void unknown_fields_are_refused_with_their_path(void **state)
{
    (void)state;
    assert_refused(MANIFEST(",\"extra\":1"), "extra", "no such field");
    assert_refused(MANIFEST(",\"claims\":[" CLAIM(
                       "a") ",{\"text\":\"x\","
                            "\"sources\":[{\"stance\":\"context\","
                            "\"url\":\"https://a.example/\",\"rating\":1}]}]"),
                   "claims[1].sources[0].rating", "no such field");
}

static void forms_are_checked_with_their_path(void **state)
{
    (void)state;
    assert_refused(MANIFEST(",\"claims\":[{\"text\":7}]"), "claims[0].text",
                   "not a string");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"\"}]"), "claims[0].text",
                   "empty");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"\\u001b[1m\"}]"),
                   "claims[0].text", "control");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"said\":\"May\"}]"),
                   "claims[0].said", "not a date");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"lang\":\"e n\"}]"),
                   "claims[0].lang", "language");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"topics\":"
                            "[\"a\",\"\"]}]"),
                   "claims[0].topics[1]", "empty");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"places\":"
                            "[{\"url\":\"ftp://a.example/\"}]}]"),
                   "claims[0].places[0].url", "http");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"places\":"
                            "[{\"quote\":\"q\"}]}]"),
                   "claims[0].places[0]", "neither a capture nor a url");
    assert_refused(MANIFEST(",\"claims\":{}"), "claims", "not an array");
}

static void ratings_stances_and_relations_are_listed(void **state)
{
    (void)state;
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"verdicts\":"
                            "[{\"rating\":\"fake\",\"rationale\":\"r\"}]}]"),
                   "claims[0].verdicts[0].rating", "outdated");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"sources\":"
                            "[{\"stance\":\"maybe\","
                            "\"url\":\"https://a.example/\"}]}]"),
                   "claims[0].sources[0].stance", "context");
    assert_refused(MANIFEST(",\"claims\":[" CLAIM("a") "," CLAIM(
                       "b") "],"
                            "\"links\":[{\"from\":\"a\",\"relation\":\"on\","
                            "\"to\":\"b\"}]"),
                   "links[0].relation", "same-as");
}

static void captured_files_stay_below_the_manifest(void **state)
{
    static const char *const outside[] = {"/etc/passwd", "..",   "../a", "a/..",
                                          "a/../../b",   "a//b", "./a",  "a/"};
    char json[128];

    (void)state;
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        (void)snprintf(json, sizeof(json),
                       MANIFEST(",\"captures\":[{\"file\":\"%s\"}]"),
                       outside[i]);
        assert_refused(json, "captures[0].file", "below the manifest");
    }
    cli_manifest_free(
        parse(MANIFEST(",\"captures\":[{\"file\":\"a/..b/c...\"}]")));
    assert_refused(MANIFEST(",\"captures\":[{\"file\":\"a\",\"sha256\":"
                            "\"00\"}]"),
                   "captures[0].sha256", "64");
}

static void names_that_name_nothing_are_refused(void **state)
{
    (void)state;
    assert_refused(MANIFEST(",\"claims\":[" CLAIM("a") "," CLAIM("a") "]"),
                   "the manifest", "given twice");
    assert_refused(MANIFEST(",\"claims\":[" CLAIM("a b") "]"), "the manifest",
                   "key");
    assert_refused(MANIFEST(",\"claims\":[{\"text\":\"x\",\"places\":"
                            "[{\"capture\":\"c\"}]}]"),
                   "claims[0].places[0].capture", "nothing has the key c");
    assert_refused(MANIFEST(",\"claims\":[" CLAIM(
                       "a") "],"
                            "\"endorsements\":[{\"on\":\"a\"}]"),
                   "endorsements[0].on", "a is a claim, not a verdict");
    assert_refused(MANIFEST(",\"claims\":[" CLAIM(
                       "a") "],\"links\":"
                            "[{\"from\":\"a\",\"relation\":\"same-as\","
                            "\"to\":\"a\"}]"),
                   "links[0]", "itself");
}

#define VERDICT(key, more)                                                     \
    "{\"key\":\"" key "\",\"rating\":\"true\",\"rationale\":\"r\"" more "}"
#define SUPERSEDES(key) ",\"supersedes\":[\"" key "\"]"

static void
a_verdict_supersedes_earlier_ones_of_its_team_and_claim(void **state)
{
    (void)state;
    assert_refused(
        MANIFEST(",\"claims\":[{\"text\":\"x\",\"verdicts\":[" VERDICT(
            "a", SUPERSEDES("b")) "," VERDICT("b", "") "]}]"),
        "claims[0].verdicts[0].supersedes", "not an earlier");
    assert_refused(
        MANIFEST(",\"claims\":[{\"text\":\"x\",\"verdicts\":[" VERDICT(
            "a", SUPERSEDES("a")) "]}]"),
        "claims[0].verdicts[0].supersedes", "not an earlier");
    assert_refused(
        MANIFEST(",\"claims\":[{\"text\":\"x\",\"verdicts\":[" VERDICT(
            "a",
            "") "]},{\"text\":\"y\",\"verdicts\":[" VERDICT("b",
                                                            SUPERSEDES(
                                                                "a")) "]}]"),
        "claims[1].verdicts[0].supersedes", "same claim");
    assert_refused(
        MANIFEST(",\"team\":\"A\",\"claims\":[{\"text\":\"x\","
                 "\"verdicts\":[" VERDICT("a", ",\"team\":\"B\"") "," VERDICT(
                     "b", SUPERSEDES("a")) "]}]"),
        "claims[0].verdicts[1].supersedes", "same team");
    cli_manifest_free(parse(
        MANIFEST(",\"team\":\"A\",\"claims\":[{\"text\":\"x\","
                 "\"verdicts\":[" VERDICT("a", ",\"team\":\"A\"") "," VERDICT(
                     "b", SUPERSEDES("a")) "]}]")));
}

/* {"format":...,"claims":[{"text":"x"},...]} with count claims. */
static char *many_claims(size_t count)
{
    static const char claim[] = "{\"text\":\"x\"},";
    static const char begin[] = "{\"format\":\"assay-manifest/1\",\"claims\":[";
    size_t claim_len = sizeof(claim) - 1;
    size_t begin_len = sizeof(begin) - 1;
    char *json = malloc(begin_len + count * claim_len + 3);

    assert_non_null(json);
    memcpy(json, begin, begin_len);
    for (size_t i = 0; i < count; i++) {
        memcpy(json + begin_len + i * claim_len, claim, claim_len);
    }
    /* Over the last comma. */
    memcpy(json + begin_len + count * claim_len - 1, "]}", 3);
    return json;
}

static void a_manifest_is_bounded(void **state)
{
    struct cli_manifest *manifest = NULL;
    struct cli_manifest_fault fault = {"", ""};
    char *json = many_claims(CLI_MANIFEST_RECORDS_MAX + 1);

    (void)state;
    assert_refused_as(json, ASSAY_E_LIMIT, "claims", "more than 20000");
    free(json);
    json = many_claims(CLI_MANIFEST_RECORDS_MAX);
    cli_manifest_free(parse(json));
    free(json);

    uint8_t *large = malloc(CLI_MANIFEST_MAX + 1U);
    assert_non_null(large);
    memset(large, ' ', CLI_MANIFEST_MAX + 1U);
    assert_int_equal(
        cli_manifest_parse((struct assay_bytes){large, CLI_MANIFEST_MAX + 1U},
                           &manifest, &fault),
        ASSAY_E_LIMIT);
    free(large);
}

static void long_names_do_not_break_the_path(void **state)
{
    char json[1024];
    char name[600];
    struct cli_manifest *manifest = NULL;
    struct cli_manifest_fault fault = {"", ""};

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)snprintf(json, sizeof(json), MANIFEST(",\"claims\":[{\"%s\":1}]"),
                   name);
    assert_int_equal(
        cli_manifest_parse(assay_bytes_of(json), &manifest, &fault),
        ASSAY_E_MALFORMED);
    assert_int_equal(strncmp(fault.where, "claims[0].nnn", 13), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_indexes),
        cmocka_unit_test(a_manifest_of_nothing_is_one),
        cmocka_unit_test(what_is_not_json_is_refused_with_its_line),
        cmocka_unit_test(another_format_is_refused),
        cmocka_unit_test(unknown_fields_are_refused_with_their_path),
        cmocka_unit_test(forms_are_checked_with_their_path),
        cmocka_unit_test(ratings_stances_and_relations_are_listed),
        cmocka_unit_test(captured_files_stay_below_the_manifest),
        cmocka_unit_test(names_that_name_nothing_are_refused),
        cmocka_unit_test(
            a_verdict_supersedes_earlier_ones_of_its_team_and_claim),
        cmocka_unit_test(a_manifest_is_bounded),
        cmocka_unit_test(long_names_do_not_break_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
