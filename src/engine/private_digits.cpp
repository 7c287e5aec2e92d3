#include "engine/private_digits.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>
#include <utility>
#include <variant>

namespace baton::engine {

PrivateDigits::PrivateDigits() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes to give");
}

PrivateDigits::~PrivateDigits() { OPENSSL_cleanse(key_.data(), key_.size()); }

void PrivateDigits::take_from(core::RequestInput& asked) {
  message::Request& request = asked.request;
  if (request.kind != message::RequestKind::send_dtmf) return;
  digits_.insert_or_assign(asked.reply, std::exchange(request.digits, {}));
  std::array<unsigned char, sizeof request.content_hash> content{};
  std::memcpy(content.data(), &request.content_hash, content.size());
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  const bool made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), content.data(),
                         content.size(), mac.data(), &size) != nullptr;
  // Without it no repeat is known, which is better than digits that can be guessed.
  request.content_hash = 0;
  if (made) std::memcpy(&request.content_hash, mac.data(), sizeof request.content_hash);
}

void PrivateDigits::give_to(const core::RequestInput& asked, core::Outputs& outputs) {
  auto kept = digits_.extract(asked.reply);
  if (kept.empty()) return;
  for (core::Output& output : outputs) {
    auto* command = std::get_if<core::Command>(&output);
    if (command == nullptr) continue;
    if (auto* dtmf = std::get_if<core::SendDtmf>(&command->body)) dtmf->digits = kept.mapped();
    if (auto* bridge = std::get_if<core::BridgeCommand>(&command->body);
        bridge != nullptr && bridge->order.action == message::BridgeAction::sendDigits) {
      bridge->order.digits = kept.mapped();
    }
  }
  OPENSSL_cleanse(kept.mapped().data(), kept.mapped().size());
}

}  // namespace baton::engine
