# What the sanitizers build (scripts/sanitize): all unit tests and the simulation's program, and all fuzzers.
add_custom_target(unit_tests)
add_custom_target(fuzzers)

# baton_slow_under_sanitizers(<target>...)
#
# Tells that these targets are not what runs for long: a test's own code, the wiring of the program. The sanitizers' presets
# do not optimise that: compiling it takes half of the time then.
function(baton_slow_under_sanitizers)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
    foreach(target ${ARGN})
      target_compile_options(${target} PRIVATE -O0)
    endforeach()
  endif()
endfunction()

# baton_unit_test(<name>)
#
# Makes the GoogleTest program baton_<name>_test the ctest test unit_<name>.
function(baton_unit_test name)
  add_test(NAME unit_${name} COMMAND baton_${name}_test --gtest_brief=1)
  set_tests_properties(unit_${name} PROPERTIES LABELS unit TIMEOUT 300)
  add_dependencies(unit_tests baton_${name}_test)
  baton_slow_under_sanitizers(baton_${name}_test)
endfunction()

# baton_room(<name> [ROOMS <room>...] [LIBS <target>...] [TEST_LIBS <target>...] [ALONE <file>...])
#
# Makes the static library baton_<name> of every .cpp of the calling folder, its unit tests (*_test.cpp)
# as the ctest test unit_<name>, and its micro-benchmarks (*_bench.cpp) as baton_<name>_bench.
# ROOMS are other rooms of ours that it may include, LIBS third-party targets. ALONE are the files that the sanitizers'
# presets, which compile the files of a room together (a third of the time), and the release's, which does so with its
# tests, must compile by themselves: names in their unnamed namespace stand in another file's, too.
function(baton_room name)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBS;TEST_LIBS;ALONE" ${ARGN})
  file(GLOB all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")

  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

  if(sources)
    set(visibility PUBLIC)
    add_library(baton_${name} STATIC ${sources})
    target_link_libraries(baton_${name} PRIVATE baton_warnings)
    if(BATON_ROOMS_APART)
      set_target_properties(baton_${name} PROPERTIES UNITY_BUILD OFF)
    endif()
  else()
    set(visibility INTERFACE)
    add_library(baton_${name} INTERFACE)
  endif()
  target_include_directories(baton_${name} ${visibility} ${CMAKE_SOURCE_DIR}/src)
  foreach(room ${ARG_ROOMS})
    target_link_libraries(baton_${name} ${visibility} baton_${room})
  endforeach()
  target_link_libraries(baton_${name} ${visibility} ${ARG_LIBS})

  if(BATON_BUILD_TESTS AND tests)
    add_executable(baton_${name}_test ${tests})
    target_link_libraries(baton_${name}_test PRIVATE baton_${name} baton_warnings ${ARG_TEST_LIBS}
                          GTest::gtest GTest::gmock GTest::gtest_main)
    target_compile_definitions(baton_${name}_test PRIVATE BATON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    baton_unit_test(${name})
  endif()
  if(BATON_BUILD_TESTS AND benches)
    add_executable(baton_${name}_bench ${benches})
    target_link_libraries(baton_${name}_bench PRIVATE baton_${name} baton_warnings benchmark::benchmark
                          benchmark::benchmark_main)
  endif()
endfunction()
