#pragma once

#include <optional>
#include <string_view>

#include "message/request_reader.hpp"

namespace baton::message {

/// Reads where a call goes: a string (the dial pad) or a quick-connect object in the published
/// shape. `field` names it in errors. Source of the rules: the published BlindTransfer page, its
/// tables and samples.
bool read_destination(RequestReader& reader, std::string_view field, const JsonNode* node,
                      std::optional<Destination>& destination);

}  // namespace baton::message
