/* SPDX-License-Identifier: Apache-2.0 */
#include "node/metrics.h"

#include "testing.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Metrics, each a line of # HELP, a line of # TYPE and a sample. */
#define METRICS_MAX 64
#define PAGE_LINE_MAX 512

struct metric {
    char name[PAGE_LINE_MAX];
    char type[PAGE_LINE_MAX];
    char help[PAGE_LINE_MAX];
    uint64_t value;
};

struct page {
    struct metric list[METRICS_MAX];
    size_t count;
};

/* The next line, without its end, which must be there; false at the end. */
static bool next_line(const char **at, char *line_out)
{
    const char *end = strchr(*at, '\n');

    if (**at == '\0') {
        return false;
    }
    assert_non_null(end); /* The format ends each line, the last one too. */
    assert_true(end - *at < PAGE_LINE_MAX);
    memcpy(line_out, *at, (size_t)(end - *at));
    line_out[end - *at] = '\0';
    *at = end + 1;
    return true;
}

/* Takes a word off, and the one blank behind it. */
static void take_word(char **at, char *word_out)
{
    size_t len = strcspn(*at, " ");

    assert_true(len > 0);
    memcpy(word_out, *at, len);
    word_out[len] = '\0';
    *at += len;
    if (**at == ' ') {
        (*at)++;
    }
}

static void take_exactly(char **at, const char *text)
{
    assert_int_equal(strncmp(*at, text, strlen(text)), 0);
    *at += strlen(text);
}

static void read_metric(const char **at, char *line, struct metric *metric)
{
    char name[PAGE_LINE_MAX];
    char *rest = line;

    take_exactly(&rest, "# HELP ");
    take_word(&rest, metric->name);
    (void)snprintf(metric->help, sizeof(metric->help), "%s", rest);
    assert_true(next_line(at, line));
    rest = line;
    take_exactly(&rest, "# TYPE ");
    take_word(&rest, name);
    assert_string_equal(name, metric->name);
    take_word(&rest, metric->type);
    assert_int_equal(*rest, '\0');
    assert_true(next_line(at, line));
    rest = line;
    take_word(&rest, name);
    assert_string_equal(name, metric->name);
    metric->value = strtoull(rest, &rest, 10);
    assert_int_equal(*rest, '\0');
}

/* Reads a page of numbers, each of which is the place of its field and one. */
static void read_page(const struct node_metrics_values *values,
                      struct page *page_out)
{
    char line[PAGE_LINE_MAX];
    size_t len = 0;
    char *text = node_metrics_text(values, &len);
    const char *at = text;

    assert_non_null(text);
    assert_int_equal(strlen(text), len);
    page_out->count = 0;
    while (next_line(&at, line)) {
        assert_true(page_out->count < METRICS_MAX);
        read_metric(&at, line, &page_out->list[page_out->count++]);
    }
    free(text);
}

/* Values that tell their fields apart. */
static struct node_metrics_values number_all(void)
{
    struct node_metrics_values values;

    for (size_t i = 0; i < sizeof(values) / sizeof(uint64_t); i++) {
        uint64_t value = i + 1;

        memcpy((char *)&values + i * sizeof(value), &value, sizeof(value));
    }
    return values;
}

static bool is_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (!islower((unsigned char)*at) && *at != '_') {
            return false;
        }
    }
    return strncmp(name, "assayd_", 7) == 0;
}

/* The text exposition format 0.0.4: names, types, no control bytes, and in a
 * help no backslash that is not an escape. A name stands for one metric. */
static void the_page_is_well_formed(void **state)
{
    struct node_metrics_values values = number_all();
    struct page page;
    (void)state;

    read_page(&values, &page);
    for (size_t i = 0; i < page.count; i++) {
        const struct metric *metric = &page.list[i];

        assert_true(is_name(metric->name));
        assert_true(strcmp(metric->type, "gauge") == 0 ||
                    strcmp(metric->type, "counter") == 0);
        assert_true(strlen(metric->help) > 0);
        assert_null(strpbrk(metric->help, "\\\t\r"));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(metric->name, page.list[k].name);
        }
    }
}

/* Whatever the node measures is told, and once. */
static void every_value_is_told_once(void **state)
{
    struct node_metrics_values values = number_all();
    struct page page;
    (void)state;

    read_page(&values, &page);
    assert_int_equal(page.count, sizeof(values) / sizeof(uint64_t));
    for (size_t i = 0; i < page.count; i++) {
        assert_in_range(page.list[i].value, 1, page.count);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(page.list[i].value, page.list[k].value);
        }
    }
}

/* Prometheus' custom, which tools rely on: what ends in _total only grows. */
static void totals_are_counters(void **state)
{
    struct node_metrics_values values = number_all();
    struct page page;
    (void)state;

    read_page(&values, &page);
    for (size_t i = 0; i < page.count; i++) {
        const char *name = page.list[i].name;
        size_t len = strlen(name);

        if (len > 6 && strcmp(name + len - 6, "_total") == 0) {
            assert_string_equal(page.list[i].type, "counter");
        }
    }
}

static void the_largest_value_is_told(void **state)
{
    struct node_metrics_values values = {.records = UINT64_MAX};
    struct page page;
    (void)state;

    read_page(&values, &page);
    for (size_t i = 0; i < page.count; i++) {
        bool is_records = strcmp(page.list[i].name, "assayd_records") == 0;

        assert_true(page.list[i].value == (is_records ? UINT64_MAX : 0));
    }
}

/* The manual says what each is. */
static void the_manual_names_every_metric(void **state)
{
    struct node_metrics_values values = number_all();
    struct page page;
    char *manual = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&manual, &len);
    (void)state;

    assert_non_null(out);
    node_metrics_print_scdoc(out);
    assert_int_equal(fclose(out), 0);
    read_page(&values, &page);
    for (size_t i = 0; i < page.count; i++) {
        char entry[2 * PAGE_LINE_MAX] = "*";
        size_t at = 1;

        /* In scdoc(5) an underscore within a word is escaped. */
        for (const char *c = page.list[i].name; *c != '\0'; c++) {
            if (*c == '_') {
                entry[at++] = '\\';
            }
            entry[at++] = *c;
        }
        (void)snprintf(entry + at, sizeof(entry) - at, "*\n\t");
        assert_non_null(strstr(manual, entry));
    }
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_well_formed),
        cmocka_unit_test(every_value_is_told_once),
        cmocka_unit_test(totals_are_counters),
        cmocka_unit_test(the_largest_value_is_told),
        cmocka_unit_test(the_manual_names_every_metric),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
