/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - every bound of records, with its reason.
 */
#ifndef ASSAY_PROTOCOL_LIMITS_H
#define ASSAY_PROTOCOL_LIMITS_H

#include <stdint.h>

/* Sizes fixed by SHA-256, Ed25519 (RFC 8032) and the record format. */
#define ASSAY_HASH_SIZE 32
#define ASSAY_ID_SIZE 32
#define ASSAY_KEY_SIZE 32
#define ASSAY_SECRET_SIZE 64
#define ASSAY_SIGNATURE_SIZE 64
#define ASSAY_SALT_SIZE 16

/* Envelope and body, 32 KiB: half a message frame, so that one always fits. */
#define ASSAY_RECORD_MAX 32768

/* What [envelope, body] adds around the two: heads of at most 1 + 3 bytes. */
#define ASSAY_ITEM_MAX (ASSAY_RECORD_MAX + 8)

/* Long texts (claim, rationale, note, quote), 16 KiB: half of a record. */
#define ASSAY_TEXT_MAX 16384

/* Titles, names, labels, topics, languages: a line that a person reads. */
#define ASSAY_NAME_MAX 256

/* A URL: what servers and browsers accept in practice. */
#define ASSAY_URL_MAX 2048

/* Lists (about, topics, appearances, languages): one screen of a table. */
#define ASSAY_LIST_MAX 64

/* Heads that one record joins when it heals a fork. */
#define ASSAY_PREV_MAX 8

/* Last good records that a revocation names: as many as a log has heads. */
#define ASSAY_LAST_MAX 64

/* Heads of one log; a griefer's forks end here. A local limit. */
#define ASSAY_HEADS_MAX 64

/* Times and sizes: what a reader that keeps numbers as doubles still holds. */
#define ASSAY_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* Nesting of CBOR items inside what this version does not know. */
#define ASSAY_CBOR_DEPTH_MAX 8

/* Sign-offs that a grant may ask for: more editors than any desk has. */
#define ASSAY_SIGNOFFS_MAX 16

/* A chain of root keys: one rotation a week for two decades. */
#define ASSAY_ROTATIONS_MAX 1024

/* Captured bytes by default, 64 MiB: a long PDF or a page with its pictures. */
#define ASSAY_CAPTURE_MAX 67108864

/* The longest bech32m text: a prefix of 8, "1", 52 data and 6 check chars. */
#define ASSAY_ID_TEXT_MAX 72

/* Characters after the prefix that a short form needs at least. */
#define ASSAY_ID_SHORT_MIN 8

#endif
