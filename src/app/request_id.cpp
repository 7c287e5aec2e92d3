#include "app/request_id.hpp"

#include <fmt/format.h>

#include <random>

namespace baton::app {

std::string make_request_id() {
  std::random_device device;  // On Linux the system's own source of randomness.
  std::string id = "cli-";
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", device());
  return id;
}

}  // namespace baton::app
