#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace baton::telephony::sip {

/// What the audit is told of phones that sign in (docs/audit.md): changes and refusals, never a
/// registration that is only renewed; and of strangers who ask for a transfer.
struct SignIn {
  enum class What : std::uint8_t {
    signed_in,   ///< From an address where he had no phone.
    signed_off,  ///< His last phone at that address said so.
    expired,     ///< It did not register again.
    removed,     ///< He left the directory.
    wrong_password,
    throttled,        ///< The first of those that were not looked at while an address has to wait.
    too_many_phones,  ///< sip.max_contacts_per_agent.
    stray_refer,      ///< The first REFER outside any call in a while, from a network.
  };
  What what = What::signed_in;
  std::string login;  ///< Empty: none of ours. What was shown may be a password in the wrong field.
  std::string host;   ///< Numeric, IPv6 without brackets.
  std::string method = "REGISTER";  ///< Of the request.
  std::string target{};             ///< User part of a Refer-To, unescaped; any length.
};

/// Called on the loop thread; must not block.
using SignInSink = std::function<void(const SignIn&)>;

}  // namespace baton::telephony::sip
