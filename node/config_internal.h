/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_internal.h - what the files of the configuration share.
 */
#ifndef ASSAY_NODE_CONFIG_INTERNAL_H
#define ASSAY_NODE_CONFIG_INTERNAL_H

#include "config.h"

/* Beyond this many steps everyone vouches for everyone. */
#define NODE_VOUCHED_STEPS_MAX 8

/* The field of a key. */
#define NODE_CONFIG_FIELD(config, key, type)                                   \
    ((type *)(void *)((char *)(config) + (key)->offset))

/* Says in the fault's text that a value breaks a rule; ASSAY_E_MALFORMED. */
ASSAY_MUST_CHECK
enum assay_err node_config_refuse(struct node_config_fault *fault_out,
                                  struct assay_bytes value, const char *rule);

#endif
