#include "message/request_options.hpp"

#include <boost/describe/enum_from_string.hpp>
#include <cmath>

#include "message/text.hpp"

namespace baton::message {
namespace {

constexpr int kMinRingSeconds = 5;
constexpr int kMaxRingSeconds = 120;
constexpr int kMinQueueSeconds = 1;
constexpr int kMaxQueueSeconds = 86'400;
constexpr std::size_t kMaxNoteCharacters = 2'000;
constexpr std::size_t kMaxSteps = 10;
constexpr std::string_view kQueuePrefix = "queue:";

class OptionsReader {
 public:
  OptionsReader(RequestReader& reader, TransferOptions& options)
      : reader_(reader), options_(options) {}

  bool read(const JsonNode* node) {
    FoldedObject object(reader_);
    return object.read("options", node, "an object") && read_release_on(object.find("releaseOn")) &&
           read_seconds("options.ringTimeoutSeconds", object.find("ringTimeoutSeconds"),
                        kMinRingSeconds, kMaxRingSeconds, options_.ring_timeout_seconds) &&
           read_seconds("options.queueTimeoutSeconds", object.find("queueTimeoutSeconds"),
                        kMinQueueSeconds, kMaxQueueSeconds, options_.queue_timeout_seconds) &&
           read_on_failure(object.find("onFailure")) && read_note(object.find("note")) &&
           read_attributes(object.find("attributes"));
  }

 private:
  bool refuse(std::string_view field, std::string_view seen, std::string_view expected) {
    return reader_.refuse(Reason::invalidMessage, std::string(field) + ": " + std::string(seen) +
                                                      " was seen, " + std::string(expected) +
                                                      " is expected");
  }

  bool read_release_on(const JsonNode* node) {
    if (is_absent(node)) return true;
    ReleaseOn value{};
    if (node->kind != JsonKind::string ||
        !boost::describe::enum_from_string(std::string(node->text).c_str(), value) ||
        node->text.find('\0') != std::string_view::npos) {
      return refuse("options.releaseOn", describe(node), "accepted, alerting or answered");
    }
    options_.release_on = value;
    return true;
  }

  bool read_seconds(std::string_view field, const JsonNode* node, int least, int most,
                    std::optional<int>& value) {
    if (is_absent(node)) return true;
    if (node->kind != JsonKind::number || node->number < least || node->number > most ||
        node->number != std::floor(node->number)) {
      return refuse(field, describe(node),
                    "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    value = static_cast<int>(node->number);
    return true;
  }

  bool read_on_failure(const JsonNode* node) {
    if (is_absent(node)) return true;
    constexpr std::string_view kExpected =
        "an array of at most 10 out of \"return\", \"originalQueue\", \"queue:<ARN>\" and "
        "\"disconnect\"";
    if (node->kind != JsonKind::array)
      return refuse("options.onFailure", describe(node), kExpected);
    std::vector<FallbackStep> steps;
    for (const JsonNode* item = reader_.tree().first_child(*node); item != nullptr;
         item = reader_.tree().next_sibling(*item)) {
      if (steps.size() == kMaxSteps)
        return refuse("options.onFailure", "an array of more", kExpected);
      if (!read_step(*item, steps.emplace_back()))
        return refuse("options.onFailure", describe(item), kExpected);
    }
    options_.on_failure = std::move(steps);
    return true;
  }

  static bool read_step(const JsonNode& item, FallbackStep& step) {
    if (item.kind != JsonKind::string) return false;
    if (item.text == "return") {
      step.kind = FallbackKind::return_to_agent;
    } else if (item.text == "originalQueue") {
      step.kind = FallbackKind::original_queue;
    } else if (item.text == "disconnect") {
      step.kind = FallbackKind::disconnect;
    } else if (item.text.starts_with(kQueuePrefix)) {
      step.kind = FallbackKind::queue;
      step.queue_arn = item.text.substr(kQueuePrefix.size());
      // A queue's own ARN, or that of the quick connect that leads to it.
      return step.queue_arn.size() <= kMaxArnBytes &&
             (text::is_connect_arn(step.queue_arn, "queue") ||
              text::is_connect_arn(step.queue_arn, "transfer-destination"));
    } else {
      return false;
    }
    return true;
  }

  bool read_note(const JsonNode* node) {
    if (is_absent(node)) return true;
    if (node->kind != JsonKind::string) return refuse("options.note", describe(node), "a string");
    const std::size_t characters = text::count_code_points(node->text);
    if (characters > kMaxNoteCharacters) {
      return refuse("options.note", "a text of " + std::to_string(characters) + " characters",
                    "one of at most 2000");
    }
    if (!node->text.empty()) options_.note = node->text;
    return true;
  }

  bool read_attributes(const JsonNode* node) {
    if (is_absent(node)) return true;
    if (node->kind != JsonKind::object) {
      return refuse("options.attributes", describe(node), "an object of strings");
    }
    std::size_t bytes = 0;
    for (const JsonNode* item = reader_.tree().first_child(*node); item != nullptr;
         item = reader_.tree().next_sibling(*item)) {
      if (item->kind != JsonKind::string) {
        return refuse("options.attributes." + text::shown(item->key), describe(item), "a string");
      }
      bytes += item->key.size() + item->text.size();
      options_.attributes.emplace(item->key, item->text);
    }
    if (bytes > kMaxAttributeBytes) {
      return refuse("options.attributes",
                    "a total of " + std::to_string(bytes) + " bytes of keys and values",
                    "at most 32768 bytes");
    }
    return true;
  }

  RequestReader& reader_;
  TransferOptions& options_;
};

}  // namespace

bool read_options(RequestReader& reader, const JsonNode* node, TransferOptions& options) {
  return is_absent(node) || OptionsReader(reader, options).read(node);
}

std::string to_wire(const FallbackStep& step) {
  switch (step.kind) {
    case FallbackKind::return_to_agent:
      return "return";
    case FallbackKind::original_queue:
      return "originalQueue";
    case FallbackKind::queue:
      return std::string(kQueuePrefix) + step.queue_arn;
    case FallbackKind::disconnect:
      return "disconnect";
  }
  return "return";
}

}  // namespace baton::message
