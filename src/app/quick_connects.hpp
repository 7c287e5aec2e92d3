#pragma once

#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "app/session.hpp"

namespace baton::app {

/// The quick connect cannot be had: none or several of that name, or the server does not answer.
class QuickConnectError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The quick connect of that name as BlindTransfer's `data`, asked of the server for `agent`, who
/// must be allowed to use it. Throws QuickConnectError. Blocks for the reply.
[[nodiscard]] boost::json::value find_quick_connect(const Session& session,
                                                    const std::string& agent,
                                                    std::string_view name);

}  // namespace baton::app
