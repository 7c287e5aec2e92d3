#pragma once

#include <string_view>

namespace baton::app {

/// The three published samples of the blind transfer, word for word:
/// tests/fixtures/messages/blind-transfer-*.json, put into the program when it is built.
extern const std::string_view kDialPadSample;
extern const std::string_view kExternalSample;
extern const std::string_view kQueueSample;

}  // namespace baton::app
