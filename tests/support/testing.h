/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.h - cmocka with the headers that it needs before itself.
 */
#ifndef ASSAY_TESTS_SUPPORT_TESTING_H
#define ASSAY_TESTS_SUPPORT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
