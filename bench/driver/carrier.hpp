#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace baton::bench {

using Clock = std::chrono::steady_clock;

/// A carrier on UDP that rings and answers every call at once, and tells when each INVITE came.
/// Beside the desktops in one process, so that one clock times a message and the SIP request it
/// leads to. One thread. It repeats nothing: on loopback, at the load of the latency runs, nothing
/// is lost.
class Carrier {
 public:
  /// A new call's number (the user part of the Request-URI) and when its INVITE was read.
  using OnInvite = std::function<void(std::string_view number, Clock::time_point when)>;

  explicit Carrier(OnInvite on_invite) : on_invite_(std::move(on_invite)) {}
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  ~Carrier();

  /// Listens on that port of 127.0.0.1, 0: a free one. False where it is taken.
  [[nodiscard]] bool open(std::uint16_t port);
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Answers all that has come.
  void receive();

 private:
  void answer(std::string_view request, const void* from, unsigned size);

  OnInvite on_invite_;
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace baton::bench
