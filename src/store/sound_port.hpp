#pragma once

#include "store/sqlite.hpp"

namespace baton::store {

/// The UDP port that parked parties were last told of; 0: none. Throws StoreError. The
/// writer's thread, as for the next one.
[[nodiscard]] int sound_port(Database& database);

/// Writes nothing where it is that one already.
Status keep_sound_port(Database& database, int port);

}  // namespace baton::store
