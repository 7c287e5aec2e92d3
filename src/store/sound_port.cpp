#include "store/sound_port.hpp"

#include <cstdint>

namespace baton::store {

int sound_port(Database& database) {
  return static_cast<int>(database.query_integer(
      "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'sound_port'), 0)"));
}

Status keep_sound_port(Database& database, int port) {
  if (port == sound_port(database)) return {};
  Statement put = database.prepare(
      "INSERT INTO meta(key, value) VALUES('sound_port', ?1) "
      "ON CONFLICT(key) DO UPDATE SET value = excluded.value");
  return put.bind(1, static_cast<std::int64_t>(port)).run();
}

}  // namespace baton::store
