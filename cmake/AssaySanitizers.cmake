# SPDX-License-Identifier: Apache-2.0
if(ASSAY_FUZZ AND NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "ASSAY_FUZZ needs clang: configure the preset 'fuzz'")
endif()

if(ASSAY_SANITIZE)
  set(assay_sanitize_flags
    "-fsanitize=${ASSAY_SANITIZE}"
    -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_compile_options(assay_options INTERFACE ${assay_sanitize_flags})
  target_link_options(assay_options INTERFACE ${assay_sanitize_flags})
endif()

# Everything reports its coverage to the fuzzer; the fuzzers alone bring its
# main function (tests/fuzz/CMakeLists.txt).
if(ASSAY_FUZZ)
  target_compile_options(assay_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(assay_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
