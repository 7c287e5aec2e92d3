#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telephony/sip/config.hpp"
#include "telephony/sip/registrar.hpp"

namespace baton::telephony::sip {

/// Where an outside number is dialled.
struct TrunkRoute {
  std::string trunk;
  std::string request_uri;  ///< Numeric: "sip:+12082097345@127.0.0.1:5090;user=phone"...
  std::string
      via_route;  ///< Where it is sent (NTA's route_url): "sip:127.0.0.1:5090;transport=udp".
  std::string caller_id;  ///< What the trunk allows of what was wished for; empty: no number.
  std::string username;   ///< For a 401 or 407 of the trunk.
  std::string password;
  bool internal = false;  ///< One of our own inbound numbers, routed to ourselves.
  int full_at = 0;  ///< Not 0: all that carry the number have all their calls, this one so many.
};

/// A call's place on its trunk, given back when the last copy goes.
using TrunkCall = std::shared_ptr<void>;

/// A numeric host and port of a trunk.
struct TrunkAddress {
  std::string host;  ///< IPv6 without brackets.
  int port = 5060;

  friend auto operator<=>(const TrunkAddress&, const TrunkAddress&) = default;
};

/// Splits "host", "host:port", "[v6]" or "[v6]:port"; the port is 0 where there is none. Nothing
/// when malformed.
[[nodiscard]] std::optional<TrunkAddress> parse_host_port(std::string_view text);

/// True for a numeric IPv4 or IPv6 address (without brackets).
[[nodiscard]] bool is_numeric_address(std::string_view host);

/// True for 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback_address(std::string_view host);

/// The trunks, their dial plan and our own inbound numbers. Loop thread only.
class Trunks {
 public:
  /// `own_address` is where our own inbound numbers are dialled: one of the listen addresses.
  explicit Trunks(const SipConfig& config);

  void set_own_address(const ListenAddress& own) { own_ = own; }
  void set_inbound_numbers(const std::vector<std::string>& numbers);

  /// Replaces a trunk's resolved addresses, in the resolver's order; the first is used. Those of an
  /// IP version that nobody listens on by the trunk's transport are left out, since the stack
  /// cannot send there; where no other is left, those from before stay.
  void set_addresses(std::string_view trunk, std::vector<TrunkAddress> addresses);

  /// The way for an E.164 number: to ourselves for an inbound number, else by the trunk with the
  /// longest matching prefix, then the lowest priority, then the order of the configuration, among
  /// those whose address is known. One that has all its calls is passed over; where all have, the
  /// best is told, with `full_at`. Nothing when none carries it. `wished_caller_id` is used where
  /// the trunk allows it, else its own.
  [[nodiscard]] std::optional<TrunkRoute> route(std::string_view number,
                                                std::string_view wished_caller_id) const;

  /// Where a party of that trunk is reached that sent from `host` over a connection, whose own end
  /// nobody can connect to: "sip:host:port;transport=tls", as the trunk is called. Of its addresses
  /// the one with that host, else the first; that host where none is known yet. Nothing for an
  /// unknown name.
  [[nodiscard]] std::optional<std::string> way_to(std::string_view trunk,
                                                  const std::string& host) const;

  /// Counts a call on that trunk, in either direction. Nothing for an unknown name.
  [[nodiscard]] TrunkCall occupy(std::string_view trunk);
  /// A call was refused because that trunk, and every other that carries its number, was full.
  void count_refusal(std::string_view trunk);
  /// Every trunk's name and how often that was. Any thread.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> refused() const;

  /// The trunk that may call from there: one with that address and port before one with the address
  /// alone.
  [[nodiscard]] const TrunkConfig* by_source(const Source& source) const;
  /// True when that host is a source or a resolved address of any trunk.
  [[nodiscard]] bool sends_from(std::string_view host) const;

  /// The trunk that signs in with this user name, or nothing.
  [[nodiscard]] const TrunkConfig* by_username(std::string_view username) const;

  /// A trunk signs in whose address is not known: anybody unknown may be it.
  [[nodiscard]] bool signs_in_from_anywhere() const;

  /// The trunk of that name, or nothing.
  [[nodiscard]] const TrunkConfig* by_name(std::string_view name) const;

  /// Our inbound number that was dialled: the text itself, or with the plus that some carriers
  /// leave out; else its number without visual separators and without parameters (";npdi").
  [[nodiscard]] std::optional<std::string> inbound(std::string_view dialled) const;

 private:
  struct SourceRule {
    TrunkAddress address;  // Port 0: any.
    std::size_t trunk;
  };
  struct State {
    TrunkConfig config;
    std::vector<TrunkAddress> addresses;
    std::shared_ptr<int> calls = std::make_shared<int>(0);  // Shared with the calls.
    std::unique_ptr<std::atomic<std::uint64_t>> refused =
        std::make_unique<std::atomic<std::uint64_t>>(0);

    [[nodiscard]] bool full() const { return config.max_calls > 0 && *calls >= config.max_calls; }
  };

  [[nodiscard]] bool sends_to(std::string_view transport, const TrunkAddress& address) const;

  std::vector<ListenAddress> listen_;
  std::vector<State> trunks_;  // As many, with the same names, from the constructor on.
  std::vector<SourceRule> sources_;
  std::set<std::string, std::less<>> inbound_;
  ListenAddress own_;
};

/// Looks the names of trunks up on a thread of its own, again and again, so that the SIP loop never
/// waits for DNS.
class TrunkResolver {
 public:
  using Found = std::function<void(const std::string& trunk, std::vector<TrunkAddress> addresses)>;

  /// `found` is called on the resolver's thread, only with at least one address. Trunks with a
  /// numeric address are left alone.
  TrunkResolver(const std::vector<TrunkConfig>& trunks, int refresh_seconds, Found found);
  TrunkResolver(const TrunkResolver&) = delete;
  TrunkResolver& operator=(const TrunkResolver&) = delete;
  /// Asks the thread to end. A look-up that hangs is left behind by its thread, which owns what it
  /// uses.
  ~TrunkResolver();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace baton::telephony::sip
