#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace baton::app {

/// Colours for a terminal, and none anywhere else (nor where NO_COLOR is set, as no-color.org
/// asks).
class Palette {
 public:
  explicit Palette(bool terminal) : on_(terminal && std::getenv("NO_COLOR") == nullptr) {}

  [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
  [[nodiscard]] std::string strong(std::string_view text) const { return paint("1", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return paint("32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return paint("31", text); }
  [[nodiscard]] std::string accent(std::string_view text) const { return paint("36", text); }

 private:
  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const {
    if (!on_ || text.empty()) return std::string(text);
    return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
  }

  bool on_;
};

}  // namespace baton::app
