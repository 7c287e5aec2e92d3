# Makes the target baton_phonenumber: Google's libphonenumber of Debian 12.
#
# libphonenumber-dev depends on libboost-thread-dev, which is Boost 1.74's and cannot be installed beside Boost 1.81's
# packages. So its headers are unpacked from the .deb into build/, and the library of the run-time package is linked by
# its name (docs/decisions.md). scripts/unpack-phonenumber fetches what is not there yet.
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/unpack-phonenumber
                OUTPUT_VARIABLE phonenumber_folder OUTPUT_STRIP_TRAILING_WHITESPACE
                RESULT_VARIABLE phonenumber_result)
if(NOT phonenumber_result EQUAL 0)
  message(FATAL_ERROR "The headers of libphonenumber could not be unpacked; scripts/unpack-phonenumber says why.")
endif()
# The folder is named after the version: 8.12.57+ds-3.
get_filename_component(phonenumber_version ${phonenumber_folder} NAME)
string(REGEX MATCH "^[0-9.]+" BATON_LIBPHONENUMBER_VERSION ${phonenumber_version})

find_library(BATON_PHONENUMBER_LIBRARY NAMES libphonenumber.so.8 REQUIRED)
pkg_check_modules(PROTOBUF REQUIRED IMPORTED_TARGET protobuf)
add_library(baton_phonenumber INTERFACE)
target_include_directories(baton_phonenumber SYSTEM INTERFACE ${phonenumber_folder}/usr/include)
# As Debian's library is built: its singletons and locks are of the standard library's kind.
target_compile_definitions(baton_phonenumber INTERFACE I18N_PHONENUMBERS_USE_STDMUTEX)
target_link_libraries(baton_phonenumber INTERFACE ${BATON_PHONENUMBER_LIBRARY} PkgConfig::PROTOBUF)
