#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/input.hpp"
#include "core/output.hpp"

namespace baton::engine {

/// Keeps the digits of SendDTMF, which may be a card's number, off the disk: they are taken out of
/// the request before it is journalled, and put into the command that comes of it. A process that
/// dies in between has lost them, and they are not sent again. The engine's thread only.
class PrivateDigits {
 public:
  PrivateDigits();
  PrivateDigits(const PrivateDigits&) = delete;
  PrivateDigits& operator=(const PrivateDigits&) = delete;
  ~PrivateDigits();

  /// Takes the digits out of a request, and what they could be guessed by: `content_hash` becomes
  /// one that needs a key of this process (HMAC-SHA-256), so that a repeat is still known as long
  /// as it lives. After a restart a repeat counts as other content. Other requests are left alone.
  void take_from(core::RequestInput& asked);
  /// Puts them into the command that the request has led to, if it has; forgets them.
  void give_to(const core::RequestInput& asked, core::Outputs& outputs);

 private:
  std::array<unsigned char, 32> key_{};
  std::unordered_map<core::ReplyKey, std::string> digits_;  // Of the batch being worked on.
};

}  // namespace baton::engine
