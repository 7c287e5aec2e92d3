#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telephony/sip/media_plan.hpp"
#include "telephony/sip/sdp.hpp"

// What the media plan (media_plan.cpp) does to the lines of one body. Internal to it.
namespace baton::telephony::sip::lines {

/// One m-line taken apart: `media.lines` without c= and the direction, which stand beside it.
struct Line {
  SdpMedia media;
  std::string
      connection{};  ///< Value of the c= that holds for it; empty where it was a black hole.
  Direction direction = Direction::sendrecv;
};

/// A body taken apart, as far as it is passed on.
struct Plan {
  std::vector<std::string> session;  ///< b=, k= and a= lines without the direction.
  std::vector<Line> lines;
};
/// Takes a body apart.
[[nodiscard]] Plan plan_of(Sdp sdp);
/// Takes a body apart that was checked before; one that cannot be read has no lines. The last few
/// are remembered, a thread's own: an exchange looks at the same four or five bodies many times.
[[nodiscard]] std::shared_ptr<const Plan> plan_of(std::string_view body);
/// Puts a body together, without its o=. Disabled lines lose everything but their m-line.
[[nodiscard]] Sdp assemble(Plan plan, const std::string& origin_address);

/// "IN IP4 192.0.2.1".
[[nodiscard]] std::string connection_value(const std::string& address);
/// The payload type that a codec attribute speaks of ("a=fmtp:101 0-15" -> "101"), else empty.
[[nodiscard]] std::string_view payload_of(std::string_view line);
[[nodiscard]] bool contains(const std::vector<std::string>& list, std::string_view what);
[[nodiscard]] bool has_encoding(const SdpMedia& media, std::string_view encoding);
/// An m-line with port 0.
[[nodiscard]] SdpMedia disabled(std::string kind, std::string proto, std::string format);
[[nodiscard]] SdpMedia disabled_like(const SdpMedia& media);

/// Drops formats and what belongs to them.
template <class Keep>
void keep_formats(SdpMedia& media, Keep keep) {
  std::vector<std::string> gone;
  std::erase_if(media.formats, [&](const std::string& format) {
    if (keep(format)) return false;
    gone.push_back(format);
    return true;
  });
  if (gone.empty() || !media.rtp()) return;
  std::erase_if(media.lines,
                [&gone](const std::string& line) { return contains(gone, payload_of(line)); });
}

/// What the party can do by all it ever showed: `widest` of before and its new body.
[[nodiscard]] std::string widen(const std::string& widest, Plan shown, bool offer,
                                const std::string& origin_address);

/// The answer took all of the offer that it could: what it lacks, the offer had not asked for.
[[nodiscard]] bool took_all(const Plan& answer, const Plan& offer);

/// PCMU or PCMA, as SdpMedia::encoding() calls them.
[[nodiscard]] bool is_g711(std::string_view encoding);
/// The built-in source can serve the line: it speaks plain RTP in G.711 and our version of IP.
[[nodiscard]] bool serves(const Line& line, const LocalMedia& source);
/// The built-in source's line: of the party's formats G.711, and telephone-event so that its keys
/// go on to work later.
[[nodiscard]] Line source_line(const SdpMedia& party, const LocalMedia& source);
/// What a party is offered that has shown nothing yet.
[[nodiscard]] SdpMedia new_party();

}  // namespace baton::telephony::sip::lines
