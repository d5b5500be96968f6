/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scdoc.h - text that scdoc(5) shall take as it is.
 */
#ifndef ASSAY_NODE_SCDOC_H
#define ASSAY_NODE_SCDOC_H

#include <stdio.h>

/* Writes ASCII text with what is markup to scdoc escaped. */
void node_scdoc_put(FILE *out, const char *text);

#endif
