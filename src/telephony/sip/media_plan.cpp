#include "telephony/sip/media_plan.hpp"

#include <algorithm>
#include <utility>

#include "telephony/sip/media_plan_lines.hpp"

namespace baton::telephony::sip {

// The lines of one body: plan_of(), assemble() and what is done in between.
using namespace lines;  // NOLINT(google-build-using-namespace)

/// Works on the states of two legs at once.
class MediaComposer {
 public:
  /// The other party's last SDP as its own will: where it answered an offer of ours that was
  /// restricted (parked, held, muted), the restriction is taken back.
  static Plan last_will(const LegMedia& leg) {
    Plan plan = *plan_of(leg.now_.remote);
    // What the party offered is its will as it stands.
    if (leg.now_.remote_was_offer) return plan;
    const auto ours_plan = plan_of(leg.now_.local);
    const Plan& ours = *ours_plan;
    const auto widest_plan = plan_of(leg.now_.widest);
    const Plan& widest = *widest_plan;
    for (std::size_t i = 0; i < ours.lines.size() || i < plan.lines.size(); ++i) {
      if (i >= plan.lines.size()) {
        // A line that the answer left out is a rejected one.
        plan.lines.push_back(Line{.media = disabled_like(ours.lines[i].media)});
      }
      if (i >= ours.lines.size()) continue;
      const Line& asked = ours.lines[i];
      Line& answered = plan.lines[i];
      const bool known = i < widest.lines.size() && widest.lines[i].media.enabled();
      const bool narrowed = !asked.media.enabled() || leg.now_.on_source;
      if (narrowed && known && (answered.media.enabled() || !asked.media.enabled())) {
        const auto said = answered.media.enabled() ? answered.direction : Direction::sendrecv;
        answered = widest.lines[i];
        answered.direction = said;
      }
      if (!asked.media.enabled()) continue;
      answered.direction = make_direction(!receives(asked.direction) || sends(answered.direction),
                                          !sends(asked.direction) || receives(answered.direction));
      if (answered.connection.empty()) {
        if (known) answered.connection = widest.lines[i].connection;
        if (answered.connection.empty()) answered.direction = make_direction(true, false);
      }
    }
    return plan;
  }

  /// What the other leg is for this one: its will, or all that it can do; in words that this party
  /// may read.
  static Plan source(const LegMedia& other, OfferFrom from) {
    Plan plan = from == OfferFrom::widest ? *plan_of(other.now_.widest) : last_will(other);
    const auto known_plan = plan_of(other.now_.widest);
    const Plan& known = *known_plan;
    for (std::size_t i = 0; i < plan.lines.size(); ++i) {
      Line& line = plan.lines[i];
      if (line.connection.empty() && i < known.lines.size()) {
        line.connection = known.lines[i].connection;
      }
      if (other.muted_) line.direction = both(line.direction, Direction::recvonly);
    }
    return plan;
  }

  /// Line of `to` -> line of `other`, as settled by an earlier exchange between the two.
  static std::vector<int> settled_pairs(const LegMedia& to, const LegMedia& other,
                                        std::size_t size) {
    std::vector<int> pairs(size, -1);
    if (to.now_.paired_with == other.session_id_) {
      std::copy_n(to.now_.pairs.begin(), std::min(size, to.now_.pairs.size()), pairs.begin());
    } else if (other.now_.paired_with == to.session_id_) {
      for (std::size_t j = 0; j < other.now_.pairs.size(); ++j) {
        const int i = other.now_.pairs[j];
        if (i >= 0 && static_cast<std::size_t>(i) < size) {
          pairs[static_cast<std::size_t>(i)] = static_cast<int>(j);
        }
      }
    }
    return pairs;
  }

  /// Parts the pairs that no longer hold: a party may make another kind of media of a line (RFC
  /// 3264 section 8.3.3).
  template <class KindOf>
  static void part(std::vector<int>& pairs, const Plan& src, KindOf kind_of) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto j = static_cast<std::size_t>(pairs[i]);
      if (pairs[i] >= 0 && (j >= src.lines.size() || src.lines[j].media.kind != kind_of(i))) {
        pairs[i] = -1;
      }
    }
  }

  static bool taken(const std::vector<int>& pairs, std::size_t line) {
    return std::find(pairs.begin(), pairs.end(), static_cast<int>(line)) != pairs.end();
  }

  static std::optional<std::string> offer_from(LegMedia& to, const LegMedia& other,
                                               OfferFrom from) {
    if (to.answer_due() || other.now_.remote.empty()) return std::nullopt;
    Plan src = source(other, from);
    auto slots = to.now_.layout;
    auto pairs = settled_pairs(to, other, slots.size());
    part(pairs, src, [&slots](std::size_t i) { return std::string_view(slots[i].kind); });
    for (std::size_t j = 0; j < src.lines.size(); ++j) {
      const auto& media = src.lines[j].media;
      if (taken(pairs, j)) continue;
      const auto free_slot = [&](bool same_proto) {
        for (std::size_t i = 0; i < slots.size(); ++i) {
          if (pairs[i] < 0 && slots[i].kind == media.kind &&
              (!same_proto || slots[i].proto == media.proto)) {
            return i;
          }
        }
        return slots.size();
      };
      if (!media.enabled() && !slots.empty()) continue;  // Nothing to ask for.
      auto i = free_slot(true);
      if (i == slots.size()) i = free_slot(false);
      if (i == slots.size()) {
        if (slots.size() == kMaxSdpMedia) continue;
        slots.push_back({media.kind, media.proto, media.formats.front()});
        pairs.push_back(-1);
      }
      pairs[i] = static_cast<int>(j);
    }
    Plan out;
    out.session = std::move(src.session);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const int j = pairs[i];
      if (j < 0 || !src.lines[static_cast<std::size_t>(j)].media.enabled()) {
        out.lines.push_back(
            Line{.media = disabled(slots[i].kind, slots[i].proto, slots[i].format)});
        continue;
      }
      Line line = std::move(src.lines[static_cast<std::size_t>(j)]);
      if (to.muted_) line.direction = both(line.direction, Direction::sendonly);
      out.lines.push_back(std::move(line));
    }
    to.begin_exchange();
    to.now_.pairs = std::move(pairs);
    to.now_.paired_with = other.session_id_;
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_offered,
                     false, false);
  }

  static std::optional<std::string> answer_from(LegMedia& to, const LegMedia& other) {
    if (!to.answerable() || other.now_.remote.empty()) return std::nullopt;
    const auto offer_plan = plan_of(to.now_.remote);
    const Plan& offer = *offer_plan;
    Plan src = source(other, OfferFrom::last);
    auto pairs = settled_pairs(to, other, offer.lines.size());
    part(pairs, src, [&](std::size_t i) { return std::string_view(offer.lines[i].media.kind); });
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i] >= 0) continue;
      const auto& asked = offer.lines[i].media;
      for (std::size_t j = 0; j < src.lines.size(); ++j) {
        const auto& media = src.lines[j].media;
        if (!media.enabled() || media.kind != asked.kind || taken(pairs, j)) continue;
        pairs[i] = static_cast<int>(j);
        break;
      }
    }
    Plan out;
    out.session = std::move(src.session);
    bool any = false;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const Line& asked = offer.lines[i];
      Line line{.media = disabled_like(asked.media)};
      const auto j = static_cast<std::size_t>(pairs[i]);
      if (asked.media.enabled() && pairs[i] >= 0 && j < src.lines.size() &&
          src.lines[j].media.enabled() && src.lines[j].media.proto == asked.media.proto) {
        Line served = std::move(src.lines[j]);
        keep_formats(served.media, [&](const std::string& format) {
          return has_encoding(asked.media, served.media.encoding(format));
        });
        if (!served.media.formats.empty()) {
          served.direction = both(served.direction, reversed(asked.direction));
          if (to.muted_) served.direction = both(served.direction, Direction::sendonly);
          line = std::move(served);
          any = true;
        }
      }
      out.lines.push_back(std::move(line));
    }
    if (!any) return std::nullopt;
    to.now_.pairs = std::move(pairs);
    to.now_.paired_with = other.session_id_;
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_answered,
                     false, false);
  }

  static std::optional<std::string> offer_source(LegMedia& to, const LocalMedia& source) {
    if (to.answer_due()) return std::nullopt;
    const auto widest_plan = plan_of(to.now_.widest);
    const Plan& widest = *widest_plan;
    Plan out;
    bool placed = false;
    for (std::size_t i = 0; i < to.now_.layout.size(); ++i) {
      const auto& slot = to.now_.layout[i];
      if (!placed && i < widest.lines.size() && serves(widest.lines[i], source)) {
        Line line = source_line(widest.lines[i].media, source);
        line.direction = Direction::sendonly;
        out.lines.push_back(std::move(line));
        placed = true;
        continue;
      }
      out.lines.push_back(Line{.media = disabled(slot.kind, slot.proto, slot.format)});
    }
    if (to.now_.layout.empty()) {
      Line line = source_line(new_party(), source);
      line.direction = Direction::sendonly;
      out.lines.push_back(std::move(line));
      placed = true;
    }
    if (!placed) return std::nullopt;
    to.begin_exchange();
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_offered,
                     true, true);
  }

  static std::optional<std::string> answer_source(LegMedia& to, const LocalMedia& source) {
    if (!to.answerable()) return std::nullopt;
    const auto offer_plan = plan_of(to.now_.remote);
    const Plan& offer = *offer_plan;
    Plan out;
    bool placed = false;
    for (const auto& asked : offer.lines) {
      if (placed || !serves(asked, source)) {
        out.lines.push_back(Line{.media = disabled_like(asked.media)});
        continue;
      }
      Line line = source_line(asked.media, source);
      line.direction = both(Direction::sendonly, reversed(asked.direction));
      out.lines.push_back(std::move(line));
      placed = true;
    }
    if (!placed) return std::nullopt;
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_answered,
                     true, true);
  }

  static std::string offer_hold(LegMedia& to) {
    Plan out = *plan_of(to.now_.local);
    for (auto& line : out.lines) line.direction = Direction::inactive;
    if (out.lines.empty()) {
      // Nothing was ever sent: a call without media for now. Port 9 is "discard" (RFC 4566
      // section 5.7, RFC 863).
      out.lines.push_back(Line{.media = new_party(), .direction = Direction::inactive});
    }
    to.begin_exchange();
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_offered,
                     true, false);
  }

  static std::optional<std::string> answer_hold(LegMedia& to) {
    if (!to.answerable()) return std::nullopt;
    const auto offer_plan = plan_of(to.now_.remote);
    const Plan& offer = *offer_plan;
    Plan ours = *plan_of(to.now_.local);
    Plan out;
    out.session = std::move(ours.session);
    bool any = false;
    for (std::size_t i = 0; i < offer.lines.size(); ++i) {
      const auto& asked = offer.lines[i].media;
      Line line{.media = disabled_like(asked)};
      if (asked.enabled() && i < ours.lines.size() && ours.lines[i].media.enabled() &&
          ours.lines[i].media.kind == asked.kind && ours.lines[i].media.proto == asked.proto) {
        Line same = std::move(ours.lines[i]);
        keep_formats(same.media, [&](const std::string& format) {
          return has_encoding(asked, same.media.encoding(format));
        });
        if (!same.media.formats.empty()) {
          same.direction = Direction::inactive;
          line = std::move(same);
          any = true;
        }
      }
      out.lines.push_back(std::move(line));
    }
    if (!any) return std::nullopt;
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_answered,
                     true, false);
  }

  static std::string reject(LegMedia& to) {
    if (!to.answerable()) return {};
    Plan out;
    for (const auto& asked : plan_of(to.now_.remote)->lines) {
      out.lines.push_back(Line{.media = disabled_like(asked.media)});
    }
    return to.commit(assemble(std::move(out), to.origin_address_), LegMedia::Turn::local_answered,
                     true, false);
  }
};

LegMedia::LegMedia(std::string origin_address, std::uint64_t session_id)
    : origin_address_(std::move(origin_address)), session_id_(session_id) {}

LegMedia::LegMedia(std::string origin_address, MediaRecord record)
    : origin_address_(std::move(origin_address)),
      session_id_(record.session),
      version_(record.version),
      version_before_(record.version),
      muted_(record.muted),
      now_(std::move(record.state)) {
  // A dialled party's answer, or ours to one who calls, is still to come; should it fail, there is
  // no session to go back to.
  if (now_.turn == Turn::local_offered || now_.turn == Turn::remote_offered) {
    before_ = std::make_shared<const State>();
  }
}

MediaRecord LegMedia::record(bool settled) const {
  const bool open = now_.turn == Turn::local_offered || now_.turn == Turn::remote_offered;
  if (settled && open && before_) {
    return {.session = session_id_, .version = version_before_, .muted = muted_, .state = *before_};
  }
  return {.session = session_id_, .version = version_, .muted = muted_, .state = now_};
}

void LegMedia::begin_exchange() {
  // An offer sent again after a challenge or a glare belongs to the same exchange.
  if (now_.turn == Turn::local_offered || now_.turn == Turn::remote_offered) return;
  before_ = std::make_shared<const State>(now_);
  version_before_ = version_;
}

std::string LegMedia::commit(Sdp body, Turn turn, bool parked, bool on_source) {
  if (turn == Turn::local_offered) {
    // After an offer of the party that left lines out, our last body has too few for an offer.
    for (std::size_t i = body.media.size(); i < now_.layout.size(); ++i) {
      const auto& slot = now_.layout[i];
      body.media.push_back(disabled(slot.kind, slot.proto, slot.format));
    }
  }
  const auto print_as = [&](std::uint64_t version) {
    body.origin = "- " + std::to_string(session_id_) + " " + std::to_string(version) + " " +
                  connection_value(origin_address_);
    return body.print();
  };
  std::string text = print_as(version_);
  if (version_ == 0 || text != now_.local) text = print_as(++version_);
  now_.layout.resize(std::max(now_.layout.size(), body.media.size()));
  for (std::size_t i = 0; i < body.media.size(); ++i) {
    const auto& media = body.media[i];
    now_.layout[i] = {media.kind, media.proto, media.formats.front()};
  }
  now_.local = text;
  now_.turn = turn;
  now_.parked = parked;
  now_.on_source = on_source;
  if (turn == Turn::local_answered) before_.reset();
  return text;
}

std::optional<SdpError> LegMedia::receive_offer(std::string_view body) {
  if (offer_open()) {
    return SdpError{.status = 491, .text = "an offer of ours is not answered yet"};
  }
  auto parsed = Sdp::parse(body);
  if (const auto* error = std::get_if<SdpError>(&parsed)) return *error;
  auto& sdp = std::get<Sdp>(parsed);
  if (sdp.media.empty()) return SdpError{.status = 488, .text = "SDP offers no media"};
  begin_exchange();
  // A refresh of what it had agreed to (RFC 4028 section 7.4): the restriction is ours still.
  const bool refresh = !now_.remote_was_offer && body == now_.remote &&
                       took_all(*plan_of(now_.remote), *plan_of(now_.local));
  now_.turn = Turn::remote_offered;
  if (!refresh) {
    now_.remote_was_offer = true;
    now_.held_by_party = !receives(direction_of(sdp));
  }
  // A party that leaves out m-lines breaks RFC 3264 section 8; its answer has as many as it sent,
  // but ours to come keep the place of those that were.
  now_.layout.resize(std::max(now_.layout.size(), sdp.media.size()));
  for (std::size_t i = 0; i < sdp.media.size(); ++i) {
    const auto& media = sdp.media[i];
    now_.layout[i] = {media.kind, media.proto, media.formats.front()};
  }
  learn(std::string(body), std::move(sdp));
  return std::nullopt;
}

std::optional<SdpError> LegMedia::receive_answer(std::string_view body, bool final) {
  if (now_.turn != Turn::local_offered && now_.turn != Turn::remote_answered) {
    return SdpError{.status = 488, .text = "an SDP answer without an offer of ours"};
  }
  auto parsed = Sdp::parse(body);
  if (const auto* error = std::get_if<SdpError>(&parsed)) return *error;
  auto& sdp = std::get<Sdp>(parsed);
  now_.turn = Turn::remote_answered;
  // A refresh of ours: the party's will is what it was before.
  const bool refresh =
      before_ && answers_same(now_.local, before_->local) && answers_same(body, before_->remote);
  now_.remote_was_offer = refresh && before_->remote_was_offer;
  if (final) before_.reset();
  std::string text(body);
  if (sdp.media.size() > now_.layout.size()) {
    sdp.media.resize(now_.layout.size());
    text = sdp.print();
  }
  learn(std::move(text), std::move(sdp));
  return std::nullopt;
}

std::optional<SdpError> LegMedia::receive_asked_answer(std::string_view body) {
  auto error = receive_answer(body);
  if (error) return error;
  const auto offered = direction_of(now_.local);
  const auto answered = direction_of(now_.remote);
  if (offered && answered && sends(*offered)) now_.held_by_party = !receives(*answered);
  return std::nullopt;
}

void LegMedia::learn(std::string text, Sdp sdp) {
  const bool known = text == now_.remote;
  now_.remote = std::move(text);
  if (known) return;  // Nothing new in it: the usual answer to a re-INVITE.
  Plan shown = plan_of(std::move(sdp));
  std::string widest = widen(now_.widest, shown, now_.remote_was_offer, origin_address_);
  if (widest.size() > kMaxSdpBytes) {
    widest = widen({}, std::move(shown), now_.remote_was_offer, origin_address_);
  }
  now_.widest = std::move(widest);
}

void LegMedia::offer_failed() {
  if (!before_ || now_.turn == Turn::remote_offered) return;
  now_ = *before_;
  before_.reset();
}

void LegMedia::refuse_offer() {
  if (!before_ || now_.turn != Turn::remote_offered) return;
  now_ = *before_;
  before_.reset();
}

std::optional<std::string> LegMedia::offer_from(const LegMedia& other, OfferFrom from) {
  return MediaComposer::offer_from(*this, other, from);
}

std::optional<std::string> LegMedia::answer_from(const LegMedia& other) {
  return MediaComposer::answer_from(*this, other);
}

std::optional<std::string> LegMedia::offer_source(const LocalMedia& source) {
  return MediaComposer::offer_source(*this, source);
}

std::optional<std::string> LegMedia::answer_source(const LocalMedia& source) {
  return MediaComposer::answer_source(*this, source);
}

std::string LegMedia::offer_hold() { return MediaComposer::offer_hold(*this); }

std::optional<std::string> LegMedia::answer_hold() { return MediaComposer::answer_hold(*this); }

std::string LegMedia::offer_parked(const std::optional<LocalMedia>& source) {
  if (source) {
    if (auto offer = offer_source(*source)) return *std::move(offer);
  }
  return offer_hold();
}

std::optional<std::string> LegMedia::answer_parked(const std::optional<LocalMedia>& source) {
  if (source) {
    if (auto answer = answer_source(*source)) return answer;
  }
  return answer_hold();
}

std::string LegMedia::answer_owed(const std::optional<LocalMedia>& source) {
  if (auto answer = answer_parked(source)) return *std::move(answer);
  return MediaComposer::reject(*this);
}

std::optional<std::string> LegMedia::offer_again() {
  if (now_.local.empty() || answer_due()) return std::nullopt;
  auto parsed = Sdp::parse(now_.local);
  auto* sdp = std::get_if<Sdp>(&parsed);
  if (sdp == nullptr) return std::nullopt;
  begin_exchange();
  return commit(std::move(*sdp), Turn::local_offered, now_.parked, now_.on_source);
}

std::optional<Listener> LegMedia::listener() const {
  if (!now_.on_source) return std::nullopt;
  if (now_.turn != Turn::remote_answered && now_.turn != Turn::local_answered) return std::nullopt;
  const auto ours_plan = plan_of(now_.local);
  const Plan& ours = *ours_plan;
  const auto parsed = Sdp::parse(now_.remote);
  const auto* theirs = std::get_if<Sdp>(&parsed);
  if (theirs == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < ours.lines.size() && i < theirs->media.size(); ++i) {
    const auto& line = ours.lines[i];
    const auto& media = theirs->media[i];
    if (!line.media.enabled() || !media.enabled() || !sends(line.direction)) continue;
    if (!receives(theirs->effective_direction(media))) return std::nullopt;
    const auto address = theirs->address(media);
    if (!is_numeric_media_address(address)) return std::nullopt;
    for (const auto& format : media.formats) {
      const auto encoding = media.encoding(format);
      if (!is_g711(encoding)) continue;
      int payload_type = 0;
      for (const char c : format) {
        if (c < '0' || c > '9' || payload_type > 127) return std::nullopt;
        payload_type = payload_type * 10 + (c - '0');
      }
      if (payload_type > 127) return std::nullopt;
      return Listener{.address = std::string(address),
                      .port = media.port,
                      .payload_type = payload_type,
                      .a_law = encoding == "pcma/8000"};
    }
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace baton::telephony::sip
