#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton::gateway {

/// Whose request it is: `peer`, or, where that is a proxy which is trusted, the last address in
/// X-Forwarded-For that is none (what stands before it was written by the client himself). All
/// numeric; what is not an address ends the search. Any thread.
[[nodiscard]] std::string client_address(std::string_view peer, std::string_view forwarded_for,
                                         const std::vector<std::string>& trusted_proxies);

/// The address as attempts are counted: of IPv6 the first 64 bits, since one household has all of
/// the rest (RFC 6177).
[[nodiscard]] std::string counted_address(std::string_view address);

}  // namespace baton::gateway
