# SPDX-License-Identifier: Apache-2.0
# Uses ccache where there is one, unless the caller chose a launcher.
if(NOT DEFINED CMAKE_C_COMPILER_LAUNCHER)
  find_program(ASSAY_CCACHE ccache)
  mark_as_advanced(ASSAY_CCACHE)
  if(ASSAY_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${ASSAY_CCACHE}")
  endif()
endif()
