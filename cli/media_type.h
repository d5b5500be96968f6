/* SPDX-License-Identifier: Apache-2.0 */
/*
 * media_type.h - what kind of file captured bytes are, where nobody said.
 */
#ifndef ASSAY_CLI_MEDIA_TYPE_H
#define ASSAY_CLI_MEDIA_TYPE_H

#include "protocol/bytes.h"

/*
 * The media type (RFC 6838) of a file: by the extension of its name where that
 * is a common one, else text/plain where the bytes are UTF-8 without control
 * characters, else application/octet-stream. Static. Textual types say that
 * they are UTF-8 where the bytes are.
 */
const char *cli_media_type(const char *name, struct assay_bytes bytes);

#endif
