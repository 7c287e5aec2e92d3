#include "directory/directory_json.hpp"

#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace baton::directory {
namespace {

constexpr std::string_view kInstance =
    "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/";

/// A version 4 UUID made of a number.
std::string uuid(unsigned n) {
  std::string digits = std::to_string(n);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}
std::string arn(std::string_view kind, unsigned n) {
  return std::string(kInstance) + std::string(kind) + "/" + uuid(n);
}

/// A small good file in which a test replaces one piece.
std::string good() {
  return R"({"queues":[{"arn":")" + arn("queue", 1) + R"(","name":"Sales"},{"arn":")" +
         arn("queue", 2) + R"(","name":"Support"}],
"routingProfiles":[{"arn":")" +
         arn("routing-profile", 1) + R"(","name":"Both","queues":[{"queue":"Sales"},{"queue":")" +
         arn("queue", 2) + R"(","priority":2}]}],
"agents":[{"login":"agent1","name":"Agent One","routingProfile":"Both","password":"demo-agent1"},
{"login":"boss","name":"Boss","role":"supervisor"}],
"quickConnects":[{"arn":")" +
         arn("transfer-destination", 1) +
         R"(","name":"Out","type":"phone_number","phoneNumber":"+16579994374"},
{"arn":")" +
         arn("transfer-destination", 2) +
         R"(","name":"Sales","type":"queue","queue":"Sales","shownBy":["Support"]},
{"arn":")" +
         arn("transfer-destination", 3) +
         R"(","name":"Agent One","type":"agent","agentLogin":"agent1"}],
"inboundNumbers":[{"number":"+18005550100","queue":"Sales"}]})";
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = good();
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Faults faults_of(const std::string& text) {
  auto parsed = parse_directory(text);
  const auto* faults = std::get_if<Faults>(&parsed);
  return faults == nullptr ? Faults{} : *faults;
}

TEST(DirectoryJson, ReadsEverything) {
  const auto parsed = parse_directory(good());
  ASSERT_TRUE(std::holds_alternative<ImportedDirectory>(parsed))
      << print_faults(std::get<Faults>(parsed));
  const auto& imported = std::get<ImportedDirectory>(parsed);
  const Directory& directory = imported.directory;
  EXPECT_EQ(directory.version, 0U);
  ASSERT_EQ(directory.queues.size(), 2U);
  Queue sales;
  sales.arn = arn("queue", 1);
  sales.name = "Sales";
  EXPECT_EQ(directory.queues[0], sales);
  ASSERT_EQ(directory.routing_profiles.size(), 1U);
  EXPECT_EQ(directory.routing_profiles[0].queues,
            (std::vector<ProfileQueue>{{arn("queue", 1), 1}, {arn("queue", 2), 2}}));
  EXPECT_EQ(directory.routing_profiles[0].default_outbound_queue_arn, arn("queue", 1));
  ASSERT_EQ(directory.agents.size(), 2U);
  EXPECT_EQ(directory.agents[0].id.size(), 36U);
  EXPECT_NE(directory.agents[0].id, directory.agents[1].id);
  EXPECT_EQ(directory.agents[1].role, Role::supervisor);
  ASSERT_EQ(directory.quick_connects.size(), 3U);
  EXPECT_EQ(directory.quick_connects[1].shown_by, std::vector<std::string>{arn("queue", 2)});
  EXPECT_EQ(directory.quick_connects[2].agent_login, "agent1");
  EXPECT_EQ(directory.inbound_numbers,
            (std::vector<InboundNumber>{{"+18005550100", arn("queue", 1)}}));
  EXPECT_EQ(directory.agent_states, default_agent_states());
  EXPECT_EQ(imported.passwords, (std::map<std::string, std::string>{{"agent1", "demo-agent1"}}));
}

TEST(DirectoryJson, AnExportImportsToTheSameWithoutPasswords) {
  auto first = std::get<ImportedDirectory>(parse_directory(good()));
  first.directory.queues[0].hours = {{1, 480, 1080}, {5, 0, 1440}};
  first.directory.queues[0].time_zone = "Europe/Berlin";
  first.directory.agents[0].allowed.dial_pad = false;
  for (const bool pretty : {true, false}) {
    const std::string text = print_directory(first.directory, pretty);
    EXPECT_EQ(text.find("password"), std::string::npos);
    const auto again = parse_directory(text);
    ASSERT_TRUE(std::holds_alternative<ImportedDirectory>(again))
        << print_faults(std::get<Faults>(again));
    EXPECT_EQ(std::get<ImportedDirectory>(again).directory, first.directory);
    EXPECT_TRUE(std::get<ImportedDirectory>(again).passwords.empty());
  }
}

TEST(DirectoryJson, AnExportHasNoMoreOpeningsThanWereWritten) {
  // A quarter of an hour each hour, every day: 105 as they are kept, one a day.
  std::string hours;
  for (int hour = 8; hour < 23; ++hour) {
    const std::string at = (hour < 10 ? "0" : "") + std::to_string(hour);
    hours += hours.empty() ? "" : ",";
    hours += R"({"days":["monday","tuesday","wednesday","thursday","friday","saturday","sunday"],)";
    hours += R"("from":")" + at + R"(:00","to":")" + at + R"(:15"})";
  }
  const auto first =
      parse_directory(with(R"("name":"Sales"})", R"("name":"Sales","hours":[)" + hours + "]}"));
  ASSERT_TRUE(std::holds_alternative<ImportedDirectory>(first));
  const Directory& directory = std::get<ImportedDirectory>(first).directory;
  ASSERT_EQ(directory.queues[0].hours.size(), 105U);
  const auto again = parse_directory(print_directory(directory));
  ASSERT_TRUE(std::holds_alternative<ImportedDirectory>(again))
      << print_faults(std::get<Faults>(again));
  EXPECT_EQ(std::get<ImportedDirectory>(again).directory, directory);
}

TEST(DirectoryJson, AReplacementNamesTheVersionThatItMayReplace) {
  auto first = std::get<ImportedDirectory>(parse_directory(good()));
  EXPECT_EQ(first.directory.version, 0U);
  first.directory.version = 7;
  const auto again = parse_directory(print_replacement(first.directory));
  ASSERT_TRUE(std::holds_alternative<ImportedDirectory>(again))
      << print_faults(std::get<Faults>(again));
  EXPECT_EQ(std::get<ImportedDirectory>(again).directory, first.directory);
  // An export is for whichever directory it is imported into.
  const auto exported = parse_directory(print_directory(first.directory));
  EXPECT_EQ(std::get<ImportedDirectory>(exported).directory.version, 0U);
  EXPECT_EQ(faults_of(R"({"replacesVersion": 0, )" + good().substr(1)).front().place,
            "/replacesVersion");
}

TEST(DirectoryJson, TheShippedExampleIsGood) {
  std::ifstream file(std::string(BATON_SOURCE_DIR) + "/examples/directory.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto parsed = parse_directory(text);
  ASSERT_TRUE(std::holds_alternative<ImportedDirectory>(parsed))
      << print_faults(std::get<Faults>(parsed));
  const auto& imported = std::get<ImportedDirectory>(parsed);
  const DirectoryIndex index(imported.directory);
  const Queue* queue = index.queue_by_name("CallSummary-HVOC-Queue");
  ASSERT_NE(queue, nullptr);
  for (const char* login : {"agent1", "agent2", "agent3", "agent4"}) {
    ASSERT_NE(index.agent(login), nullptr) << login;
    EXPECT_EQ(imported.passwords.at(login), "demo-" + std::string(login));
    EXPECT_TRUE(index.serves(*index.agent(login), queue->arn)) << login;
  }
  EXPECT_EQ(imported.passwords.at("supervisor1"), "demo-supervisor1");
  EXPECT_EQ(index.agent("service1")->role, Role::service);
  const std::string destination = std::string(kInstance) + "transfer-destination/";
  const QuickConnect* to_queue =
      index.quick_connect(destination + "09258070-274e-489c-8e78-d228d8879067");
  ASSERT_NE(to_queue, nullptr);
  EXPECT_EQ(to_queue->queue_arn, queue->arn);
  const QuickConnect* outside =
      index.quick_connect(destination + "24b4cb36-0331-4368-b085-9c5d4d075efb");
  ASSERT_NE(outside, nullptr);
  EXPECT_EQ(outside->name, "Sasi_Chime");
  EXPECT_EQ(outside->phone_number, "+16579994374");
  int agents = 0;
  for (const QuickConnect& quick : imported.directory.quick_connects) {
    agents += quick.kind == QuickConnectKind::agent ? 1 : 0;
    EXPECT_TRUE(index.may_use(*index.agent("agent1"), quick)) << quick.name;
  }
  EXPECT_EQ(agents, 4);
  EXPECT_EQ(index.inbound_number("+18005550100")->queue_arn, queue->arn);
}

struct FaultCase {
  std::string name;
  std::string text;
  std::string place;
  std::string says;  ///< Part of the message.
};

std::vector<FaultCase> fault_cases() {
  const std::string queue_1 = arn("queue", 1);
  const std::string queue_2 = arn("queue", 2);
  const auto queue_with = [](const std::string& member) {
    return with(R"("name":"Sales"})", R"("name":"Sales",)" + member + "}");
  };
  const auto agent_with = [](const std::string& member) {
    return with(R"("login":"agent1",)", R"("login":"agent1",)" + member + ",");
  };
  return {
      {"Empty", "", "", "line 1, column 1"},
      {"NotJson", "{\n  nonsense}", "", "line 2, column 3"},
      {"Trailing", good() + "x", "", "after the end"},
      {"InvalidUtf8", with("Agent One", "Agent \xff"), "", "not valid JSON"},
      {"TooDeep", std::string(100, '['), "", "not valid JSON"},
      {"KeyTooLong", "{\"" + std::string(2000, 'k') + "\":1}", "", "not valid JSON"},
      {"NotAnObject", "[]", "", "expected an object; it is an array"},
      {"NothingInIt", "{}", "/queues", "is missing"},
      {"NoAgents", with(R"("agents":[{)", R"("agents":[],"x":[{)"), "/agents", "is empty"},
      {"UnknownKey", with(R"("agents")", R"("zones":1,"agents")"), "/zones",
       "known are queues, routingProfiles, agents"},
      {"UnknownNested", agent_with(R"("sip":1)"), "/agents/0/sip", "unknown key"},
      {"EscapedPointer", agent_with(R"("a/b~c":1)"), "/agents/0/a~1b~0c", "unknown key"},
      {"DuplicateKey", agent_with(R"("login":"x")"), "/agents/0/login", "given twice"},
      {"DuplicateKeyEscaped", agent_with(R"("l\u006fgin":"x")"), "/agents/0/login", "given twice"},
      {"WrongType", with(R"("agents":[)", R"("agents":5,"x":[)"), "/agents",
       "expected an array; it is a number"},
      {"ElementType", with(R"({"number")", R"(7,{"number")"), "/inboundNumbers/0",
       "expected an object"},
      {"Null", agent_with(R"("extension":null)"), "/agents/0/extension", "leave the key out"},
      {"QueueArn", with(queue_1, "arn:aws:sqs:x"), "/queues/0/arn", "expected arn:aws:connect:"},
      {"ArnOfOtherKind", with(queue_1, arn("routing-profile", 9)), "/queues/0/arn",
       "/queue/<UUID>"},
      {"DuplicateArn", with(queue_2, queue_1), "/queues/1/arn", "taken already at /queues/0/arn"},
      {"DuplicateQueueName", with(R"("name":"Support")", R"("name":"Sales")"), "/queues/1/name",
       "taken already"},
      {"QueueNameLikeArn", with(R"("name":"Support")", R"("name":"arn:x")"), "/queues/1/name",
       "look like an ARN"},
      {"QueueAnswer", queue_with(R"("answer":"never")"), "/queues/0/answer",
       "on_entry, on_agent; it is \"never\""},
      {"QueueAnswerType", queue_with(R"("answer":3)"), "/queues/0/answer", "on_entry, on_agent"},
      {"MaxWaitingLow", queue_with(R"("maxWaiting":0)"), "/queues/0/maxWaiting",
       "is 0; 1 to 100000"},
      {"MaxWaitingHuge", queue_with(R"("maxWaiting":18446744073709551615)"), "/queues/0/maxWaiting",
       "whole number"},
      {"MaxWaitingFraction", queue_with(R"("maxWaiting":1.5)"), "/queues/0/maxWaiting",
       "whole number"},
      {"MaxWaitSeconds", queue_with(R"("maxWaitSeconds":86401)"), "/queues/0/maxWaitSeconds",
       "1 to 86400"},
      {"TimeZone", queue_with(R"("timeZone":"Mars/Olympus")"), "/queues/0/timeZone", "IANA"},
      {"TimeZonePath", queue_with(R"("timeZone":"../../etc/passwd")"), "/queues/0/timeZone",
       "IANA"},
      {"HoursDay", queue_with(R"("hours":[{"days":["Montag"],"from":"08:00","to":"09:00"}])"),
       "/queues/0/hours/0/days/0", "monday"},
      {"HoursNoDay", queue_with(R"("hours":[{"days":[],"from":"08:00","to":"09:00"}])"),
       "/queues/0/hours/0/days", "at least one"},
      {"HoursTime", queue_with(R"("hours":[{"days":["monday"],"from":"8:00","to":"09:00"}])"),
       "/queues/0/hours/0/from", "HH:MM"},
      {"HoursLate", queue_with(R"("hours":[{"days":["monday"],"from":"08:00","to":"24:01"}])"),
       "/queues/0/hours/0/to", "24:00"},
      {"HoursBackwards", queue_with(R"("hours":[{"days":["monday"],"from":"20:00","to":"04:00"}])"),
       "/queues/0/hours/0/to", "midnight"},
      {"HoursOverlap",
       queue_with(R"("hours":[{"days":["monday"],"from":"08:00","to":"12:00"},{"days":["sunday",)"
                  R"("monday"],"from":"11:59","to":"13:00"}])"),
       "/queues/0/hours/1/days/1", "overlaps"},
      {"ProfileQueue", with(R"({"queue":"Sales"})", R"({"queue":"Sail"})"),
       "/routingProfiles/0/queues/0/queue", "\"Sail\""},
      {"ProfileQueueTwice", with(R"({"queue":"Sales"})", R"({"queue":"Support"})"),
       "/routingProfiles/0/queues/1/queue", "once"},
      {"ProfilePriority", with(R"("priority":2)", R"("priority":100)"),
       "/routingProfiles/0/queues/1/priority", "1 to 99"},
      {"DefaultOutbound", with(R"("name":"Both",)", R"("name":"Both","defaultOutboundQueue":"x",)"),
       "/routingProfiles/0/defaultOutboundQueue", "no queue"},
      {"LoginForm", with(R"("login":"boss")", R"("login":"bo:ss")"), "/agents/1/login",
       "expected letters"},
      {"LoginTwice", with(R"("login":"boss")", R"("login":"AGENT1")"), "/agents/1/login",
       "taken already at /agents/0/login"},
      {"LoginMissing", with(R"("login":"boss",)", ""), "/agents/1/login", "is missing"},
      {"LoginLong", with(R"("login":"boss")", "\"login\":\"" + std::string(65, 'a') + "\""),
       "/agents/1/login", "at most 64"},
      {"AgentId", agent_with(R"("id":"17")"), "/agents/0/id", "UUID"},
      {"AgentProfileMissing", with(R"("routingProfile":"Both",)", ""), "/agents/0/routingProfile",
       "is missing"},
      {"AgentProfile", with(R"("routingProfile":"Both")", R"("routingProfile":"None")"),
       "/agents/0/routingProfile", "no routing profile"},
      {"AgentRole", agent_with(R"("role":"king")"), "/agents/0/role", "agent, supervisor, service"},
      {"AgentExtension", agent_with(R"("extension":"1 2")"), "/agents/0/extension", "expected"},
      {"AgentEnabled", agent_with(R"("enabled":"yes")"), "/agents/0/enabled", "true or false"},
      {"AgentAllowed", agent_with(R"("allowedDestinations":{"dialPad":1})"),
       "/agents/0/allowedDestinations/dialPad", "true or false"},
      {"AgentAllowedKey", agent_with(R"("allowedDestinations":{"fax":true})"),
       "/agents/0/allowedDestinations/fax", "unknown key"},
      {"PasswordShort", with("demo-agent1", "short"), "/agents/0/password",
       "has 5 bytes; 8 to 128"},
      {"PasswordNull", with(R"("demo-agent1")", "null"), "/agents/0/password", "expected a string"},
      {"NameBlank", with("Agent One", " Agent"), "/agents/0/name", "blank"},
      {"NameControl", with("Agent One", "Agent\\u0001"), "/agents/0/name",
       "control character: \"Agent\\x01\""},
      {"NameEmpty", with("Agent One", ""), "/agents/0/name", "is empty"},
      {"QuickNumber", with("+16579994374", "657-999"), "/quickConnects/0/phoneNumber", "E.164"},
      {"QuickNumberLong", with("+16579994374", "+1234567890123456"), "/quickConnects/0/phoneNumber",
       "E.164"},
      {"QuickNumberZero", with("+16579994374", "+06579994374"), "/quickConnects/0/phoneNumber",
       "E.164"},
      {"QuickType", with(R"("type":"queue")", R"("type":"fax")"), "/quickConnects/1/type",
       "phone_number, queue, agent"},
      {"QuickForeignMember", with(R"("type":"queue",)", R"("type":"queue","phoneNumber":"+123",)"),
       "/quickConnects/1/phoneNumber", "does not belong"},
      {"QuickMissingTarget", with(R"(,"queue":"Sales","shownBy")", R"(,"shownBy")"),
       "/quickConnects/1/queue", "is missing"},
      {"QuickShownBy", with(R"(["Support"])", R"(["Nobody"])"), "/quickConnects/1/shownBy/0",
       "no queue"},
      {"QuickShownByType", with(R"(["Support"])", R"([1])"), "/quickConnects/1/shownBy/0",
       "as a string"},
      {"QuickShownByTwice", with(R"(["Support"])", "[\"Support\",\"" + queue_2 + "\"]"),
       "/quickConnects/1/shownBy/1", "twice"},
      {"QuickAgent", with(R"("agentLogin":"agent1")", R"("agentLogin":"agent9")"),
       "/quickConnects/2/agentLogin", "no agent"},
      {"QuickAgentRole", with(R"("agentLogin":"agent1")", R"("agentLogin":"boss")"),
       "/quickConnects/2/agentLogin", "role agent"},
      {"QuickName", with(R"("name":"Out")", R"("name":"Sales")"), "/quickConnects/1/name",
       "taken already"},
      {"InboundNumber", with("+18005550100", "18005550100"), "/inboundNumbers/0/number", "E.164"},
      {"InboundTwice",
       with(R"("inboundNumbers":[)",
            R"("inboundNumbers":[{"number":"+18005550100","queue":"Support"},)"),
       "/inboundNumbers/1/number", "taken already at /inboundNumbers/0/number"},
      {"InboundQueue",
       with(R"("number":"+18005550100","queue":"Sales")", R"("number":"+18005550100","queue":"x")"),
       "/inboundNumbers/0/queue", "no queue"},
      {"StatesWithoutRoutable",
       with(R"("inboundNumbers")",
            R"("agentStates":[{"label":"Off","code":"Off","type":"offline"}],)"
            R"("inboundNumbers")"),
       "/agentStates", "routable"},
      {"StateReserved",
       with(R"("inboundNumbers")",
            R"("agentStates":[{"label":"Off","code":"Off","type":"offline"},{"label":"On",)"
            R"("code":"On","type":"routable"},{"label":"x","code":"busy","type":"not_routable"}],)"
            R"("inboundNumbers")"),
       "/agentStates/2/code", "server sets itself"},
      {"StateType",
       with(R"("inboundNumbers")",
            R"("agentStates":[{"label":"Off","code":"Off","type":"offline"},{"label":"On",)"
            R"("code":"On","type":"routable"},{"label":"x","code":"x","type":"system"}],)"
            R"("inboundNumbers")"),
       "/agentStates/2/type", "not_routable"},
      {"StateTwice",
       with(R"("inboundNumbers")",
            R"("agentStates":[{"label":"Off","code":"Off","type":"offline"},{"label":"On",)"
            R"("code":"Off","type":"routable"}],)"
            R"("inboundNumbers")"),
       "/agentStates/1/code", "taken already"},
  };
}

class DirectoryJsonFault : public testing::TestWithParam<FaultCase> {};

TEST_P(DirectoryJsonFault, IsReportedAtItsPlace) {
  const FaultCase& fault_case = GetParam();
  const Faults faults = faults_of(fault_case.text);
  ASSERT_FALSE(faults.empty());
  bool found = false;
  for (const Fault& fault : faults) {
    found = found || (fault.place == fault_case.place &&
                      fault.msg.find(fault_case.says) != std::string::npos);
  }
  EXPECT_TRUE(found) << "got " << print_faults(faults);
}

INSTANTIATE_TEST_SUITE_P(All, DirectoryJsonFault, testing::ValuesIn(fault_cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST(DirectoryJson, AllFaultsAreReportedAtOnce) {
  std::string text = with("+16579994374", "nope");
  text.replace(text.find("+18005550100"), 12, "none");
  text.replace(text.find("\"boss\""), 6, "\"b b\"");
  const Faults faults = faults_of(text);
  ASSERT_EQ(faults.size(), 3U) << print_faults(faults);
}

TEST(DirectoryJson, OneMistakeIsOneFault) {
  // The queue's own ARN is wrong; what refers to it by name is not at fault.
  const Faults faults = faults_of(with(arn("queue", 1), "arn:wrong"));
  EXPECT_EQ(faults.size(), 1U) << print_faults(faults);
}

TEST(DirectoryJson, FaultsAreBounded) {
  std::string text = R"({"queues":[],"routingProfiles":[],"agents":[)";
  for (int i = 0; i < 50; ++i) text += i == 0 ? "1" : ",1";
  text += "]}";
  ParseOptions options;
  options.max_faults = 10;
  const auto parsed = parse_directory(text, options);
  const auto& faults = std::get<Faults>(parsed);
  ASSERT_EQ(faults.size(), 11U);
  EXPECT_EQ(faults.back().msg, "40 more faults are not listed");
}

TEST(DirectoryJson, FaultsOfKeysThatAreGivenTwiceAreBounded) {
  std::string text = R"({"a":1)";
  for (int i = 0; i < 2000; ++i) text += R"(,"a":1)";
  const auto parsed = parse_directory(text + "}");
  const auto& faults = std::get<Faults>(parsed);
  ASSERT_EQ(faults.size(), 1001U);
  EXPECT_EQ(faults.back().msg, "1000 more faults are not listed");
}

TEST(DirectoryJson, APasswordIsNeverRepeatedInAFault) {
  for (const Fault& fault : faults_of(with("demo-agent1", "s3cr3t"))) {
    EXPECT_EQ(fault.msg.find("s3cr3t"), std::string::npos);
  }
}

TEST(DirectoryJson, FaultsPrintAsJson) {
  EXPECT_EQ(print_faults({{"/a", "b \"c\""}}), R"({"faults":[{"place":"/a","msg":"b \"c\""}]})");
}

RC_GTEST_PROP(DirectoryJsonProperty, AnyBytesGiveFaultsOrADirectory, (const std::string& text)) {
  const auto parsed = parse_directory(text);
  RC_ASSERT(std::holds_alternative<Faults>(parsed));
  RC_ASSERT(!std::get<Faults>(parsed).empty());
}

RC_GTEST_PROP(DirectoryJsonProperty, AGoodFileCutOrChangedNeverCrashes, ()) {
  std::string text = good();
  const auto changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
  }
  const auto parsed = parse_directory(text);
  if (const auto* imported = std::get_if<ImportedDirectory>(&parsed)) {
    const auto again = parse_directory(print_directory(imported->directory));
    RC_ASSERT(std::get<ImportedDirectory>(again).directory == imported->directory);
  }
}

}  // namespace
}  // namespace baton::directory
