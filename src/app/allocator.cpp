// How the program's allocator, jemalloc, behaves (docs/decisions.md). It reads this variable before
// main() runs.
//
// Finished SIP transactions stay for half a minute, so a burst leaves much memory free behind it: a
// thread in the background gives what was not used for ten seconds back to the kernel, also where
// nothing is allocated any more. Few arenas, since few threads allocate.
extern "C" {
__attribute__((visibility("default"))) extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,narenas:4,dirty_decay_ms:10000,muzzy_decay_ms:0";
}
