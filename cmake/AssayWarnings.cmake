# SPDX-License-Identifier: Apache-2.0
target_compile_options(assay_options INTERFACE
  -Wall
  -Wextra
  -Wpedantic
  -Wshadow
  -Wconversion
  -Wsign-conversion
  -Wcast-align
  -Wcast-qual
  -Wformat=2
  -Wmissing-prototypes
  -Wold-style-definition
  -Wpointer-arith
  -Wstrict-prototypes
  -Wswitch-enum
  -Wundef
  -Wvla
  -Wwrite-strings)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(assay_options INTERFACE
    -Wduplicated-cond
    -Wjump-misses-init
    -Wlogical-op)
elseif(CMAKE_C_COMPILER_ID MATCHES "Clang")
  target_compile_options(assay_options INTERFACE
    -Wcomma
    -Wunreachable-code)
endif()

if(ASSAY_WERROR)
  target_compile_options(assay_options INTERFACE -Werror)
endif()
