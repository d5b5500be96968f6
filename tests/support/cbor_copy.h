/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor_copy.h - reads one item head by head and writes it again.
 *
 * What a canonical item is made of gives the same bytes when it is written.
 * The order of map keys is the reader's to check, not this copy's.
 */
#ifndef ASSAY_TESTS_SUPPORT_CBOR_COPY_H
#define ASSAY_TESTS_SUPPORT_CBOR_COPY_H

#include "protocol/cbor.h"

/* Copies the next item, and all that is in it, from reader to writer. Stops
 * where the reader fails. */
void cbor_copy(struct assay_cbor_reader *reader,
               struct assay_cbor_writer *writer);

#endif
