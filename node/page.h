/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - assayd(8), as scdoc(5) reads it, but for the options, which
 * options.h puts between its two parts.
 */
#ifndef ASSAY_NODE_PAGE_H
#define ASSAY_NODE_PAGE_H

#include <stdio.h>

void node_page_begin(FILE *out);
void node_page_end(FILE *out);

#endif
