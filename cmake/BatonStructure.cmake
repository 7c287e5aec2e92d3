# Checks of the structure, as build targets (make lint):
#
#   headers_alone   each header of src/ compiles as the first and only include of a file. One with a .cpp of its name
#                   is proven by that, which includes it first (scripts/check-rules); the others get a file each here,
#                   and so do those of src/app, whose files the release build compiles together
#   core_purity     nothing that src/core, src/message and src/directory reach is an I/O library's header
#
# Neither is part of the default build.
file(GLOB_RECURSE baton_headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/src/*.hpp)
set(alone_folder ${CMAKE_BINARY_DIR}/headers_alone)
set(alone_sources)
foreach(header ${baton_headers})
  string(REGEX REPLACE "\\.hpp$" ".cpp" own_source ${header})
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${own_source} AND NOT header MATCHES "^app/")
    continue()
  endif()
  string(REPLACE "/" "_" unit ${header})
  set(unit ${alone_folder}/${unit}.cpp)
  # Twice: a header must also bear being included again.
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"@header@\"\n#include \"@header@\"\n" @ONLY)
  list(APPEND alone_sources ${unit})
endforeach()
add_library(headers_alone OBJECT EXCLUDE_FROM_ALL ${alone_sources})
set_target_properties(headers_alone PROPERTIES UNITY_BUILD OFF)
target_include_directories(headers_alone PRIVATE ${CMAKE_SOURCE_DIR}/src)
# Optimising nothing and keeping no symbols makes it a syntax check, with ccache's help.
target_compile_options(headers_alone PRIVATE -O0 -g0)
target_link_libraries(headers_alone PRIVATE baton_app baton_warnings)

# Debian keeps all headers in one /usr/include, so leaving a library out of a target cannot hide its headers. What
# is reached is therefore read from the compiler's own list of dependencies.
file(GLOB pure_sources CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/src/core/*.[ch]pp ${CMAKE_SOURCE_DIR}/src/message/*.[ch]pp ${CMAKE_SOURCE_DIR}/src/directory/*.[ch]pp)
list(FILTER pure_sources EXCLUDE REGEX "_(test|bench)\\.cpp$|/test_")
add_custom_target(core_purity
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/check-purity ${CMAKE_CXX_COMPILER} ${CMAKE_SOURCE_DIR}/src ${pure_sources}
  COMMENT "Reading what the pure rooms reach" VERBATIM)
