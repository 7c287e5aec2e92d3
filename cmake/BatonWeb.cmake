# Makes the target baton_web_assets: the pages of web/, built and put into the program (docs/web.md).
#
# The pages are built by scripts/build-web into build/web/pages of the source tree, once for all build folders, and only
# when their sources changed. scripts/embed-web makes the table of their files. Where the tools could not be fetched
# (build/web/stale), there is no stamp, so that the next build tries again. An old stamp would not do: Ninja runs a custom
# command with `restat`, and takes what it left alone for up to date.
# No GLOB_RECURSE: each build would walk the thousands of files in node_modules.
set(web ${CMAKE_SOURCE_DIR}/web)
file(GLOB web_sources LIST_DIRECTORIES false CONFIGURE_DEPENDS ${web}/*.* ${web}/*/*.* ${web}/*/src/* ${web}/*/src/*/*
     ${web}/tools/* ${web}/tools/runtime/*.json)
list(FILTER web_sources EXCLUDE REGEX "/(node_modules|dist|coverage)/|\\.test\\.tsx?$")
file(GLOB web_schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/*.json)

set(web_folder ${CMAKE_BINARY_DIR}/web)
file(MAKE_DIRECTORY ${web_folder})
add_custom_command(
  OUTPUT ${web_folder}/assets.stamp
  BYPRODUCTS ${web_folder}/assets.S ${web_folder}/assets.cpp
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/build-web
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/embed-web ${CMAKE_SOURCE_DIR}/build/web/pages ${web_folder}/assets.S
          ${web_folder}/assets.cpp
  COMMAND sh -c "if test -e \"$0\"; then rm -f \"$1\"; else touch \"$1\"; fi" ${CMAKE_SOURCE_DIR}/build/web/stale
          ${web_folder}/assets.stamp
  DEPENDS ${web_sources} ${web_schemas} ${CMAKE_SOURCE_DIR}/scripts/build-web ${CMAKE_SOURCE_DIR}/scripts/embed-web
          ${CMAKE_SOURCE_DIR}/scripts/web-tools
  COMMENT "Building the pages" VERBATIM)
add_custom_target(web_pages DEPENDS ${web_folder}/assets.stamp)

add_library(baton_web_assets STATIC ${web_folder}/assets.S ${web_folder}/assets.cpp)
add_dependencies(baton_web_assets web_pages)
target_include_directories(baton_web_assets PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(baton_web_assets PRIVATE baton_warnings)
