#include "telephony/sip/media_plan_lines.hpp"

#include <array>
#include <functional>
#include <iterator>

namespace baton::telephony::sip::lines {
namespace {

bool is_direction(std::string_view line) {
  return line == "a=sendrecv" || line == "a=sendonly" || line == "a=recvonly" ||
         line == "a=inactive";
}

/// Takes the mids of lines that are not carried out of a=group: lines, since a group must not name
/// a rejected line (RFC 9143 section 7.3).
void repair_groups(std::vector<std::string>& session, const std::vector<Line>& lines) {
  for (auto& text : session) {
    if (!text.starts_with("a=group:")) continue;
    std::string repaired;
    std::string_view rest = text;
    bool first = true;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      const auto word = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const bool carried = std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
        return line.media.enabled() && line.media.attribute("mid") == word;
      });
      if (first || carried) {
        if (!first) repaired += ' ';
        repaired += word;
      }
      first = false;
    }
    text = std::move(repaired);
  }
}

/// The role in the DTLS handshake is free again in a new offer (RFC 8842 section 5.2).
void free_setup_role(std::vector<std::string>& lines) {
  for (auto& text : lines) {
    if (text == "a=setup:active" || text == "a=setup:passive") text = "a=setup:actpass";
  }
}

/// Adds to `now` the formats of `before` that it does not have. A number that means something else
/// by now is dropped, as is an encoding that only got another number.
void add_formats(SdpMedia& now, const SdpMedia& before, bool before_order) {
  std::vector<std::string> kept;
  for (const auto& format : before.formats) {
    if (contains(now.formats, format)) continue;
    const auto encoding = before.encoding(format);
    const bool renumbered =
        now.rtp() && std::any_of(now.formats.begin(), now.formats.end(), [&](const std::string& f) {
          return !contains(before.formats, f) && now.encoding(f) == encoding;
        });
    if (!renumbered) kept.push_back(format);
  }
  const auto changed_meaning = [&](const std::string& format) {
    return contains(before.formats, format) && now.encoding(format) != before.encoding(format);
  };
  if (now.rtp()) {
    for (const auto& text : before.lines) {
      const auto payload = payload_of(text);
      if (!payload.empty() && contains(kept, payload)) now.lines.push_back(text);
    }
  }
  if (!before_order) {
    std::move(kept.begin(), kept.end(), std::back_inserter(now.formats));
    return;
  }
  // An answer is narrow and in the offerer's order: the party's own order of preference is the one
  // shown before.
  std::vector<std::string> ordered;
  for (const auto& format : before.formats) {
    if (contains(kept, format) || (contains(now.formats, format) && !changed_meaning(format))) {
      ordered.push_back(format);
    }
  }
  for (const auto& format : now.formats) {
    if (!contains(ordered, format)) ordered.push_back(format);
  }
  now.formats = std::move(ordered);
}

bool plain_rtp(const SdpMedia& media) {
  return media.proto == "RTP/AVP" || media.proto == "RTP/AVPF";
}

}  // namespace

Plan plan_of(Sdp sdp) {
  Plan plan;
  std::string_view session_connection;
  for (const std::string_view line : sdp.lines) {
    if (line.starts_with("c=") && session_connection.empty()) session_connection = line.substr(2);
  }
  plan.lines.reserve(sdp.media.size());
  for (auto& media : sdp.media) {
    Line line;
    line.direction = sdp.effective_direction(media);
    if (!sdp.black_holed(media)) {
      line.connection = session_connection;
      for (const std::string_view text : media.lines) {
        if (!text.starts_with("c=")) continue;
        line.connection = text.substr(2);
        break;
      }
    }
    std::erase_if(media.lines, [](const std::string& text) {
      return text.starts_with("c=") || is_direction(text);
    });
    line.media = std::move(media);
    plan.lines.push_back(std::move(line));
  }
  // What describes the sender (i=, u=, e=, p=) is private to its side and not passed on.
  for (auto& text : sdp.lines) {
    const bool passes = text.starts_with("b=") || text.starts_with("k=") || text.starts_with("a=");
    if (passes && !is_direction(text)) plan.session.push_back(std::move(text));
  }
  return plan;
}

std::shared_ptr<const Plan> plan_of(std::string_view body) {
  struct Known {
    std::size_t hash = 0;
    std::string body;
    std::shared_ptr<const Plan> plan;
  };
  constexpr std::size_t kKept = 32;
  thread_local std::array<Known, kKept> known;
  thread_local std::size_t oldest = 0;
  static const auto kNothing = std::make_shared<const Plan>();
  if (body.empty()) return kNothing;
  const std::size_t hash = std::hash<std::string_view>{}(body);
  for (const Known& each : known) {
    if (each.hash == hash && each.body == body) return each.plan;
  }
  auto parsed = Sdp::parse(body);
  auto* sdp = std::get_if<Sdp>(&parsed);
  Known& place = known[oldest];
  oldest = (oldest + 1) % kKept;
  place.hash = hash;
  place.body = body;
  place.plan = sdp == nullptr ? kNothing : std::make_shared<const Plan>(plan_of(std::move(*sdp)));
  return place.plan;
}

std::string connection_value(const std::string& address) {
  return (address.find(':') == std::string::npos ? "IN IP4 " : "IN IP6 ") + address;
}

std::string_view payload_of(std::string_view line) {
  for (const std::string_view name : {"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"}) {
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    return line.substr(0, std::min(line.find(' '), line.find('\t')));
  }
  return {};
}

bool contains(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool has_encoding(const SdpMedia& media, std::string_view encoding) {
  return std::any_of(media.formats.begin(), media.formats.end(),
                     [&](const std::string& f) { return media.encoding(f) == encoding; });
}

SdpMedia disabled(std::string kind, std::string proto, std::string format) {
  SdpMedia media;
  media.kind = std::move(kind);
  media.proto = std::move(proto);
  media.formats.push_back(std::move(format));
  return media;
}

SdpMedia disabled_like(const SdpMedia& media) {
  return disabled(media.kind, media.proto, media.formats.front());
}

Sdp assemble(Plan plan, const std::string& origin_address) {
  Sdp sdp;
  const std::string ours = connection_value(origin_address);
  std::string common;
  for (auto& line : plan.lines) {
    if (!line.media.enabled()) continue;
    // 0.0.0.0 is never passed on (RFC 3264 section 8.4 deprecates it); nothing is sent to this
    // place, since the line does not receive.
    if (line.connection.empty()) line.connection = ours;
    if (common.empty()) common = line.connection;
  }
  if (common.empty()) common = ours;
  repair_groups(plan.session, plan.lines);
  sdp.lines.push_back("c=" + common);
  std::move(plan.session.begin(), plan.session.end(), std::back_inserter(sdp.lines));
  for (auto& line : plan.lines) {
    if (!line.media.enabled()) {
      sdp.media.push_back(disabled_like(line.media));
      continue;
    }
    auto& texts = line.media.lines;
    if (line.connection != common) {
      const auto after_title = std::find_if(
          texts.begin(), texts.end(), [](const std::string& t) { return !t.starts_with("i="); });
      texts.insert(after_title, "c=" + line.connection);
    }
    texts.push_back("a=" + std::string(to_string(line.direction)));
    sdp.media.push_back(std::move(line.media));
  }
  return sdp;
}

std::string widen(const std::string& widest, Plan shown, bool offer,
                  const std::string& origin_address) {
  Plan result = *plan_of(widest);
  result.session = std::move(shown.session);
  free_setup_role(result.session);
  for (std::size_t i = 0; i < shown.lines.size(); ++i) {
    Line line = std::move(shown.lines[i]);
    free_setup_role(line.media.lines);
    if (i >= result.lines.size()) {
      result.lines.push_back(std::move(line));
      continue;
    }
    Line& known = result.lines[i];
    if (!line.media.enabled()) continue;
    if (line.connection.empty()) line.connection = known.connection;
    if (known.media.enabled() && known.media.kind == line.media.kind &&
        known.media.proto == line.media.proto) {
      add_formats(line.media, known.media, !offer);
    }
    known = std::move(line);
  }
  for (auto& line : result.lines) {
    line.direction = Direction::sendrecv;
    // A line whose address was hidden by a hold from the start stays a black hole, which may not be
    // promised to receive.
    if (line.connection.empty()) line.connection = "IN IP4 0.0.0.0";
  }
  Sdp sdp = assemble(std::move(result), origin_address);
  sdp.origin = "- 0 0 " + connection_value(origin_address);
  return sdp.print();
}

bool took_all(const Plan& answer, const Plan& offer) {
  if (answer.lines.size() != offer.lines.size()) return false;
  for (std::size_t i = 0; i < offer.lines.size(); ++i) {
    const Line& asked = offer.lines[i];
    const Line& said = answer.lines[i];
    if (asked.media.enabled() != said.media.enabled()) return false;
    if (asked.media.enabled() && said.direction != reversed(asked.direction)) return false;
  }
  return true;
}

bool is_g711(std::string_view encoding) {
  return encoding == "pcmu/8000" || encoding == "pcma/8000";
}

bool serves(const Line& line, const LocalMedia& source) {
  if (!line.media.enabled() || line.media.kind != "audio" || !plain_rtp(line.media)) return false;
  const bool six = source.address.find(':') != std::string::npos;
  if (!line.connection.empty() && line.connection.starts_with("IN IP6") != six) return false;
  return std::any_of(line.media.formats.begin(), line.media.formats.end(),
                     [&](const std::string& f) { return is_g711(line.media.encoding(f)); });
}

Line source_line(const SdpMedia& party, const LocalMedia& source) {
  Line line;
  line.media.kind = "audio";
  line.media.port = source.port;
  line.media.proto = party.proto;
  line.connection = connection_value(source.address);
  for (const auto& format : party.formats) {
    const auto encoding = party.encoding(format);
    const bool events = encoding == "telephone-event/8000";
    if (!is_g711(encoding) && !events) continue;
    line.media.formats.push_back(format);
    const std::string name = events                    ? "telephone-event/8000"
                             : encoding == "pcmu/8000" ? "PCMU/8000"
                                                       : "PCMA/8000";
    std::string& rtpmap = line.media.lines.emplace_back("a=rtpmap:");
    rtpmap.append(format).append(" ").append(name);
    if (events) line.media.lines.push_back("a=fmtp:" + format + " 0-15");
  }
  line.media.lines.emplace_back("a=ptime:20");
  return line;
}

SdpMedia new_party() {
  SdpMedia media;
  media.kind = "audio";
  media.port = 9;
  media.proto = "RTP/AVP";
  media.formats = {"0", "8", "101"};
  media.lines = {"a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
                 "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"};
  return media;
}

}  // namespace baton::telephony::sip::lines
