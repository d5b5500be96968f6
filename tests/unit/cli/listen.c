/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include "protocol/check.h"

#include <stdio.h>
#include <unistd.h>

void listen_begin(struct listening *listening)
{
    FILE *heard = tmpfile();

    ASSAY_CHECK(heard != NULL);
    listening->heard = heard;
    (void)fflush(stderr);
    listening->saved = dup(STDERR_FILENO);
    ASSAY_CHECK(listening->saved >= 0);
    ASSAY_CHECK(dup2(fileno(heard), STDERR_FILENO) >= 0);
}

void listen_end(struct listening *listening, char *said_out, size_t size)
{
    FILE *heard = listening->heard;

    (void)fflush(stderr);
    ASSAY_CHECK(dup2(listening->saved, STDERR_FILENO) >= 0);
    (void)close(listening->saved);
    rewind(heard);
    said_out[fread(said_out, 1, size - 1, heard)] = '\0';
    (void)fclose(heard);
}
