#include "log/line_formats.hpp"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>

#include <string>
#include <string_view>

#include "log/about.hpp"
#include "message/json_writer.hpp"

namespace baton::log {

namespace {

constexpr std::size_t kExpectedBytes = 256;

std::string_view view(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

void append(spdlog::memory_buf_t& to, std::string_view text) {
  to.append(text.data(), text.data() + text.size());
}

/// The time alone, by spdlog's own pattern.
class TimeText {
 public:
  std::string of(const spdlog::details::log_msg& line) {
    spdlog::memory_buf_t text;
    pattern_.format(line, text);
    return {text.data(), text.size()};
  }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, ""};
};

class JsonLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& to) override {
    message::JsonWriter json(kExpectedBytes + line.payload.size());
    json.begin_object();
    json.key("time").string(time_.of(line));
    json.key("level").string(view(spdlog::level::to_string_view(line.level)));
    json.key("msg").string(view(line.payload));
    if (about().contact) json.key("contact").id(*about().contact);
    if (about().transfer) json.key("transfer").id(*about().transfer);
    json.end_object();
    append(to, json.take());
    to.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonLines>();
  }

 private:
  TimeText time_;
};

class TextLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& to) override {
    pattern_.format(line, to);
    if (about().contact) append(to, " contact=" + to_string(*about().contact));
    if (about().transfer) append(to, " transfer=" + to_string(*about().transfer));
    to.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextLines>();
  }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v",
                                     spdlog::pattern_time_type::utc, ""};
};

}  // namespace

std::unique_ptr<spdlog::formatter> json_lines() { return std::make_unique<JsonLines>(); }
std::unique_ptr<spdlog::formatter> text_lines() { return std::make_unique<TextLines>(); }

}  // namespace baton::log
