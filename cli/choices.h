/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choices.h - what the table of commands says of words that stand for few
 * things: "supports|refutes|context", RATING, RELATION. A shell completes them.
 */
#ifndef ASSAY_CLI_CHOICES_H
#define ASSAY_CLI_CHOICES_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the words that may stand for what is called so (an option's value, or
 * a command's arguments), with a space between two. False, and nothing, where
 * it stands for anything. */
bool cli_choices_put(FILE *out, const char *called);

/* Whether a key of the keyring is what is called so. */
bool cli_choices_are_keys(const char *called);

#endif
