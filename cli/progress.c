/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "words.h"

#include <stdio.h>
#include <unistd.h>

/* Steps of a hundredth, or of so many where the whole is not known. */
#define PARTS 100
#define STEP 1000

void cli_progress_begin(struct cli_progress *progress)
{
    *progress =
        (struct cli_progress){.is_terminal = isatty(STDERR_FILENO) != 0};
}

void cli_progress_show(struct cli_progress *progress, uint64_t done,
                       uint64_t total, const char *what)
{
    const uint64_t step = total > 0 ? total / PARTS : STEP;
    char done_text[CLI_NUMBER_MAX];
    char total_text[CLI_NUMBER_MAX];
    int len;

    if (!progress->is_terminal ||
        (progress->len > 0 && done >= progress->shown &&
         done - progress->shown < step)) {
        return;
    }
    cli_progress_end(progress);
    cli_number(done, done_text);
    cli_number(total, total_text);
    len = total > 0
              ? fprintf(stderr, "%s of %s %s\r", done_text, total_text, what)
              : fprintf(stderr, "%s %s\r", done_text, what);
    (void)fflush(stderr);
    progress->shown = done;
    progress->len = len > 0 ? (size_t)len : 0;
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->len > 0) {
        (void)fprintf(stderr, "%*s\r", (int)progress->len, "");
        (void)fflush(stderr);
        progress->len = 0;
    }
}
