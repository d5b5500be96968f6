/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

#include "report.h"

#include "protocol/kinds/capture.h"
#include "protocol/text.h"
#include "store/captures.h"

/* The nearest text as quoted in a message: a few lines of a terminal. */
#define NEAREST_SHOWN_MAX 320

static const char *form_wrong(struct assay_bytes text,
                              enum cli_option_form form)
{
    switch (form) {
    case CLI_TEXT_LONG:
        return text.len > ASSAY_TEXT_MAX ? "longer than 16384 bytes" : NULL;
    case CLI_TEXT_NAME:
        return text.len > ASSAY_NAME_MAX ? "longer than 256 bytes" : NULL;
    case CLI_TEXT_URL:
        return assay_text_is_url(text)
                   ? NULL
                   : "not an http or https URL of at most 2048 bytes";
    case CLI_TEXT_LANG:
        return assay_text_is_lang(text) ? NULL
                                        : "not a language tag such as \"en\"";
    case CLI_TEXT_DATE:
        return assay_text_is_date(text)
                   ? NULL
                   : "not a date: YYYY, YYYY-MM, YYYY-MM-DD or "
                     "YYYY-MM-DDThh:mm:ssZ";
    }
    return NULL;
}

const char *cli_draft_text_wrong(const char *text, enum cli_option_form form)
{
    struct assay_bytes bytes = assay_bytes_of(text);
    struct assay_fault fault = {0, NULL};

    if (bytes.len == 0) {
        return "empty";
    }
    if (assay_text_check(bytes, &fault) != ASSAY_OK) {
        return "not text: it has control characters or is not UTF-8";
    }
    return form_wrong(bytes, form);
}

enum cli_exit cli_draft_option(const struct cli_args *args, const char *name,
                               enum cli_option_form form,
                               struct assay_bytes *text_out)
{
    const char *value = cli_args_value(args, name);

    if (value != NULL) {
        const char *wrong = cli_draft_text_wrong(value, form);

        if (wrong != NULL) {
            cli_report("--%s is %s", name, wrong);
            return CLI_USAGE;
        }
    }
    *text_out = assay_bytes_of(value);
    return CLI_DONE;
}

static void report_absent(const struct assay_quote_result *result,
                          const char *where)
{
    size_t len = result->nearest.len;

    if (result->nearest.data == NULL) {
        cli_report("%s: the quote is absent from the captured bytes, and "
                   "nothing there is like it",
                   where);
        return;
    }
    if (len > NEAREST_SHOWN_MAX) {
        len = NEAREST_SHOWN_MAX;
        while (len > 0 && (result->nearest.data[len] & 0xc0U) == 0x80U) {
            len--;
        }
    }
    cli_report("%s: the quote is absent from the captured bytes; the nearest "
               "text, at byte %zu, is: %.*s%s",
               where, result->nearest_offset, (int)len,
               (const char *)result->nearest.data,
               len < result->nearest.len ? " ..." : "");
}

enum cli_exit cli_draft_quote(struct assay_bytes text,
                              const struct assay_place *place,
                              const char *where)
{
    struct assay_quote_result result = assay_quote_find(text, place, true);

    switch (result.state) {
    case ASSAY_QUOTE_FOUND:
        return CLI_DONE;
    case ASSAY_QUOTE_ABSENT:
        report_absent(&result, where);
        return CLI_REFUSED;
    case ASSAY_QUOTE_AMBIGUOUS:
        cli_report("%s: the quote is ambiguous: it stands in the captured "
                   "bytes %s%zu times; say which one is meant by the words "
                   "before it (prefix) or after it (suffix)",
                   where, result.count >= 1000 ? "at least " : "",
                   result.count);
        return CLI_REFUSED;
    }
    return CLI_REFUSED;
}

/* Looks for the quote in the capture's bytes where they are here and text. */
static enum cli_exit check_quote(struct cli_context *context,
                                 struct store_view *view,
                                 const struct assay_place *place)
{
    struct store_row row;
    struct assay_capture capture;
    struct assay_bytes bytes;
    enum assay_err err = store_view_by_id(view, &place->capture, &row);

    if (err != ASSAY_OK) {
        return cli_report_err("reading the capture", err, NULL);
    }
    if (row.record.body.data == NULL ||
        assay_capture_read(row.record.body, &capture, NULL) != ASSAY_OK) {
        cli_report("--capture: what that capture holds is not known here; its "
                   "body was erased, is missing or malformed");
        return CLI_REFUSED;
    }
    if (!assay_capture_is_text(capture.media_type)) {
        cli_note("the quote was not checked: the capture is not text");
        return CLI_DONE;
    }
    err = store_captures_get(context->ledger, capture.sha256, &bytes);
    if (err == ASSAY_E_NOT_FOUND) {
        cli_note("the quote was not checked: the captured bytes are not here");
        return CLI_DONE;
    }
    if (err != ASSAY_OK) {
        return cli_report_err("reading the captured bytes", err, NULL);
    }
    enum cli_exit exit_code = cli_draft_quote(bytes, place, "--quote");
    store_captures_release(bytes);
    return exit_code;
}

/* The texts of a place, without its capture. */
static enum cli_exit place_texts(const struct cli_args *args,
                                 struct assay_place *place)
{
    enum cli_exit exit_code =
        cli_draft_option(args, "url", CLI_TEXT_URL, &place->url);

    if (exit_code == CLI_DONE) {
        exit_code =
            cli_draft_option(args, "quote", CLI_TEXT_LONG, &place->exact);
    }
    if (exit_code == CLI_DONE) {
        exit_code =
            cli_draft_option(args, "prefix", CLI_TEXT_LONG, &place->prefix);
    }
    if (exit_code == CLI_DONE) {
        exit_code =
            cli_draft_option(args, "suffix", CLI_TEXT_LONG, &place->suffix);
    }
    return exit_code;
}

enum cli_exit cli_draft_place(struct cli_context *context,
                              struct store_view *view,
                              const struct cli_args *args,
                              struct assay_place *place_out)
{
    struct assay_place place;
    const char *capture = cli_args_value(args, "capture");

    memset(&place, 0, sizeof(place));
    enum cli_exit exit_code = place_texts(args, &place);
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    if (place.exact.data == NULL &&
        (place.prefix.data != NULL || place.suffix.data != NULL)) {
        cli_report("--prefix and --suffix stand beside a --quote");
        return CLI_USAGE;
    }
    if (place.exact.data != NULL && capture == NULL && place.url.data == NULL) {
        cli_report("--quote needs the --capture or --url it is from");
        return CLI_USAGE;
    }
    if (capture != NULL) {
        exit_code = cli_context_record(view, capture, ASSAY_KIND_CAPTURE,
                                       &place.capture);
        place.has_capture = true;
    }
    if (exit_code == CLI_DONE && capture != NULL && place.exact.data != NULL) {
        exit_code = check_quote(context, view, &place);
    }
    if (exit_code == CLI_DONE) {
        *place_out = place;
    }
    return exit_code;
}
