#include "app/version.hpp"

namespace baton::app {

std::string_view version() { return BATON_VERSION; }

}  // namespace baton::app
