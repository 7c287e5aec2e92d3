#include "app/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "app/config_keys.hpp"

namespace baton::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

bool is_number(const Key& key) {
  AppConfig config;
  telephony::sip::TrunkConfig trunk;
  const Target target = key.target({&config, &trunk});
  return std::holds_alternative<int*>(target) || std::holds_alternative<std::size_t*>(target);
}

TEST(ReadConfig, AFileMayBeTheLongestOfTheSlowReads) {
  ReadConfig reads;
  EXPECT_EQ(reads.longest_slow_read(), std::chrono::seconds(5));
  reads.statistics_ms = 10;
  EXPECT_EQ(reads.longest_slow_read(), std::chrono::seconds(5)) << "100,000 rows";
  reads.csv_transfers = 100;
  EXPECT_EQ(reads.longest_slow_read(), std::chrono::milliseconds(10));
}

bool is_flag(const Key& key) { return key.rule == nullptr && !is_number(key); }

bool is_list(const Key& key) {
  AppConfig config;
  telephony::sip::TrunkConfig trunk;
  const Target target = key.target({&config, &trunk});
  return std::holds_alternative<std::vector<std::string>*>(target) ||
         std::holds_alternative<std::vector<telephony::sip::ListenAddress>*>(target);
}

/// A file with one key set to `value` (TOML), otherwise whole.
std::string file_with(const Key& key, std::string_view value) {
  if (key.section != "trunk") return fmt::format("[{}]\n{} = {}\n", key.section, key.name, value);
  const std::string address = key.name == "address" ? "" : "address = \"127.0.0.1:5090\"\n";
  std::string more;
  const bool empty = value == "\"\"";
  if (key.name.starts_with("password") && !empty) more = "username = \"u\"\n";
  if (key.name == "username" && !empty) more = "password = \"p\"\n";
  if (key.name == "address") more = "[sip]\nlisten = [\"udp:127.0.0.1:0\", \"udp:[::1]:0\"]\n";
  if (key.name == "transport") {
    more =
        "[sip]\nlisten = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\", \"tls:127.0.0.1:0\"]\n"
        "tls_certificate_dir = \"certs\"\n";
  }
  return fmt::format("[trunk.carrier]\n{} = {}\n{}{}", key.name, value, address, more);
}

std::vector<std::string> faults(const ConfigResult& result) {
  std::vector<std::string> texts;
  for (const ConfigFault& fault : result.faults) texts.push_back(fault.to_string());
  return texts;
}

std::vector<std::string> faults_of(std::string_view text, const Environment& environment = {}) {
  return faults(parse_config(text, "baton.toml", environment));
}

/// The number that a key's target holds.
std::int64_t number_in(AppConfig& config, const Key& key) {
  telephony::sip::TrunkConfig none;
  auto* trunk = config.sip.trunks.empty() ? &none : &config.sip.trunks.front();
  const Target target = key.target({&config, trunk});
  if (int* const* at = std::get_if<int*>(&target)) return **at;
  return static_cast<std::int64_t>(**std::get_if<std::size_t*>(&target));
}

// Some limits can be reached only with a second key beside them (a port range, a timer range).
const std::map<std::string, std::string, std::less<>> kCompanions{
    {"sip.registration_min_seconds", "registration_max_seconds = 86400"},
    {"sip.registration_max_seconds", "registration_min_seconds = 1"},
    {"sip.min_se_seconds", "session_expires_seconds = 86400"},
    {"sip.media_port_min", "media_port_max = 65535"},
    {"sip.media_port_max", "media_port_min = 1024"},
};

TEST(Config, EveryNumberIsTakenAtItsLimitsAndRefusedPastThem) {
  for (const Key& key : config_keys()) {
    if (!is_number(key)) continue;
    SCOPED_TRACE(fmt::format("{}.{}", key.section, key.name));
    const auto companion = kCompanions.find(fmt::format("{}.{}", key.section, key.name));
    const std::string more = companion == kCompanions.end() ? "" : companion->second + "\n";
    for (const std::int64_t good : {key.min, key.max}) {
      auto result = parse_config(file_with(key, std::to_string(good)) + more, "baton.toml", {});
      EXPECT_THAT(faults(result), IsEmpty());
      EXPECT_EQ(number_in(result.config, key), good);
    }
    for (const std::int64_t bad : {key.min - 1, key.max + 1}) {
      if (bad == 0 && key.zero_is_off) continue;
      EXPECT_THAT(
          faults_of(file_with(key, std::to_string(bad)) + more),
          ElementsAre(AllOf(HasSubstr("baton.toml:2:"), HasSubstr(fmt::format("It is {};", bad)),
                            HasSubstr(fmt::format("from {} to {}", key.min, key.max)))));
    }
    if (key.zero_is_off) {
      EXPECT_THAT(faults_of(file_with(key, "0")), IsEmpty());
    }
  }
}

TEST(Config, NoTwoKeysFillTheSamePlace) {
  AppConfig config;
  telephony::sip::TrunkConfig trunk;
  std::map<const void*, std::string> filled;
  for (const Key& key : config_keys()) {
    if (key.name == "password_file") continue;  // Another way to say the password.
    const void* place =
        std::visit([](auto* at) -> const void* { return at; }, key.target({&config, &trunk}));
    const auto [other, first] = filled.emplace(place, fmt::format("{}.{}", key.section, key.name));
    EXPECT_TRUE(first) << key.section << '.' << key.name << " is that of " << other->second;
  }
}

TEST(Config, EveryKeyRefusesWrongTypes) {
  for (const Key& key : config_keys()) {
    SCOPED_TRACE(fmt::format("{}.{}", key.section, key.name));
    std::vector<std::string> wrong{"1.5", "2020-01-01", "{ a = 1 }", "[1]", "[[\"a\"]]"};
    if (!is_number(key)) wrong.emplace_back("7");
    if (!is_flag(key)) wrong.emplace_back("true");
    if (is_number(key) || is_flag(key) || is_list(key)) wrong.emplace_back("\"text\"");
    if (!is_list(key)) wrong.emplace_back("[\"a\"]");
    for (const std::string& value : wrong) {
      const auto found = faults_of(file_with(key, value));
      ASSERT_THAT(found, testing::Contains(AllOf(HasSubstr("baton.toml:2:"), HasSubstr(key.name),
                                                 HasSubstr("allowed: "))))
          << value;
    }
  }
}

TEST(Config, EveryKeyHasAVariable) {
  for (const Key& key : config_keys()) {
    SCOPED_TRACE(fmt::format("{}.{}", key.section, key.name));
    const std::string variable = variable_name(key, "carrier");
    const std::string base = "[trunk.carrier]\naddress = \"127.0.0.1:5090\"\n";
    EXPECT_THAT(
        faults_of(base, {{variable, "\x01"}}),
        ElementsAre(AllOf(HasSubstr("environment: " + variable + ": "), HasSubstr("allowed: "))));
  }
}

struct TextCase {
  std::string_view key;
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;
};

// For a list each text is tried as its only entry.
const std::vector<TextCase> kTextCases{
    {"http.listen",
     {"127.0.0.1:0", "0.0.0.0:65535", "[::1]:8080"},
     {"", "8080", ":8080", "localhost:8080", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8080",
      "1.2.3:1", "127.0.0.1:80 "}},
    {"http.metrics_listen", {"", "127.0.0.1:0"}, {"127.0.0.1", "nowhere:1"}},
    {"http.allowed_origins",
     {"https://desk.example", "http://127.0.0.1:8080", "https://desk.example:8443",
      "https://365.example"},
     {"", "desk.example", "https://", "https://desk.example/", "ftp://desk.example", "https://a b",
      "https://desk.example:0", "null", "*"}},
    {"http.frame_origins",
     {"https://desk.example", "http://127.0.0.1:8080"},
     {"", "desk.example", "https://desk.example/", "https://*.desk.example", "null", "*"}},
    {"http.tls_certificate", {""}, {"a\nb"}},  // Only with the other one: see below.
    {"http.tls_key", {""}, {"a\nb"}},
    {"http.tls_min_version", {"1.2", "1.3"}, {"", "1.1", "1.4", "TLSv1.2"}},
    {"http.trusted_proxies", {"192.0.2.1", "::1"}, {"", "proxy", "192.0.2.0/24", "192.0.2.1:80"}},
    {"auth.jwt_secret_file", {"secret"}, {"", "a\nb"}},
    {"auth.jwks_file", {"", "jwks.json"}, {"a\nb"}},
    {"auth.jwt_issuer", {"baton"}, {""}},
    {"auth.jwt_audience", {"baton"}, {""}},
    {"telephony.backend", {"sip", "amazon-connect"}, {"", "SIP", "amazon"}},
    {"amazon.ccp_url",
     {"", "https://x.my.connect.aws/ccp-v2/", "https://x.awsapps.com/connect/ccp-v2",
      "http://127.0.0.1:8080/ccp-v2/"},
     {"x.my.connect.aws", "http://x.my.connect.aws/ccp-v2/", "https:///ccp-v2/", "ftp://x/",
      "https://x/ccp;v2", "https://x/a b", "https://x/?a", "https://user@x/"}},
    {"amazon.region", {"", "eu-central-1"}, {"EU", "eu central", "a;b"}},
    {"sip.listen",
     {"udp:127.0.0.1:5060", "tcp:[::1]:0"},
     {"", "127.0.0.1:5060", "sctp:127.0.0.1:5060", "udp:localhost:5060", "udp:127.0.0.1",
      "UDP:127.0.0.1:1"}},
    {"sip.realm", {"baton", "contact centre"}, {"", "a\"b", "a\\b"}},
    {"sip.user_agent", {"", "Baton"}, {"a\r\nVia: b"}},
    {"sip.pass_headers", {"X-Case-Id"}, {"", "X-", "Via", "X-a:b", "X-a\r\nb"}},
    {"sip.tls_certificate_dir", {"", "certs"}, {"a\nb"}},
    {"sip.queue_sound", {"", "q.wav"}, {"a\nb"}},
    {"sip.hold_sound", {"", "h.wav"}, {"a\nb"}},
    {"sip.ringback_sound", {"", "r.wav"}, {"a\nb"}},
    {"sip.media_address", {"", "127.0.0.1", "::1"}, {"localhost", "127.0.0.1:1"}},
    {"trunk.address",
     {"127.0.0.1:5090", "sip.carrier.example:5060", "[2001:db8::1]:5060", "3cx.example.com:5060",
      "3cx:5060", "sip.carrier.example.:5060"},
     {"", "127.0.0.1", "127.0.0.1:0", "sip carrier:5060", "-:1", "127.0.0.256:5060", "127.1:5060",
      "0x7f000001:5060", "127.0.0.1.:5060", ".:5060"}},
    {"trunk.transport", {"udp", "tcp", "tls"}, {"", "UDP", "ws"}},
    {"trunk.sources",
     {"203.0.113.7", "203.0.113.7:5060", "[2001:db8::1]:5060", "2001:db8::1"},
     {"", "carrier.example", "203.0.113.7:0", "203.0.113.0/24"}},
    {"trunk.username", {"", "u"}, {"a\nb"}},
    {"trunk.password", {"", "p"}, {"a\nb"}},
    {"trunk.caller_id",
     {"", "+12", "+123456789012345"},
     {"1", "+1", "+012", "+1234567890123456", "+1 2"}},
    {"trunk.allowed_caller_ids", {"*", "+18005550100"}, {"", "18005550100", "**"}},
    {"trunk.prefixes", {"+1", "+4930"}, {"", "+", "1", "+0", "+1a"}},
    {"store.path", {"baton.db"}, {""}},
    {"store.initial_directory", {"", "directory.json"}, {"a\nb"}},
    {"transfer.last_resort_queue", {"", "Main"}, {"a\nb"}},
    {"dialing.allowed_countries", {"US", "DE", "001"}, {"", "us", "USA", "1", "U1", "002"}},
    {"dialing.blocked_classes",
     {"premium_rate", "unknown", "satellite"},
     {"", "premium rate", "PREMIUM_RATE", "premium"}},
    {"dialing.allowed_prefixes", {"+1", "+4930"}, {"", "1", "+0"}},
    {"dialing.blocked_prefixes", {"+1", "+4930"}, {"", "1", "+0"}},
    {"routing.default_caller_id", {"", "+18005550100"}, {"8005550100"}},
    {"log.level", {"trace", "debug", "info", "warning", "error"}, {"", "INFO", "warn"}},
    {"log.format", {"text", "json"}, {"", "xml"}},
    {"journal.durability", {"power", "process"}, {"", "disk"}},
};

/// A TOML basic string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

TEST(Config, EveryTextFollowsItsRule) {
  std::set<std::string> covered;
  for (const TextCase& test : kTextCases) {
    const auto key = std::ranges::find_if(config_keys(), [&](const Key& k) {
      return fmt::format("{}.{}", k.section, k.name) == test.key;
    });
    ASSERT_NE(key, config_keys().end()) << test.key;
    covered.emplace(test.key);
    const auto value = [&](std::string_view text) {
      return is_list(*key) ? fmt::format("[{}]", quoted(text)) : quoted(text);
    };
    for (const std::string_view good : test.good) {
      EXPECT_THAT(faults_of(file_with(*key, value(good))), IsEmpty()) << test.key << ": " << good;
    }
    for (const std::string_view bad : test.bad) {
      EXPECT_THAT(faults_of(file_with(*key, value(bad))),
                  testing::Contains(AllOf(HasSubstr("baton.toml:2:"), HasSubstr("allowed: "))))
          << test.key << ": " << bad;
    }
  }
  for (const Key& key : config_keys()) {
    const std::string name = fmt::format("{}.{}", key.section, key.name);
    if (key.rule != nullptr && name != "trunk.password_file") {
      EXPECT_TRUE(covered.contains(name)) << "no cases for " << name;
    }
  }
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  const auto result = parse_config("", "baton.toml", {});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.config.gateway.listen, "127.0.0.1:8080");
  ASSERT_THAT(result.config.sip.listen, SizeIs(1));
  EXPECT_EQ(to_string(result.config.sip.listen[0]), "udp:127.0.0.1:5060");
  EXPECT_EQ(result.config.policy.ring_timeout_seconds, 20);
}

TEST(Config, TellsAllFaultsInTheOrderOfTheFile) {
  EXPECT_THAT(
      faults_of("[http]\n"
                "listn = \"127.0.0.1:8080\"\n"
                "max_frame_bytes = 1\n"
                "[htp]\n"
                "[log]\n"
                "level = 3\n",
                {{"BATON_LOG_LEVLE", "info"}}),
      ElementsAre(
          AllOf(
              HasSubstr("baton.toml:2:1: http.listn: There is no such key. Did you mean listen?")),
          AllOf(HasSubstr("baton.toml:3:19: http.max_frame_bytes: It is 1; allowed: a whole number "
                          "from 1024 to 16777216 bytes.")),
          AllOf(HasSubstr("baton.toml:4:2: htp: There is no such section. Did you mean [http]?")),
          AllOf(HasSubstr("baton.toml:6:9: log.level: It is 3; allowed: trace, debug")),
          AllOf(HasSubstr("environment: BATON_LOG_LEVLE: There is no such key. Did you mean "
                          "BATON_LOG_LEVEL?"))));
}

TEST(Config, SyntaxErrorsNameTheirPlace) {
  EXPECT_THAT(faults_of("[http]\nlisten = \n"),
              ElementsAre(AllOf(HasSubstr("baton.toml:2:"), HasSubstr("not TOML"))));
  EXPECT_THAT(faults_of("[log]\nlevel = \"info\"\nlevel = \"debug\"\n"),
              ElementsAre(HasSubstr("baton.toml:3:")));
  EXPECT_THAT(faults_of("[log]\nlevel = \"\xff\"\n"), ElementsAre(HasSubstr("baton.toml:2:")));
}

TEST(Config, SectionsAndTrunksMustBeTables) {
  EXPECT_THAT(faults_of("http = 1\n"), ElementsAre(HasSubstr("It must be a table: [http]")));
  EXPECT_THAT(faults_of("[trunk]\ncarrier = 1\n"),
              ElementsAre(HasSubstr("It must be a table: [trunk.carrier]")));
  EXPECT_THAT(faults_of("[trunk.\"A b\"]\n"), ElementsAre(HasSubstr("lower-case letters")));
  EXPECT_THAT(faults_of("[trunk.a]\n"), ElementsAre(HasSubstr("trunk.a.address: It is missing")));
}

TEST(Config, TheEnvironmentOverridesTheFile) {
  const auto result = parse_config(
      "[http]\nlisten = \"127.0.0.1:1\"\n[trunk.carrier]\naddress = \"127.0.0.1:1\"\n"
      "[trunk.my-pbx]\naddress = \"127.0.0.1:2\"\n",
      "baton.toml",
      {{"BATON_HTTP_LISTEN", "127.0.0.1:2"},
       {"BATON_HTTP_METRICS_LISTEN", ""},
       {"BATON_HTTP_COOKIE_SECURE", "true"},
       {"BATON_HTTP_REPLAY_EVENTS", "7"},
       {"BATON_HTTP_ALLOWED_ORIGINS", "https://a.example, https://b.example"},
       {"BATON_SIP_LISTEN", "udp:127.0.0.1:5061,tcp:[::1]:5062"},
       {"BATON_SIP_PASS_HEADERS", " "},
       {"BATON_STORE_PATH", "x/b.db"},
       {"BATON_TRUNK_CARRIER_ADDRESS", "127.0.0.1:3"},
       {"BATON_TRUNK_MY_PBX_ADDRESS", "127.0.0.1:4"},
       {"BATON_URL", "of another program"}});
  ASSERT_THAT(faults(result), IsEmpty());
  EXPECT_EQ(result.config.gateway.listen, "127.0.0.1:2");
  EXPECT_EQ(result.config.gateway.metrics_listen, "");
  EXPECT_TRUE(result.config.gateway.cookie_secure);
  EXPECT_EQ(result.config.gateway.replay_events, 7U);
  EXPECT_THAT(result.config.gateway.allowed_origins,
              ElementsAre("https://a.example", "https://b.example"));
  ASSERT_THAT(result.config.sip.listen, SizeIs(2));
  EXPECT_EQ(to_string(result.config.sip.listen[1]), "tcp:[::1]:5062");
  EXPECT_THAT(result.config.sip.pass_headers, IsEmpty());
  EXPECT_EQ(result.config.store.path, "x/b.db");
  ASSERT_THAT(result.config.sip.trunks, SizeIs(2));
  EXPECT_EQ(result.config.sip.trunks[0].address, "127.0.0.1:3");
  EXPECT_EQ(result.config.sip.trunks[1].address, "127.0.0.1:4");
}

TEST(Config, RefusesVariablesThatCannotBeMeant) {
  EXPECT_THAT(faults_of("", {{"BATON_HTTP_COOKIE_SECURE", "yes"}}),
              ElementsAre(HasSubstr("allowed: true or false")));
  EXPECT_THAT(faults_of("", {{"BATON_HTTP_REPLAY_EVENTS", "7x"}}),
              ElementsAre(HasSubstr("\"7x\"")));
  EXPECT_THAT(faults_of("", {{"BATON_SIP_LISTEN", ""}}),
              ElementsAre(HasSubstr("one address at least")));
  EXPECT_THAT(faults_of("", {{"BATON_TRUNK_CARRIER_ADDRESS", "127.0.0.1:1"}}),
              ElementsAre(HasSubstr("The file's trunks: none; a variable cannot add one.")));
}

TEST(Config, RelativePathsAreTakenFromTheFilesFolder) {
  const auto result =
      parse_config("[store]\npath = \"data/b.db\"\n[auth]\njwt_secret_file = \"/etc/s\"\n",
                   "conf/baton.toml", {});
  EXPECT_EQ(result.config.store.path, "conf/data/b.db");
  EXPECT_EQ(result.config.gateway.jwt_secret_file, "/etc/s");
}

class ConfigFiles : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / fmt::format("baton-config-{}", getpid());
};

TEST_F(ConfigFiles, SecretsComeFromFiles) {
  write("password", "s3cret\r\nsecond line\n");
  const std::string text =
      "[trunk.carrier]\naddress = \"127.0.0.1:1\"\nusername = \"u\"\npassword_file = "
      "\"password\"\n";
  const std::string file = write("baton.toml", text);
  const auto result = load_config(file, {});
  ASSERT_THAT(faults(result), IsEmpty());
  EXPECT_EQ(result.config.sip.trunks[0].password, "s3cret");

  const auto overridden = load_config(file, {{"BATON_TRUNK_CARRIER_PASSWORD", "other"}});
  ASSERT_THAT(faults(overridden), IsEmpty());
  EXPECT_EQ(overridden.config.sip.trunks[0].password, "other");

  EXPECT_THAT(faults(load_config(write("both.toml", text + "password = \"x\"\n"), {})),
              ElementsAre(HasSubstr("Both password and password_file")));
  EXPECT_THAT(faults(load_config(file, {{"BATON_TRUNK_CARRIER_PASSWORD", ""}})),
              ElementsAre(HasSubstr("trunk.carrier.password is empty")))
      << "the variable wins over the file";
  write("password", "\r\n");
  EXPECT_THAT(faults(load_config(file, {})), ElementsAre(HasSubstr("The secret cannot be read")));
  std::filesystem::remove(folder_ / "password");
  EXPECT_THAT(faults(load_config(file, {})), ElementsAre(HasSubstr("The secret cannot be read")));
}

TEST_F(ConfigFiles, AMissingFileIsAFault) {
  EXPECT_THAT(faults(load_config((folder_ / "none.toml").string(), {})),
              ElementsAre(HasSubstr("cannot be read")));
  EXPECT_THAT(faults(load_config(folder_.string(), {})), ElementsAre(HasSubstr("cannot be read")));
}

TEST(Config, SecretsAreNotShown) {
  const auto found =
      faults_of("[trunk.a]\naddress = \"127.0.0.1:1\"\npassword = \"hid\\u0001den\"\n");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0], testing::Not(HasSubstr("den")));
}

TEST(Config, KeysThatContradictEachOther) {
  EXPECT_THAT(faults_of("[http]\nmetrics_listen = \"127.0.0.1:8080\"\n"),
              ElementsAre(HasSubstr("take another port")));
  EXPECT_THAT(faults_of("[http]\nlisten = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\n"),
              IsEmpty());
  EXPECT_THAT(faults_of("[http]\ntls_certificate = \"server.pem\"\n"),
              ElementsAre(HasSubstr("but http.tls_key is not")));
  EXPECT_THAT(faults_of("[http]\ntls_key = \"server.key\"\n"),
              ElementsAre(HasSubstr("but http.tls_certificate is not")));
  EXPECT_THAT(faults_of("[http]\ntls_certificate = \"server.pem\"\ntls_key = \"server.key\"\n"),
              IsEmpty());
  EXPECT_THAT(faults_of("[sip]\nregistration_min_seconds = 100\nregistration_max_seconds = 99\n"),
              ElementsAre(HasSubstr("above sip.registration_max_seconds (99)")));
  EXPECT_THAT(faults_of("[sip]\nsession_expires_seconds = 100\nmin_se_seconds = 101\n"),
              ElementsAre(HasSubstr("above sip.session_expires_seconds (100)")));
  EXPECT_THAT(faults_of("[sip]\nsession_expires_seconds = 0\nmin_se_seconds = 101\n"), IsEmpty());
  EXPECT_THAT(faults_of("[sip]\nmedia_port_min = 2000\nmedia_port_max = 2000\n"),
              ElementsAre(HasSubstr("not below")));
  EXPECT_THAT(faults_of("[sip]\nlisten = [\"tls:127.0.0.1:5061\"]\n"),
              ElementsAre(HasSubstr("sip.tls_certificate_dir")));
  EXPECT_THAT(faults_of("[trunk.a]\naddress = \"127.0.0.1:1\"\npassword = \"x\"\n"),
              ElementsAre(HasSubstr("trunk.a.username is not")));
  EXPECT_THAT(
      faults_of("[trunk.a]\naddress = \"127.0.0.1:1\"\nusername = \"u\"\n"),
      ElementsAre(AllOf(HasSubstr("baton.toml:3:"), HasSubstr("trunk.a.password is empty"))));
  EXPECT_THAT(faults_of("[trunk.a]\naddress = \"127.0.0.1:1\"\ntransport = \"tcp\"\n"),
              ElementsAre(HasSubstr("sip.listen has no tcp address")));
  EXPECT_THAT(faults_of("[sip]\nlisten = [\"tcp:127.0.0.1:1\", \"tcp:127.0.0.1:1\"]\n"),
              ElementsAre(HasSubstr("\"tcp:127.0.0.1:1\" is there twice")));
  EXPECT_THAT(faults_of("[sip]\nlisten = [\"tcp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]\n"), IsEmpty());
  for (const char* anybody : {"0.0.0.0", "0.0.0.0:5060", "::", "[::]:5060"}) {
    EXPECT_THAT(faults_of(fmt::format("[trunk.a]\naddress = \"127.0.0.1:1\"\nsources = [\"{}\"]\n",
                                      anybody)),
                ElementsAre(HasSubstr("nobody's address")));
  }
}

TEST(Config, AnAnyPortTrunkOfThisMachineIsForLoopbackOnly) {
  const auto text = [](std::string_view listen, std::string_view source) {
    return fmt::format(
        "[sip]\nlisten = [\"{}\"]\nmedia_address = \"127.0.0.1\"\n[trunk.carrier]\naddress = "
        "\"127.0.0.1:5090\"\nsources = "
        "[\"{}\"]\n",
        listen, source);
  };
  EXPECT_THAT(faults_of(text("udp:127.0.0.1:5060", "127.0.0.1")), IsEmpty());
  EXPECT_THAT(faults_of(text("udp:0.0.0.0:5060", "127.0.0.1")),
              ElementsAre(AllOf(HasSubstr("baton.toml:6:11: trunk.carrier.sources"),
                                HasSubstr("any port"))));
  EXPECT_THAT(faults_of(text("udp:0.0.0.0:5060", "::1")), SizeIs(1));
  EXPECT_THAT(faults_of(text("udp:0.0.0.0:5060", "127.0.0.1:5090")), IsEmpty());
  EXPECT_THAT(faults_of(text("udp:0.0.0.0:5060", "203.0.113.7")), IsEmpty());
}

TEST(Config, AWildcardIsListenedOnButNobodysAddress) {
  const auto text = [](std::string_view listen, std::string_view media) {
    return fmt::format("[sip]\nlisten = [\"{}\"]\nmedia_address = \"{}\"\n", listen, media);
  };
  for (const char* any : {"udp:0.0.0.0:5060", "udp:[::]:5060"}) {
    EXPECT_THAT(faults_of(text(any, "")),
                ElementsAre(AllOf(HasSubstr("baton.toml:2:"), HasSubstr("set sip.media_address"))));
    EXPECT_THAT(faults_of(text(any, "192.0.2.1")), IsEmpty());
  }
  for (const char* any : {"0.0.0.0", "::"}) {
    EXPECT_THAT(faults_of(text("udp:192.0.2.1:5060", any)),
                ElementsAre(AllOf(HasSubstr("baton.toml:3:"), HasSubstr("nobody's address"))));
  }
}

TEST(Config, ATrunkOfAnIpVersionThatNobodySendsFromIsRefused) {
  const auto text = [](std::string_view listen, std::string_view address) {
    return fmt::format(
        "[sip]\nlisten = [\"{}\", \"tcp:[2001:db8::2]:5060\"]\n[trunk.carrier]\naddress = "
        "\"{}\"\n",
        listen, address);
  };
  EXPECT_THAT(faults_of(text("udp:192.0.2.1:5060", "[2001:db8::1]:5060")),
              ElementsAre(AllOf(HasSubstr("baton.toml:4:"),
                                HasSubstr("sip.listen has no udp address of IPv6"))));
  EXPECT_THAT(faults_of(text("udp:[2001:db8::2]:5060", "192.0.2.7:5060")),
              ElementsAre(HasSubstr("sip.listen has no udp address of IPv4")));
  EXPECT_THAT(faults_of(text("udp:[2001:db8::2]:5060", "[2001:db8::1]:5060")), IsEmpty());
  EXPECT_THAT(faults_of(text("udp:192.0.2.1:5060", "sip.carrier.example:5060")), IsEmpty());
}

TEST(Config, Loopback) {
  for (const std::string_view yes :
       {"", "127.0.0.1:8080", "127.9.9.9:1", "[::1]:1", "udp:127.0.0.1:5060", "tls:[::1]:5061",
        "127.0.0.1", "::1", "localhost:80"}) {
    EXPECT_TRUE(is_loopback(yes)) << yes;
  }
  for (const std::string_view no :
       {"0.0.0.0:8080", "[::]:1", "udp:192.0.2.1:5060", "127.example:80", "192.0.2.1"}) {
    EXPECT_FALSE(is_loopback(no)) << no;
  }
}

std::string slurp(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::string(BATON_SOURCE_DIR) + "/" + name).rdbuf();
  return text.str();
}

TEST(ConfigDocuments, TheReferenceIsTheTable) {
  // Compared as a bool: a difference would print both documents whole.
  EXPECT_TRUE(slurp("docs/configuration.md") == config_reference())
      << "Make it anew: build/release/baton check-config --reference > docs/configuration.md";
}

TEST(ConfigDocuments, TheExampleIsAccepted) {
  const auto result = load_config(std::string(BATON_SOURCE_DIR) + "/examples/baton.toml", {});
  EXPECT_THAT(faults(result), IsEmpty());
  EXPECT_TRUE(is_loopback(result.config));
  ASSERT_THAT(result.config.sip.trunks, SizeIs(1));
  EXPECT_EQ(result.config.sip.trunks[0].name, "carrier");
  EXPECT_EQ(result.config.sip.trunks[0].address, "127.0.0.1:5090");
}

/// What a key's target holds, whatever its type.
std::string value_in(AppConfig& config, const Key& key) {
  telephony::sip::TrunkConfig none;
  auto* trunk = config.sip.trunks.empty() ? &none : &config.sip.trunks.front();
  const Target target = key.target({&config, trunk});
  if (const auto* at = std::get_if<std::vector<telephony::sip::ListenAddress>*>(&target)) {
    std::vector<std::string> texts;
    for (const auto& address : **at) texts.push_back(to_string(address));
    return fmt::format("{}", fmt::join(texts, ","));
  }
  if (auto* const* at = std::get_if<std::vector<std::string>*>(&target))
    return fmt::format("{}", fmt::join(**at, ","));
  if (auto* const* at = std::get_if<std::string*>(&target)) return **at;
  if (bool* const* at = std::get_if<bool*>(&target)) return **at ? "true" : "false";
  return std::to_string(number_in(config, key));
}

/// A key as the example shows it.
struct Shown {
  std::string comment;  ///< Right above it, on one line.
  std::string value;    ///< TOML.
  bool set = false;     ///< And not shown as a default, behind "# ".
};

Shown shown_in(const std::string& example, const Key& key) {
  const std::string header =
      fmt::format("\n[{}]\n", key.section == "trunk" ? "trunk.carrier" : key.section);
  const std::size_t from = example.find(header);
  if (from == std::string::npos) return {};
  const std::string section = example.substr(from, example.find("\n[", from + 2) - from);
  std::smatch match;
  const std::regex line(fmt::format("\n((?:# [^\n]*\n)+)(# )?{} = ([^\n]*)\n", key.name));
  if (!std::regex_search(section, match, line)) return {};
  return {.comment = std::regex_replace(match[1].str(), std::regex("(^|\n)# "), " "),
          .value = match[3],
          .set = !match[2].matched};
}

TEST(ConfigDocuments, TheExampleNamesEveryKeyWithItsDefaultAndItsRange) {
  const std::string example = slurp("examples/baton.toml");
  auto plain = parse_config("", "", {});
  for (const Key& key : config_keys()) {
    SCOPED_TRACE(fmt::format("{}.{}", key.section, key.name));
    const Shown shown = shown_in(example, key);
    EXPECT_THAT(shown.comment, HasSubstr(key.doc));
    EXPECT_THAT(shown.comment, HasSubstr(allowed_values(key)));
    std::smatch told;
    const std::regex words(R"(Default: ("[^"]*"|\[[^\]]*\]))");
    const bool tells = std::regex_search(shown.comment, told, words);
    if (shown.set && !tells) {
      EXPECT_EQ(key.name, "address") << "say its default, since the example sets another";
      continue;
    }
    EXPECT_NE(shown.set, !tells) << "a default that is shown need not be told";
    if (key.use == TextUse::secret_file) {  // Set to nothing it is refused: there is no such file.
      EXPECT_EQ(shown.value, R"("")");
      continue;
    }
    auto result = parse_config(file_with(key, tells ? told[1].str() : shown.value), "", {});
    EXPECT_THAT(faults(result), IsEmpty());
    EXPECT_EQ(value_in(result.config, key), value_in(plain.config, key));
  }
}

TEST(ConfigDocuments, OthersMayRelyOnTheAddressesOfTheExample) {
  auto example = load_config(std::string(BATON_SOURCE_DIR) + "/examples/baton.toml", {}).config;
  const std::map<std::string, std::string> fixed{
      {"http.listen", "127.0.0.1:8080"},    {"http.metrics_listen", "127.0.0.1:8081"},
      {"sip.listen", "udp:127.0.0.1:5060"}, {"trunk.address", "127.0.0.1:5090"},
      {"trunk.sources", "127.0.0.1"},       {"telephony.backend", "sip"},
  };
  std::size_t seen = 0;
  for (const Key& key : config_keys()) {
    const auto wanted = fixed.find(fmt::format("{}.{}", key.section, key.name));
    if (wanted == fixed.end()) continue;
    ++seen;
    EXPECT_EQ(value_in(example, key), wanted->second) << wanted->first;
  }
  EXPECT_EQ(seen, fixed.size());
}

}  // namespace
}  // namespace baton::app
