#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "message/request.hpp"

namespace baton::message {
namespace {

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> all = {
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"ui","data":"+12082097345"})",
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"ui","data":{"endpointARN":)"
      R"("arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/b","endpointId":)"
      R"("arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/b","type":"queue","name":"n",)"
      R"("phoneNumber":null,"agentLogin":null,"queue":null},"options":{"releaseOn":"accepted","onFailure":["return"],)"
      R"("note":"\u00e4","attributes":{"k":"v"},"ringTimeoutSeconds":20}})",
      R"({"channel":"Amazon","topic":"Agent","subtopic":"UpdateState","source":"ui","data":{"label":"a","code":"b"}})",
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"Hold","source":"ui","data":"leg","id":"7"})",
  };
  return all;
}

// Whatever came in, the answer is a refusal that says something, or a request that reads back
// equal.
void check(const std::string& text) {
  const auto parsed = parse_request(text);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    RC_ASSERT(!refusal->error_type.empty());
    RC_ASSERT(!refusal->msg.empty());
    RC_ASSERT(refusal->msg.size() < 600U);
    RC_ASSERT(refusal->reason != Reason::none);
    return;
  }
  const Request& request = std::get<Request>(parsed);
  const auto again = parse_request(print(request));
  RC_ASSERT(std::holds_alternative<Request>(again));
  RC_ASSERT(std::get<Request>(again) == request);
}

RC_GTEST_PROP(ParseRequest, AnswersAnyBytes, (const std::string& text)) { check(text); }

RC_GTEST_PROP(ParseRequest, AnswersAnyMutationOfAMessage, ()) {
  std::string text = *rc::gen::elementOf(seeds());
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 8));
        break;
      case 2:
        text.insert(at, *rc::gen::elementOf(std::vector<std::string>{
                            "\"", "{", "}", ",", ":", "null", "1e999", "\\u0000", "[", "]", "\xFF",
                            "\xC2\xA0", "\"a\":1,"}));
        break;
      default:
        text.insert(at, text.substr(*rc::gen::inRange<std::size_t>(0, text.size()), 12));
    }
    if (text.empty()) break;
  }
  check(text);
}

RC_GTEST_PROP(ParseRequest, TakesAnyTextInItsPlace, (const std::string& raw)) {
  // Quoted as JSON by our own printer, any text that can be a note comes back as it was.
  Request request = std::get<Request>(parse_request(seeds().front()));
  std::string note = raw.substr(0, 500);
  std::ranges::replace_if(note, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  RC_PRE(!note.empty());
  request.options.note = note;
  const auto parsed = parse_request(print(request));
  RC_ASSERT(std::holds_alternative<Request>(parsed));
  RC_ASSERT(std::get<Request>(parsed).options.note == note);
}

RC_GTEST_PROP(NormalizeE164, TakesWhatItReturns, (const std::string& text)) {
  const std::string typed = "+" + text;
  const auto number = normalize_e164(typed);
  if (!number) return;
  RC_ASSERT(normalize_e164(*number) == number);
  RC_ASSERT(number->size() >= 3U);
  RC_ASSERT(number->size() <= 16U);
}

}  // namespace
}  // namespace baton::message
