#pragma once

#include <optional>
#include <string_view>

struct sip_s;

namespace baton::telephony::sip {

/// A refusal by the screen.
struct Screened {
  int code = 400;  ///< 0: drop it without an answer.
  const char* phrase = "Bad Request";
};

/// Refuses a request outside dialogs that the library, or what we do with it next, is known not to
/// survive or should not be asked to carry: see screen.cpp for each rule and for what cannot be
/// reached from here. Loop thread.
[[nodiscard]] std::optional<Screened> screen(const sip_s* sip);

/// Whether a request has more than so many header fields; each value of a list counts, as they do
/// in the work they make. Loop thread.
[[nodiscard]] bool has_more_headers(const sip_s* sip, int limit);
inline constexpr const char* kTooManyHeaders = "Too Many Header Fields";

/// How often the library asked for a name look-up that our own su_getaddrinfo
/// (numeric_resolver.cpp) refused, and how often it was asked at all. Also pulls that definition
/// into every program that links the SIP room. Any thread.
struct ResolverCounts {
  unsigned long long calls = 0;
  unsigned long long names_refused = 0;
};
[[nodiscard]] ResolverCounts resolver_counts();

}  // namespace baton::telephony::sip
