# SPDX-License-Identifier: Apache-2.0
# How tests, fuzzers and benchmarks are declared.
#
#   assay_test(NAME n SOURCES … LIBS … [LABELS …] [TIMEOUT s])
#     builds test_<n> from a cmocka source and runs it as the test <n>
#   assay_script_test(NAME n COMMAND … [LABELS …] [TIMEOUT s])
#     runs a command from the folder of its CMakeLists.txt; it finds the program
#     in $ASSAY_BIN, the node in $ASSAYD_BIN and a python with the
#     distribution's packages in $PYTHON3
#   assay_fuzzer(NAME n SOURCES … LIBS … [LABELS …] [TIMEOUT s])
#     builds fuzz_<n>; the seeds in corpus/<n>/ are an ordinary test
#   assay_bench(NAME n SOURCES … LIBS …)
#     builds bench_<n>, which only people start
#
# LABELS: "slow" is left out when a change lands, though ./test runs it; "tsan"
# is run again under the thread sanitizer. TIMEOUT is in seconds, and far from
# what a slow machine needs; tests with a high one begin first, so that none of
# them is left running alone at the end.

find_program(ASSAY_PYTHON3 python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(NOT ASSAY_PYTHON3)
  find_program(ASSAY_PYTHON3 python3)
endif()
mark_as_advanced(ASSAY_PYTHON3)

# No test sees the user's home, ledger or keys.
function(assay_test_environment name labels timeout)
  set(home "${PROJECT_BINARY_DIR}/test-home/${name}")
  file(MAKE_DIRECTORY "${home}")
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}"
    TIMEOUT "${timeout}"
    COST "${timeout}"
    ENVIRONMENT "HOME=${home};LC_ALL=C.UTF-8;TZ=UTC;ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1;UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1;TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
    ENVIRONMENT_MODIFICATION "XDG_DATA_HOME=unset:;XDG_CONFIG_HOME=unset:;ASSAY_LEDGER=unset:;ASSAY_PASSPHRASE_FILE=unset:;EDITOR=unset:;VISUAL=unset:")
endfunction()

function(assay_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT"
    "SOURCES;LIBS;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  add_executable(test_${arg_NAME} ${arg_SOURCES})
  target_compile_definitions(test_${arg_NAME} PRIVATE
    "ASSAY_TEST_VECTORS=\"${PROJECT_SOURCE_DIR}/tests/vectors\"")
  target_include_directories(test_${arg_NAME} PRIVATE
    "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/tests/support")
  target_link_libraries(test_${arg_NAME} PRIVATE
    assay_options ${arg_LIBS} PkgConfig::CMOCKA)
  add_test(NAME ${arg_NAME} COMMAND test_${arg_NAME})
  assay_test_environment(${arg_NAME} "${arg_LABELS}" ${arg_TIMEOUT})
endfunction()

function(assay_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "COMMAND;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 240)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  assay_test_environment(${arg_NAME} "${arg_LABELS}" ${arg_TIMEOUT})
  set_property(TEST ${arg_NAME} APPEND PROPERTY ENVIRONMENT
    "PYTHON3=${ASSAY_PYTHON3}" "PYTHONDONTWRITEBYTECODE=1"
    "ASSAY_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "ASSAY_BINARY_DIR=${PROJECT_BINARY_DIR}")
  if(TARGET assay)
    set_property(TEST ${arg_NAME} APPEND PROPERTY ENVIRONMENT
      "ASSAY_BIN=$<TARGET_FILE:assay>")
  endif()
  if(TARGET assayd)
    set_property(TEST ${arg_NAME} APPEND PROPERTY ENVIRONMENT
      "ASSAYD_BIN=$<TARGET_FILE:assayd>")
  endif()
endfunction()

function(assay_fuzzer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT"
    "SOURCES;LIBS;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(fuzz_${arg_NAME} ${arg_SOURCES})
  target_include_directories(fuzz_${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(fuzz_${arg_NAME} PRIVATE assay_options ${arg_LIBS})
  if(ASSAY_FUZZ)
    target_link_options(fuzz_${arg_NAME} PRIVATE -fsanitize=fuzzer)
    set(run -runs=0)
  else()
    target_link_libraries(fuzz_${arg_NAME} PRIVATE assay_replay)
    set(run)
  endif()
  if(ASSAY_TESTS)
    add_test(NAME fuzz_${arg_NAME} COMMAND fuzz_${arg_NAME} ${run}
      "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${arg_NAME}")
    list(PREPEND arg_LABELS fuzz)
    assay_test_environment(fuzz_${arg_NAME} "${arg_LABELS}" ${arg_TIMEOUT})
  endif()
endfunction()

function(assay_bench)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS")
  add_executable(bench_${arg_NAME} ${arg_SOURCES})
  target_include_directories(bench_${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(bench_${arg_NAME} PRIVATE assay_options ${arg_LIBS})
endfunction()
