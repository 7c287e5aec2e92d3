#include "digest.hpp"

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "core/named_codec.hpp"

namespace baton::simulation {

void Digest::add(std::string_view bytes) {
  for (const char byte : bytes)
    value_ = (value_ ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
}

void Digest::add(const core::Input& input, const core::Outputs& outputs,
                 const core::ContactCenter& center) {
  std::string text;
  core::NamedEncoder::encode(input, text);
  std::map<message::Uuid, std::string> stored;
  for (const core::Output& output : outputs) {
    std::visit(
        [&](const auto& each) {
          using T = std::decay_t<decltype(each)>;
          if constexpr (std::is_same_v<T, core::Publish>) {
            text += message::print(each.event, "");
          } else if constexpr (std::is_same_v<T, core::StoreTransfer>) {
            stored[each.transfer->current.transfer_id] =
                message::print(*each.transfer) + message::print_timeline(*each.transfer);
          } else if constexpr (std::is_same_v<T, core::StoreContact>) {
            stored[each.contact->contact_id] = message::print(*each.contact);
          } else if constexpr (std::is_same_v<T, core::ArmTimer>) {
            text += std::to_string(each.timer) + '@' + std::to_string(each.at);
          } else if constexpr (std::is_same_v<T, core::CancelTimer>) {
            text += std::to_string(each.timer) + '-';
          } else if constexpr (std::is_same_v<T, core::LeftQueue>) {
            text += each.queue + std::to_string(static_cast<int>(each.how)) + '@' +
                    std::to_string(each.waited_ms);
          } else {
            core::NamedEncoder::encode(each, text);
          }
        },
        output);
  }
  for (const auto& [id, record] : stored) text += record;
  text += center.save();
  add(text);
}

}  // namespace baton::simulation
