/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_internal.h - the second half of reading a manifest: what names what.
 * Not installed.
 */
#ifndef ASSAY_CLI_MANIFEST_INTERNAL_H
#define ASSAY_CLI_MANIFEST_INTERNAL_H

#include "manifest_reader.h"

/* Refuses keys that are given twice, sets the index of every reference, and
 * refuses those that name nothing, or what they may not. */
void cli_manifest_resolve(struct cli_manifest_reader *reader,
                          struct cli_manifest *manifest);

#endif
