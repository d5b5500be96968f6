/* SPDX-License-Identifier: Apache-2.0 */
#include "err.h"

const char *assay_err_phrase(enum assay_err err)
{
    switch (err) {
#define ASSAY_ERR_CASE(code, phrase)                                           \
    case code:                                                                 \
        return phrase;
        ASSAY_ERR_MAP(ASSAY_ERR_CASE)
#undef ASSAY_ERR_CASE
    }
    return "an error without a name";
}

const char *assay_err_name(enum assay_err err)
{
    switch (err) {
#define ASSAY_ERR_CASE(code, phrase)                                           \
    case code:                                                                 \
        return #code;
        ASSAY_ERR_MAP(ASSAY_ERR_CASE)
#undef ASSAY_ERR_CASE
    }
    return "ASSAY_E_UNNAMED";
}
