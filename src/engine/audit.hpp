#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "core/contact_center.hpp"
#include "core/input.hpp"
#include "core/output.hpp"
#include "store/audit.hpp"

namespace baton::engine {

/// Bytes that are kept of a target which is neither a number nor a name of the directory.
inline constexpr std::size_t kLongestAuditTarget = 128;

/// What the audit says of an input and what came of it (docs/audit.md): a request with its verdict,
/// a transfer begun or refused by a phone's own transfer key (`referrer` is whose leg it was), and
/// outcomes of transfers. Made of inputs and of what the core makes of them alone, but for
/// `address` (where a request came from; empty in a replay), so that a journal that is replayed
/// tells the same rows under the same keys.
void audit_of(const core::Input& input, const core::Outputs& outputs, const std::string& address,
              const std::optional<core::LegOwner>& referrer,
              const std::function<void(store::AuditRow)>& add);

}  // namespace baton::engine
