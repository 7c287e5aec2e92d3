#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "telephony/sip/leg_test_fixture.hpp"

namespace baton::telephony::sip::testing {

/// Legs that another process goes on with. The first switch is stopped without a word to anybody,
/// as a kill would; the second one begins on its address with what was kept.
class RestartFixture : public SwitchFixture {
 protected:
  void before_start() override {
    sip->keep_with(
        [this](SavedLeg leg, bool) {
          const std::lock_guard lock(mutex);
          ++saves;
          if (leg.state.empty()) {
            kept.erase(leg.leg);
          } else {
            kept[leg.leg] = std::move(leg.state);
          }
        },
        [this](SavedPhone phone, bool removed) {
          const std::lock_guard lock(mutex);
          std::erase_if(phones, [&](const SavedPhone& each) {
            return each.login == phone.login && each.binding.contact == phone.binding.contact;
          });
          if (!removed) phones.push_back(std::move(phone));
        });
    SavedSwitch saved{.key = std::string(32, 'k'), .legs = {}, .phones = phones};
    for (const auto& [leg, state] : kept) saved.legs.push_back({.leg = leg, .state = state});
    sip->restore(std::move(saved));
  }
  void restart() {
    sip->stop();
    sip.reset();
    start();
  }
  /// Longer than a change without an event waits for its record (leg_keeper.cpp).
  static void nothing_comes(TestUa& ua) {
    EXPECT_FALSE(ua.wait([](const Message& m) { return !m.method().empty(); },
                         std::chrono::milliseconds(200)));
  }

  std::mutex mutex;
  std::map<core::LegId, std::string> kept;
  std::vector<SavedPhone> phones;
  int saves = 0;
};

}  // namespace baton::telephony::sip::testing
