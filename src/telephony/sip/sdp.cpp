#include "telephony/sip/sdp.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace baton::telephony::sip {
namespace {

constexpr std::size_t kMaxFormats = 128;  // There are 128 payload types.
constexpr std::size_t kMaxLines = 1024;

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool same_but_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower_case(a) == lower_case(b);
}

std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most) {
    return std::nullopt;
  }
  return value;
}

bool blank(char c) { return c == ' ' || c == '\t'; }

/// The next word of a line, words being parted by any number of blanks; empty at its end.
std::string_view next_word(std::string_view& rest) {
  std::size_t begin = 0;
  while (begin < rest.size() && blank(rest[begin])) ++begin;
  std::size_t end = begin;
  while (end < rest.size() && !blank(rest[end])) ++end;
  const auto word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

/// Takes the next line off a body, without its end.
std::string_view next_line(std::string_view& body) {
  std::size_t end = 0;
  while (end < body.size() && body[end] != '\r' && body[end] != '\n') ++end;
  auto line = body.substr(0, end);
  body.remove_prefix(std::min(end + 1, body.size()));
  while (!line.empty() && blank(line.back())) line.remove_suffix(1);
  return line;
}

/// What a peer sent, shortened and made printable for an error text.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, 64));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return out;
}

SdpError bad(std::string text) { return {.status = 488, .text = std::move(text)}; }

std::variant<SdpMedia, SdpError> parse_media(std::string_view value) {
  std::string_view rest = value;
  SdpMedia media;
  media.kind = next_word(rest);
  const auto port = next_word(rest);
  media.proto = next_word(rest);
  if (media.proto.empty()) {
    return bad("SDP line m=" + shown(value) + " needs media, port, proto and formats");
  }
  const auto slash = port.find('/');
  const auto port_number = number(port.substr(0, slash), 65535);
  if (!port_number) return bad("SDP line m=" + shown(value) + " has a port outside 0 to 65535");
  media.port = *port_number;
  if (slash != std::string_view::npos) {
    const auto count = number(port.substr(slash + 1), 255);
    if (!count || *count == 0) {
      return bad("SDP line m=" + shown(value) + " has a port count outside 1 to 255");
    }
    media.port_count = *count;
  }
  while (true) {
    const auto format = next_word(rest);
    if (format.empty()) break;
    if (std::find(media.formats.begin(), media.formats.end(), format) != media.formats.end()) {
      continue;  // Said twice: once is enough.
    }
    if (media.formats.size() == kMaxFormats) {
      return bad("SDP m-line has more than 128 formats");
    }
    media.formats.emplace_back(format);
  }
  if (media.formats.empty()) {
    // Seen in the wild on rejected lines only; there the format means nothing, but the grammar
    // wants one.
    if (media.enabled()) return bad("SDP line m=" + shown(value) + " has no format");
    media.formats.emplace_back("0");
  }
  return media;
}

std::string_view static_encoding(int payload_type) {
  switch (payload_type) {  // RFC 3551 tables 4 and 5.
    case 0:
      return "pcmu/8000";
    case 3:
      return "gsm/8000";
    case 4:
      return "g723/8000";
    case 5:
      return "dvi4/8000";
    case 6:
      return "dvi4/16000";
    case 7:
      return "lpc/8000";
    case 8:
      return "pcma/8000";
    case 9:
      return "g722/8000";
    case 10:
      return "l16/44100/2";
    case 11:
      return "l16/44100";
    case 12:
      return "qcelp/8000";
    case 13:
      return "cn/8000";
    case 14:
      return "mpa/90000";
    case 15:
      return "g728/8000";
    case 16:
      return "dvi4/11025";
    case 17:
      return "dvi4/22050";
    case 18:
      return "g729/8000";
    case 25:
      return "celb/90000";
    case 26:
      return "jpeg/90000";
    case 28:
      return "nv/90000";
    case 31:
      return "h261/90000";
    case 32:
      return "mpv/90000";
    case 33:
      return "mp2t/90000";
    case 34:
      return "h263/90000";
    default:
      return {};
  }
}

std::optional<Direction> direction_attribute(std::string_view line) {
  if (line == "a=sendrecv") return Direction::sendrecv;
  if (line == "a=sendonly") return Direction::sendonly;
  if (line == "a=recvonly") return Direction::recvonly;
  if (line == "a=inactive") return Direction::inactive;
  return std::nullopt;
}

std::optional<Direction> direction_in(const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    if (const auto direction = direction_attribute(line)) return direction;
  }
  return std::nullopt;
}

std::optional<std::string_view> attribute_in(const std::vector<std::string>& lines,
                                             std::string_view name) {
  for (const std::string_view line : lines) {
    if (!line.starts_with("a=") || !line.substr(2).starts_with(name)) continue;
    const auto rest = line.substr(2 + name.size());
    if (rest.empty()) return rest;
    if (rest.front() == ':') return rest.substr(1);
  }
  return std::nullopt;
}

std::string_view connection_in(const std::vector<std::string>& lines) {
  for (const std::string_view line : lines) {
    if (line.starts_with("c=")) return line.substr(2);
  }
  return {};
}

std::string_view connection(const Sdp& sdp, const SdpMedia& media) {
  const auto own = connection_in(media.lines);
  return own.empty() ? connection_in(sdp.lines) : own;
}

/// The lines that say what is asked for, in an order that does not depend on the writer.
std::vector<std::string_view> essence(const std::vector<std::string>& lines) {
  std::vector<std::string_view> out;
  for (const std::string_view line : lines) {
    if (line.starts_with("a=") ? !direction_attribute(line)
                               : line.starts_with("b=") || line.starts_with("k=")) {
      out.push_back(line);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::string_view to_string(Direction d) {
  switch (d) {
    case Direction::inactive:
      return "inactive";
    case Direction::sendonly:
      return "sendonly";
    case Direction::recvonly:
      return "recvonly";
    case Direction::sendrecv:
      break;
  }
  return "sendrecv";
}

bool SdpMedia::rtp() const { return proto.find("RTP/") != std::string::npos; }

std::optional<std::string_view> SdpMedia::attribute(std::string_view name) const {
  return attribute_in(lines, name);
}

std::string SdpMedia::encoding(std::string_view format) const {
  if (!rtp()) return std::string(format);
  for (const std::string_view line : lines) {
    if (!line.starts_with("a=rtpmap:")) continue;
    std::string_view rest = line.substr(9);
    if (next_word(rest) != format) continue;
    std::string name = lower_case(next_word(rest));
    // One channel is the default and may be left out (RFC 8866 section 6.6).
    if (std::count(name.begin(), name.end(), '/') == 2 && name.ends_with("/1")) {
      name.resize(name.size() - 2);
    }
    if (!name.empty()) return name;
  }
  const auto payload_type = number(format, 127);
  const auto known = payload_type ? static_encoding(*payload_type) : std::string_view{};
  if (!known.empty()) return std::string(known);
  return "?" + std::string(format);
}

std::variant<Sdp, SdpError> Sdp::parse(std::string_view body) {
  if (body.size() > kMaxSdpBytes) {
    return SdpError{.status = 413,
                    .text = "SDP of " + std::to_string(body.size()) + " bytes; at most " +
                            std::to_string(kMaxSdpBytes) + " are taken"};
  }
  Sdp sdp;
  sdp.lines.reserve(4);
  bool first = true;
  std::size_t count = 0;
  while (!body.empty()) {
    const std::string_view line = next_line(body);
    if (line.empty()) continue;
    if (std::any_of(line.begin(), line.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; })) {
      return bad("SDP line " + shown(line) + " has a control character");
    }
    if (first) {
      if (line != "v=0") return bad("SDP starts with " + shown(line) + " instead of v=0");
      first = false;
      continue;
    }
    if (++count > kMaxLines) return bad("SDP has more than 1024 lines");
    if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') {
      return bad("SDP line " + shown(line) + " is not of the form x=value");
    }
    if (line[0] == 'm') {
      auto media = parse_media(line.substr(2));
      if (auto* error = std::get_if<SdpError>(&media)) return std::move(*error);
      if (sdp.media.size() == kMaxSdpMedia) return bad("SDP has more than 32 m-lines");
      sdp.media.push_back(std::move(std::get<SdpMedia>(media)));
      sdp.media.back().lines.reserve(8);
    } else if (!sdp.media.empty()) {
      sdp.media.back().lines.emplace_back(line);
    } else if (line[0] == 'o') {
      sdp.origin = line.substr(2);
    } else if (std::string_view("vstrz").find(line[0]) == std::string_view::npos) {
      sdp.lines.emplace_back(line);
    }
  }
  if (first) return bad("SDP is empty");
  if (sdp.origin.empty()) return bad("SDP has no o= line");
  return sdp;
}

std::string Sdp::print() const {
  std::string out;
  out.reserve(512);
  const auto put = [&out](std::string_view line) {
    out += line;
    out += "\r\n";
  };
  out += "v=0\r\no=";
  put(origin);
  put("s=-");
  const auto before_time = [](std::string_view line) {
    return std::string_view("iuepcb").find(line[0]) != std::string_view::npos;
  };
  for (const auto& line : lines) {
    if (before_time(line)) put(line);
  }
  put("t=0 0");
  for (const auto& line : lines) {
    if (!before_time(line)) put(line);
  }
  for (const auto& m : media) {
    out += "m=";
    out += m.kind;
    out += ' ';
    out += std::to_string(m.port);
    if (m.port_count != 1) {
      out += '/';
      out += std::to_string(m.port_count);
    }
    out += ' ';
    out += m.proto;
    for (const auto& format : m.formats) {
      out += ' ';
      out += format;
    }
    out += "\r\n";
    for (const auto& line : m.lines) put(line);
  }
  return out;
}

Direction Sdp::direction(const SdpMedia& m) const {
  if (const auto own = direction_in(m.lines)) return *own;
  return direction_in(lines).value_or(Direction::sendrecv);
}

std::string_view Sdp::address(const SdpMedia& m) const {
  std::string_view rest = connection(*this, m);
  next_word(rest);
  next_word(rest);
  const auto address = next_word(rest);
  return address.substr(0, address.find('/'));  // A multicast address carries its TTL.
}

bool Sdp::black_holed(const SdpMedia& m) const {
  const auto where = address(m);
  if (where != "0.0.0.0" && where != "::" && !lower_case(where).ends_with(".invalid")) return false;
  return !m.attribute("ice-ufrag") && !m.attribute("candidate") &&
         !attribute_in(lines, "ice-ufrag");
}

Direction Sdp::effective_direction(const SdpMedia& m) const {
  const auto said = direction(m);
  return black_holed(m) ? make_direction(sends(said), false) : said;
}

Direction direction_of(const Sdp& sdp) {
  for (const auto& m : sdp.media) {
    if (m.enabled() && m.kind == "audio") return sdp.effective_direction(m);
  }
  return Direction::inactive;
}

std::optional<Direction> direction_of(std::string_view body) {
  const auto parsed = Sdp::parse(body);
  const auto* sdp = std::get_if<Sdp>(&parsed);
  if (sdp == nullptr) return std::nullopt;
  return direction_of(*sdp);
}

bool answers_same(std::string_view a, std::string_view b) {
  const auto left = Sdp::parse(a);
  const auto right = Sdp::parse(b);
  const auto* x = std::get_if<Sdp>(&left);
  const auto* y = std::get_if<Sdp>(&right);
  if (x == nullptr || y == nullptr) return a == b;
  if (x->media.size() != y->media.size() || essence(x->lines) != essence(y->lines)) return false;
  for (std::size_t i = 0; i < x->media.size(); ++i) {
    const auto& m = x->media[i];
    const auto& n = y->media[i];
    if (m.kind != n.kind || m.port != n.port || !same_but_case(m.proto, n.proto)) return false;
    if (!m.enabled()) continue;
    if (m.port_count != n.port_count || m.formats != n.formats ||
        connection(*x, m) != connection(*y, n) || x->direction(m) != y->direction(n) ||
        essence(m.lines) != essence(n.lines)) {
      return false;
    }
  }
  return true;
}

bool is_acceptable(std::string_view answer) {
  const auto parsed = Sdp::parse(answer);
  const auto* sdp = std::get_if<Sdp>(&parsed);
  if (sdp == nullptr) return false;
  return std::any_of(sdp->media.begin(), sdp->media.end(), [](const SdpMedia& m) {
    if (!m.enabled() || m.kind != "audio") return false;
    return std::any_of(m.formats.begin(), m.formats.end(), [&m](const std::string& format) {
      const auto encoding = m.encoding(format);
      return !encoding.starts_with("telephone-event/") && !encoding.starts_with("cn/");
    });
  });
}

bool is_numeric_media_address(std::string_view address) {
  if (address.empty() || address.size() > 45) return false;
  const std::string text(address);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(text.find(':') == std::string::npos ? AF_INET : AF_INET6, text.c_str(),
                   bytes.data()) == 1;
}

}  // namespace baton::telephony::sip
