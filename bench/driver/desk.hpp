#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "carrier.hpp"
#include "figures.hpp"

namespace baton::bench {

/// The desk of bench/ceiling, which describes the datagrams: it asks for the transfer of each call
/// as soon as it is told that customer and agent are joined, as the desktops ask Baton. Its figures
/// have the meaning that they have there, but that `acw_ms` is to the agent's release, of which the
/// ceiling makes no event. One thread.
class Desk {
 public:
  /// The n-th call goes to the number "+" + (number_base + n).
  explicit Desk(std::uint64_t number_base) : next_number_(number_base) {}
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  ~Desk();

  /// Listens on that port of 127.0.0.1. False where it is taken.
  [[nodiscard]] bool open(std::uint16_t port);
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Answers all that has come.
  void receive();
  /// The carrier got an INVITE for that number.
  void dialled(std::string_view number, Clock::time_point when);

  [[nodiscard]] const Figures& figures() const { return figures_; }
  void reset() { figures_ = {}; }

 private:
  int descriptor_ = -1;
  std::uint64_t next_number_;
  std::unordered_map<std::string, Clock::time_point> by_call_;    ///< Asked for, not released.
  std::unordered_map<std::string, Clock::time_point> by_number_;  ///< Asked for, not dialled.
  Figures figures_;
};

}  // namespace baton::bench
