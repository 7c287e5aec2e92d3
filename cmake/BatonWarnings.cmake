# Warnings are errors, for our own targets only: system headers are included as SYSTEM.
add_library(baton_warnings INTERFACE)
target_compile_options(baton_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
# clang tells what libstdc++ 12 itself does with a deprecated name (stable_sort's buffer).
target_compile_options(baton_warnings INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
# gcc takes a file of ours that a unity unit includes for a header, whose types another file might see.
if(CMAKE_UNITY_BUILD)
  target_compile_options(baton_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
