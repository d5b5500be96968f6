# SPDX-License-Identifier: Apache-2.0
# Hardening for every optimised build. It stays out of Debug, where fortified
# functions need an optimiser, and out of sanitized builds, whose own checks
# fortified functions would hide.
include(CheckCCompilerFlag)

function(assay_harden flag)
  string(MAKE_C_IDENTIFIER "ASSAY_HAS${flag}" known)
  check_c_compiler_flag(${flag} ${known})
  if(${known})
    target_compile_options(assay_options INTERFACE
      "$<$<NOT:$<CONFIG:Debug>>:${flag}>")
  endif()
endfunction()

if(NOT ASSAY_SANITIZE)
  assay_harden(-fstack-protector-strong)
  assay_harden(-fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i.86)$")
    assay_harden(-fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    assay_harden(-mbranch-protection=standard)
  endif()
  # Some compilers predefine another level; the last word is ours.
  target_compile_options(assay_options INTERFACE
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>"
    "$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>")
  target_link_options(assay_options INTERFACE
    "LINKER:-z,relro" "LINKER:-z,now" "LINKER:-z,noexecstack")
endif()
