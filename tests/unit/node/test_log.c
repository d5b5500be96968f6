/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log.h"

#include <fcntl.h>
#include <unistd.h>

#include "testing.h"

#define LINE_MAX_READ (2 * NODE_LOG_LINE_MAX)

static uint64_t fixed_now(void)
{
    return UINT64_C(1767225600123); /* 2026-01-01T00:00:00.123Z */
}

struct fixture {
    int pipe[2];
    struct node_log log;
    char text[LINE_MAX_READ];
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    assert_int_equal(pipe(fixture.pipe), 0);
    assert_int_equal(fcntl(fixture.pipe[0], F_SETFL, O_NONBLOCK), 0);
    fixture.log = (struct node_log){
        .fd = fixture.pipe[1], .level = NODE_LOG_INFO, .now_ms = fixed_now};
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    (void)close(fixture->pipe[0]);
    (void)close(fixture->pipe[1]);
    return 0;
}

/* What was logged since the last call. */
static const char *logged(struct fixture *fixture)
{
    ssize_t len =
        read(fixture->pipe[0], fixture->text, sizeof(fixture->text) - 1);

    fixture->text[len < 0 ? 0 : len] = '\0';
    return fixture->text;
}

static void a_line_is_key_and_value(void **state)
{
    struct fixture *fixture = *state;
    struct node_log_line line;

    node_log_begin(&line, &fixture->log, NODE_LOG_WARN, "peer-gone");
    node_log_text(&line, "at", "[::1]:7117");
    node_log_number(&line, "records", 18446744073709551615U);
    node_log_err(&line, ASSAY_E_SIGNATURE);
    node_log_text(&line, "empty", "");
    node_log_end(&line);
    assert_string_equal(
        logged(fixture),
        "time=2026-01-01T00:00:00.123Z level=warn event=peer-gone "
        "at=[::1]:7117 records=18446744073709551615 "
        "reason=\"the signature does not match\" empty=\"\"\n");
}

/* Whatever a peer says of itself, a line stays one line and does nothing to a
 * terminal. */
static void values_are_made_harmless(void **state)
{
    static const struct {
        const char *value;
        const char *shown;
    } cases[] = {
        {"plain-1.0/x", "plain-1.0/x"},
        {"two words", "\"two words\""},
        {"a\nlevel=error", "\"a\\nlevel=error\""},
        {"\x1b[31mred", "\"\\u{1B}[31mred\""},
        {"quote\" and \\", "\"quote\\\" and \\\\\""},
        {"tab\there", "\"tab\\there\""},
        {"k=v", "\"k=v\""},
        {"\xe2\x80\xae"
         "txt",
         "\"\\u{202E}txt\""},
        {"\xff\xfe", "\"\\u{FFFD}\\u{FFFD}\""},
        {"Z\xc3\xbcrich", "\"Z\xc3\xbcrich\""},
        {"\x7f\xc2\x85", "\"\\u{7F}\\u{85}\""},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[256];

        node_log_event(&fixture->log, NODE_LOG_INFO, "e", "v", cases[i].value);
        (void)snprintf(want, sizeof(want),
                       "time=2026-01-01T00:00:00.123Z level=info event=e "
                       "v=%s\n",
                       cases[i].shown);
        assert_string_equal(logged(fixture), want);
    }
}

static void what_is_less_important_is_left_out(void **state)
{
    struct fixture *fixture = *state;

    node_log_event(&fixture->log, NODE_LOG_DEBUG, "e", NULL, NULL);
    assert_string_equal(logged(fixture), "");
    fixture->log.level = NODE_LOG_ERROR;
    node_log_event(&fixture->log, NODE_LOG_WARN, "e", NULL, NULL);
    assert_string_equal(logged(fixture), "");
    node_log_event(&fixture->log, NODE_LOG_ERROR, "e", NULL, NULL);
    assert_int_not_equal(strlen(logged(fixture)), 0);
}

/* A line that grows too long keeps its whole values and says what it lacks. */
static void a_long_line_is_cut_at_a_value(void **state)
{
    struct fixture *fixture = *state;
    struct node_log_line line;
    char value[1200];

    memset(value, '\n', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    node_log_begin(&line, &fixture->log, NODE_LOG_INFO, "e");
    node_log_text(&line, "first", "1");
    node_log_text(&line, "long", value);
    node_log_text(&line, "last", "3");
    node_log_end(&line);
    assert_string_equal(logged(fixture),
                        "time=2026-01-01T00:00:00.123Z level=info event=e "
                        "first=1 cut=true\n");
}

/* Every length around the limit gives one line that ends. */
static void a_line_always_ends(void **state)
{
    struct fixture *fixture = *state;
    char value[NODE_LOG_LINE_MAX + 1];

    for (size_t len = NODE_LOG_LINE_MAX - 100; len <= NODE_LOG_LINE_MAX;
         len++) {
        memset(value, 'x', len);
        value[len] = '\0';
        node_log_event(&fixture->log, NODE_LOG_INFO, "e", "v", value);
        const char *text = logged(fixture);

        assert_true(strlen(text) <= NODE_LOG_LINE_MAX);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    }
}

static void journald_gets_priorities_and_no_time(void **state)
{
    struct fixture *fixture = *state;

    fixture->log.is_journal = true;
    node_log_event(&fixture->log, NODE_LOG_ERROR, "e", NULL, NULL);
    assert_string_equal(logged(fixture), "<3>level=error event=e\n");
    node_log_event(&fixture->log, NODE_LOG_INFO, "e", NULL, NULL);
    assert_string_equal(logged(fixture), "<6>level=info event=e\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_key_and_value, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(values_are_made_harmless, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_less_important_is_left_out,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_at_a_value, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_line_always_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(journald_gets_priorities_and_no_time,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
