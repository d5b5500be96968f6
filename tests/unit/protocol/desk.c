/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <string.h>

int desk_open(void **state)
{
    static struct desk desk;

    desk = (struct desk){.history = history_new(2), .memview = memview_new()};
    desk.root = history_found(desk.history);
    desk.editor = history_member(desk.history, desk.root, ASSAY_ROLE_EDITOR, 0);
    desk.checker =
        history_member(desk.history, desk.root, ASSAY_ROLE_CHECKER, 2);
    *state = &desk;
    return 0;
}

int desk_close(void **state)
{
    struct desk *desk = *state;

    assay_validity_free(desk->validity);
    memview_free(desk->memview);
    history_free(desk->history);
    return 0;
}

void desk_forget(struct desk *desk)
{
    assay_validity_free(desk->validity);
    desk->validity = NULL;
}

struct assay_validity *desk_ask(struct desk *desk)
{
    if (desk->validity != NULL && desk->added == history_count(desk->history)) {
        return desk->validity;
    }
    desk_forget(desk);
    while (desk->added < history_count(desk->history)) {
        const struct history_item *item =
            history_item(desk->history, desk->added);

        assert_int_equal(memview_add(desk->memview, item->envelope, item->body),
                         ASSAY_OK);
        desk->added++;
    }
    assert_int_equal(
        assay_validity_new(memview_view(desk->memview), &desk->validity),
        ASSAY_OK);
    return desk->validity;
}

const struct assay_id *desk_id(const struct desk *desk, size_t index)
{
    return &history_item(desk->history, index)->id;
}

struct assay_validity_result desk_judge(struct desk *desk, size_t index)
{
    struct assay_validity *validity = desk_ask(desk);
    struct assay_validity_result result;

    assert_int_equal(
        assay_validity_of(validity,
                          memview_find(desk->memview, desk_id(desk, index)),
                          &result),
        ASSAY_OK);
    return result;
}

void desk_expect_stands(struct desk *desk, size_t index)
{
    static const struct assay_id none;
    struct assay_validity_result result = desk_judge(desk, index);

    assert_string_equal(assay_validity_name(result.state), "stands");
    assert_memory_equal(&result.cut_by, &none, sizeof(none));
}

void desk_expect_fell(struct desk *desk, size_t index,
                      enum assay_validity_state state, size_t cut_by)
{
    struct assay_validity_result result = desk_judge(desk, index);

    assert_string_equal(assay_validity_name(result.state),
                        assay_validity_name(state));
    assert_memory_equal(&result.cut_by, desk_id(desk, cut_by), ASSAY_ID_SIZE);
}

const struct assay_authority *desk_authority(struct desk *desk, size_t grant)
{
    const struct assay_authority *authority = NULL;

    assert_int_equal(assay_validity_authority(desk_ask(desk),
                                              desk_id(desk, grant), &authority),
                     ASSAY_OK);
    assert_non_null(authority);
    return authority;
}

size_t desk_smaller(const struct desk *desk, size_t a, size_t b)
{
    return memcmp(desk_id(desk, a), desk_id(desk, b), ASSAY_ID_SIZE) < 0 ? a
                                                                         : b;
}
