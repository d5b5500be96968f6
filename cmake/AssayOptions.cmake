# SPDX-License-Identifier: Apache-2.0
# assay_options carries our language level, warnings, hardening and sanitizers.
# Our targets link it PRIVATE, so that none of it reaches who embeds libassay.
include(CheckPIESupported)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES C)

add_library(assay_options INTERFACE)
target_compile_definitions(assay_options INTERFACE _POSIX_C_SOURCE=200809L)

# What ASSAY_CHECK prints is the same wherever the source was unpacked.
target_compile_options(assay_options INTERFACE
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")

include(AssayWarnings)
include(AssayHardening)
include(AssaySanitizers)
