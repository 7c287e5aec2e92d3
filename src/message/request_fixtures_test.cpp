// The published samples, as the JSON that they mean, are all accepted.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "message/request.hpp"

namespace baton::message {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(BATON_SOURCE_DIR) / "tests/fixtures/messages";

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

Request accept(std::string_view name) {
  auto parsed = parse_request(read(kFolder / name));
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << name << " was refused: " << refusal->msg;
    return {};
  }
  return std::get<Request>(parsed);
}

TEST(PublishedSamples, AreAllAccepted) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".json") continue;
    accept(entry.path().filename().string());
    ++count;
  }
  EXPECT_GE(count, 18);
}

TEST(PublishedSamples, DialPad) {
  const Request request = accept("blind-transfer-dialpad.json");
  EXPECT_EQ(request.kind, RequestKind::blind_transfer);
  EXPECT_EQ(request.source, "ui");
  EXPECT_EQ(request.destination, Destination(DialPad{"+12082097345"}));
}

TEST(PublishedSamples, Queue) {
  EXPECT_EQ(
      accept("blind-transfer-queue.json").destination,
      Destination(QuickConnectRef{
          QuickConnectType::queue, "CallSummary-HVOC-Queue",
          "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/"
          "transfer-destination/09258070-274e-489c-8e78-d228d8879067",
          std::nullopt, std::nullopt, std::nullopt}));
}

TEST(PublishedSamples, External) {
  EXPECT_EQ(
      accept("blind-transfer-external.json").destination,
      Destination(QuickConnectRef{
          QuickConnectType::phone_number, "Sasi_Chime",
          "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/"
          "transfer-destination/24b4cb36-0331-4368-b085-9c5d4d075efb",
          "+16579994374", std::nullopt, std::nullopt}));
}

TEST(PublishedSamples, TheDialPadTextAsPrintedIsNoJson) {
  auto parsed = parse_request(read(kFolder / "blind-transfer-dialpad.raw.txt"));
  ASSERT_TRUE(std::holds_alternative<Refusal>(parsed));
  EXPECT_EQ(std::get<Refusal>(parsed).error_type, "INVALID_MESSAGE");
}

}  // namespace
}  // namespace baton::message
