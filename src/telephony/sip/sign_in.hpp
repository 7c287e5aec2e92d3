#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace baton::telephony::sip {

/// What the audit is told of phones that sign in (docs/audit.md): changes and refusals, never a
/// registration that is only renewed.
struct SignIn {
  enum class What : std::uint8_t {
    signed_in,   ///< From an address where he had no phone.
    signed_off,  ///< His last phone at that address said so.
    expired,     ///< It did not register again.
    removed,     ///< He left the directory.
    wrong_password,
    throttled,        ///< The first of those that were not looked at while an address has to wait.
    too_many_phones,  ///< sip.max_contacts_per_agent.
  };
  What what = What::signed_in;
  std::string login;  ///< Empty: none of ours. What was shown may be a password in the wrong field.
  std::string host;   ///< Numeric, IPv6 without brackets.
  std::string method = "REGISTER";  ///< Of the request.
};

/// Called on the loop thread; must not block.
using SignInSink = std::function<void(const SignIn&)>;

}  // namespace baton::telephony::sip
