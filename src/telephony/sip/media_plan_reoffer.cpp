#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "telephony/sip/media_plan.hpp"
#include "telephony/sip/media_plan_lines.hpp"

namespace baton::telephony::sip {

// The lines of one body: plan_of(), assemble() and what is done in between.
using namespace lines;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::array<std::string_view, 12> kTransportAttributes = {
    "crypto",    "fingerprint", "setup",    "connection",        "tls-id",  "ice-ufrag", "ice-pwd",
    "candidate", "rtcp",        "rtcp-mux", "remote-candidates", "key-mgmt"};

/// The attributes that decide where and how packets are sent, in an order of our own, without
/// `setup`.
std::vector<std::string_view> transport_of(const Plan& plan, const SdpMedia& media) {
  std::vector<std::string_view> out;
  for (const auto* lines : {&plan.session, &media.lines}) {
    for (const std::string_view text : *lines) {
      if (text.starts_with("k=")) out.push_back(text);
      if (!text.starts_with("a=") || text.starts_with("a=setup:")) continue;
      const auto name = text.substr(2, text.find(':') - 2);
      if (std::find(kTransportAttributes.begin(), kTransportAttributes.end(), name) !=
          kTransportAttributes.end()) {
        out.push_back(text);
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string_view setup_of(const Plan& plan, const SdpMedia& media) {
  if (const auto own = media.attribute("setup")) return *own;
  for (const std::string_view text : plan.session) {
    if (text.starts_with("a=setup:")) return text.substr(8);
  }
  return {};
}

/// Both ends of a DTLS association know who begins: by an actpass of one, or by opposite roles.
bool setup_holds(std::string_view told, std::string_view now, std::string_view chosen) {
  return told == now || (now == "active" && chosen == "passive") ||
         (now == "passive" && chosen == "active");
}

std::string_view number_of(const SdpMedia& media, std::string_view encoding) {
  for (const auto& format : media.formats) {
    if (media.encoding(format) == encoding) return format;
  }
  return {};
}

}  // namespace

bool needs_reoffer(const LegMedia& to, const LegMedia& from) {
  if (to.now_.local.empty() || to.now_.remote.empty() || to.now_.parked) return true;
  LegMedia trial = to;
  if (!trial.offer_from(from, OfferFrom::last)) return true;
  const auto told_plan = plan_of(to.now_.local);
  const Plan& told = *told_plan;
  const auto now_plan = plan_of(trial.now_.local);
  const Plan& now = *now_plan;
  const auto theirs_plan = plan_of(to.now_.remote);
  const Plan& theirs = *theirs_plan;
  for (std::size_t i = 0; i < now.lines.size(); ++i) {
    const Line& after = now.lines[i];
    if (i >= told.lines.size()) {
      if (after.media.enabled()) return true;
      continue;
    }
    const Line& before = told.lines[i];
    if (!before.media.enabled()) {
      if (after.media.enabled()) return true;
      continue;
    }
    // What the party rejected does not matter.
    if (i >= theirs.lines.size() || !theirs.lines[i].media.enabled()) continue;
    const Line& chosen = theirs.lines[i];
    if (!after.media.enabled()) return true;
    if (before.connection != after.connection || before.media.port != after.media.port ||
        before.media.proto != after.media.proto) {
      return true;
    }
    // Who was told that it would hear nothing (of a muted party), or that nobody hears it (of one
    // that holds), could not say that it wants to.
    const bool answered = !to.now_.remote_was_offer;
    const bool hears = receives(chosen.direction) || (answered && !sends(before.direction));
    const bool speaks = sends(chosen.direction) || (answered && !receives(before.direction));
    const auto wanted = make_direction(hears, speaks);
    if (both(before.direction, wanted) != both(after.direction, wanted)) return true;
    if (transport_of(told, before.media) != transport_of(now, after.media)) return true;
    if (!setup_holds(setup_of(told, before.media), setup_of(now, after.media),
                     setup_of(theirs, chosen.media))) {
      return true;
    }
    for (const auto& format : chosen.media.formats) {
      const auto encoding = chosen.media.encoding(format);
      const auto told_number = number_of(before.media, encoding);
      if (told_number != number_of(after.media, encoding)) return true;
    }
  }
  return false;
}

}  // namespace baton::telephony::sip
