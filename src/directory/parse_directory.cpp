#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "directory/directory_json.hpp"
#include "directory/json_reader.hpp"
#include "directory/strict_json.hpp"
#include "directory/syntax.hpp"
#include "directory/time_zone.hpp"
#include "directory/weekday.hpp"

namespace baton::directory {

namespace {

namespace json = boost::json;

// Limits of docs/directory.md.
constexpr std::size_t kMaxAgents = 50'000;
constexpr std::size_t kMaxQueues = 10'000;
constexpr std::size_t kMaxProfiles = 10'000;
constexpr std::size_t kMaxQuickConnects = 50'000;
constexpr std::size_t kMaxNumbers = 50'000;
constexpr std::size_t kMaxStates = 100;
constexpr std::size_t kMaxOpenings = 100;
constexpr std::size_t kMaxReferences = 1'000;
constexpr std::size_t kMaxLogin = 64;
constexpr std::size_t kMaxArn = 256;

/// Remembers where each value of a kind was first seen, and reports the next one.
class Uniques {
 public:
  Uniques(FaultList& faults, std::string what) : faults_(faults), what_(std::move(what)) {}

  /// Empty values have a fault already, or are allowed to be absent.
  void add(const std::string& value, const std::string& place) {
    if (value.empty()) return;
    const auto [at, added] = places_.emplace(value, place);
    if (!added) {
      faults_.add(place, what_ + ' ' + quoted(value) + " is taken already at " + at->second);
    }
  }

  [[nodiscard]] bool has(const std::string& value) const { return places_.contains(value); }

 private:
  FaultList& faults_;
  std::string what_;
  std::map<std::string, std::string> places_;
};

/// Reads one document. Queues come first, because everything else may name them.
class DirectoryReader {
 public:
  DirectoryReader(const ParseOptions& options, FaultList& faults)
      : options_(options), faults_(faults) {}

  ImportedDirectory read(const json::value& document) {
    ObjectReader root(faults_, document, "");
    each(root.array("queues", Need::required, kMaxQueues), "/queues", &DirectoryReader::queue);
    each(root.array("routingProfiles", Need::required, kMaxProfiles), "/routingProfiles",
         &DirectoryReader::profile);
    const json::array* agents = root.array("agents", Need::required, kMaxAgents);
    each(agents, "/agents", &DirectoryReader::agent);
    if (agents != nullptr && agents->empty())
      root.fault("agents", "is empty; nobody could sign in");
    each(root.array("quickConnects", Need::optional, kMaxQuickConnects), "/quickConnects",
         &DirectoryReader::quick_connect);
    each(root.array("inboundNumbers", Need::optional, kMaxNumbers), "/inboundNumbers",
         &DirectoryReader::inbound_number);
    if (root.has("agentStates")) {
      const json::array* states = root.array("agentStates", Need::optional, kMaxStates);
      each(states, "/agentStates", &DirectoryReader::agent_state);
      if (states != nullptr) check_states();
    } else {
      imported_.directory.agent_states = default_agent_states();
    }
    imported_.directory.version = static_cast<std::uint64_t>(
        root.integer("replacesVersion", 0, 1, std::numeric_limits<int>::max()));
    root.finish();
    return std::move(imported_);
  }

 private:
  using ReadOne = void (DirectoryReader::*)(ObjectReader&);

  void each(const json::array* elements, std::string_view place, ReadOne read_one) {
    if (elements == nullptr) return;
    for (std::size_t i = 0; i < elements->size(); ++i) {
      ObjectReader reader(faults_, (*elements)[i], pointer_to(place, i));
      if (!reader.is_object()) continue;
      (this->*read_one)(reader);
      reader.finish();
    }
  }

  std::string arn(ObjectReader& reader, std::string_view kind) {
    std::string text = reader.text("arn", Need::required, kMaxArn);
    if (!text.empty() && !is_arn(text, kind)) {
      reader.fault("arn", "is " + quoted(text) +
                              "; expected arn:aws:connect:<region>:<12 digits>:instance/<UUID>/" +
                              std::string(kind) + "/<UUID>");
      return {};
    }
    arns_.add(lower(text), reader.place_of("arn"));
    return text;
  }

  /// A queue's ARN, of a reference that gives its ARN or its name. A queue whose own ARN is at
  /// fault has an empty one, which is no second fault here.
  std::string resolve_queue(const std::string& text, const std::string& place) {
    if (text.empty()) return {};
    const auto found = queue_arns_.find(text);
    if (found != queue_arns_.end()) return found->second;
    faults_.add(place, "there is no queue with the name or ARN " + quoted(text) + " in /queues");
    return {};
  }

  std::string queue_reference(ObjectReader& reader, std::string_view key, Need need) {
    return resolve_queue(reader.text(key, need, kMaxArn), reader.place_of(key));
  }

  std::string number(ObjectReader& reader, std::string_view key) {
    std::string text = reader.text(key, Need::required, 32);
    if (!text.empty() && !is_e164(text)) {
      reader.fault(key, "is " + quoted(text) +
                            "; expected E.164: + and 2 to 15 digits, the first not 0, no blanks");
      return {};
    }
    return text;
  }

  void queue(ObjectReader& reader) {
    Queue queue;
    queue.arn = arn(reader, "queue");
    queue.name = reader.text("name", Need::required, kMaxName);
    queue_names_.add(queue.name, reader.place_of("name"));
    if (queue.name.starts_with("arn:")) reader.fault("name", "must not look like an ARN");
    queue.answer = reader.one_of("answer", Need::optional, QueueAnswer::on_entry);
    if (reader.has("timeZone")) queue.time_zone = time_zone(reader);
    if (const json::array* openings = reader.array("hours", Need::optional, kMaxOpenings)) {
      for (std::size_t i = 0; i < openings->size(); ++i) {
        opening(queue.hours, (*openings)[i], pointer_to(reader.place_of("hours"), i));
      }
    }
    queue.max_waiting = reader.integer("maxWaiting", 1000, 1, 100'000);
    queue.max_wait_seconds = reader.integer("maxWaitSeconds", 3600, 1, 86'400);
    if (!queue.arn.empty()) queue_arns_.emplace(queue.arn, queue.arn);
    if (!queue.name.empty()) queue_arns_.emplace(queue.name, queue.arn);
    imported_.directory.queues.push_back(std::move(queue));
  }

  std::string time_zone(ObjectReader& reader) {
    std::string name = reader.text("timeZone", Need::optional, 64);
    const bool known =
        name.empty() || name == "UTC" ||
        (options_.time_zone_known ? options_.time_zone_known(name) : time_zone_known(name));
    if (!known) {
      reader.fault("timeZone", quoted(name) +
                                   " is not a time zone of this system; expected an IANA name such "
                                   "as \"Europe/Berlin\" (package tzdata)");
    }
    return name.empty() || !known ? "UTC" : name;
  }

  void opening(std::vector<Opening>& hours, const json::value& value, const std::string& place) {
    ObjectReader reader(faults_, value, place);
    if (!reader.is_object()) return;
    const auto from = time_of_day(reader, "from");
    const auto to = time_of_day(reader, "to");
    if (from && to && *from >= *to) {
      reader.fault("to", "is not after \"from\"; split an opening that passes midnight in two");
    }
    if (const json::array* days = reader.array("days", Need::required, 7)) {
      if (days->empty()) reader.fault("days", "is empty; name at least one day");
      for (std::size_t i = 0; i < days->size(); ++i) {
        const std::string at = pointer_to(reader.place_of("days"), i);
        const std::string name((*days)[i].is_string() ? std::string_view((*days)[i].get_string())
                                                      : std::string_view());
        const auto weekday = parse_weekday(name);
        if (!weekday) {
          faults_.add(at,
                      "expected one of monday, tuesday, wednesday, thursday, friday, saturday, "
                      "sunday; it is " +
                          quoted(name));
        } else if (from && to && *from < *to) {
          const Opening added{*weekday, *from, *to};
          check_overlap(hours, added, at);
          hours.push_back(added);
        }
      }
    }
    reader.finish();
  }

  std::optional<int> time_of_day(ObjectReader& reader, std::string_view key) {
    const std::string text = reader.text(key, Need::required, 16);
    if (text.empty()) return std::nullopt;
    const auto minutes = minutes_of(text);
    if (!minutes) reader.fault(key, "is " + quoted(text) + "; expected HH:MM, 00:00 to 24:00");
    return minutes;
  }

  void check_overlap(const std::vector<Opening>& hours, const Opening& added,
                     const std::string& place) {
    for (const Opening& other : hours) {
      if (other.weekday == added.weekday && other.from_minute < added.to_minute &&
          added.from_minute < other.to_minute) {
        faults_.add(place, "overlaps another opening of the same " +
                               std::string(weekday_name(added.weekday)));
        return;
      }
    }
  }

  void profile(ObjectReader& reader) {
    RoutingProfile profile;
    profile.name = reader.text("name", Need::required, kMaxName);
    profile_names_.add(profile.name, reader.place_of("name"));
    profile.arn = arn(reader, "routing-profile");
    if (const json::array* queues = reader.array("queues", Need::required, kMaxReferences)) {
      std::set<std::string> served;
      for (std::size_t i = 0; i < queues->size(); ++i) {
        const std::string place = pointer_to(reader.place_of("queues"), i);
        ObjectReader entry(faults_, (*queues)[i], place);
        if (!entry.is_object()) continue;
        ProfileQueue queue;
        queue.queue_arn = queue_reference(entry, "queue", Need::required);
        queue.priority = entry.integer("priority", 1, 1, 99);
        entry.finish();
        if (!queue.queue_arn.empty() && !served.insert(queue.queue_arn).second) {
          entry.fault("queue", "is in this routing profile already; name each queue once");
        }
        profile.queues.push_back(std::move(queue));
      }
    }
    profile.default_outbound_queue_arn =
        queue_reference(reader, "defaultOutboundQueue", Need::optional);
    if (!reader.has("defaultOutboundQueue") && !profile.queues.empty()) {
      profile.default_outbound_queue_arn = profile.queues.front().queue_arn;
    }
    imported_.directory.routing_profiles.push_back(std::move(profile));
  }

  void agent(ObjectReader& reader) {
    Agent agent;
    agent.login = reader.text("login", Need::required, kMaxLogin);
    if (!agent.login.empty() && !is_login(agent.login)) {
      reader.fault("login",
                   "is " + quoted(agent.login) +
                       "; expected letters, digits, '.', '_' or '-', the first a letter or "
                       "a digit");
      agent.login.clear();
    }
    // Phones and people confuse cases, so that logins that differ by case alone would be a trap.
    logins_.add(lower(agent.login), reader.place_of("login"));
    agent.name = reader.text("name", Need::required, kMaxName);
    agent.id = reader.text("id", Need::optional, 36);
    if (agent.id.empty()) {
      if (!agent.login.empty()) agent.id = id_of_login(agent.login);
    } else if (!is_uuid(agent.id)) {
      reader.fault("id", "is " + quoted(agent.id) + "; expected a UUID");
    }
    agent.id = lower(agent.id);
    agent_ids_.add(agent.id, reader.place_of("id"));
    agent.extension = reader.text("extension", Need::optional, kMaxLogin);
    if (!is_extension(agent.extension)) {
      reader.fault("extension", "is " + quoted(agent.extension) +
                                    "; expected letters, digits, or any of + * # . _ -");
    }
    extensions_.add(agent.extension, reader.place_of("extension"));
    agent.role = reader.one_of("role", Need::optional, Role::agent);
    agent.routing_profile = reader.text(
        "routingProfile", agent.role == Role::agent ? Need::required : Need::optional, kMaxName);
    check_profile(agent.routing_profile, reader);
    agent.answer = reader.one_of("answer", Need::optional, AgentAnswer::desktop);
    agent.allowed = allowed(reader);
    agent.enabled = reader.boolean("enabled", true);
    std::string password = reader.secret("password", 8, 128);
    if (!password.empty() && !agent.login.empty()) {
      imported_.passwords.emplace(agent.login, std::move(password));
    }
    if (!agent.login.empty()) roles_.emplace(agent.login, agent.role);
    imported_.directory.agents.push_back(std::move(agent));
  }

  void check_profile(const std::string& name, ObjectReader& reader) {
    if (name.empty()) return;
    if (!profile_names_.has(name)) {
      reader.fault("routingProfile",
                   "there is no routing profile " + quoted(name) + " in /routingProfiles");
    }
  }

  AllowedDestinations allowed(ObjectReader& reader) {
    AllowedDestinations allowed;
    const json::value* value = reader.value("allowedDestinations");
    if (value == nullptr) return allowed;
    ObjectReader kinds(faults_, *value, reader.place_of("allowedDestinations"));
    allowed.dial_pad = kinds.boolean("dialPad", true);
    allowed.phone_number = kinds.boolean("phoneNumber", true);
    allowed.queue = kinds.boolean("queue", true);
    allowed.agent = kinds.boolean("agent", true);
    kinds.finish();
    return allowed;
  }

  void quick_connect(ObjectReader& reader) {
    QuickConnect quick;
    quick.arn = arn(reader, "transfer-destination");
    quick.name = reader.text("name", Need::required, kMaxName);
    quick_names_.add(quick.name, reader.place_of("name"));
    const bool typed = reader.has("type");
    quick.kind = reader.one_of("type", Need::required, QuickConnectKind::phone_number);
    const auto of_kind = [&](QuickConnectKind kind, std::string_view key) {
      if (typed && quick.kind == kind) return true;
      if (reader.has(key) && typed) {
        reader.fault(key, "does not belong to a quick connect of this type; leave it out");
      }
      return false;
    };
    if (of_kind(QuickConnectKind::phone_number, "phoneNumber")) {
      quick.phone_number = number(reader, "phoneNumber");
    }
    if (of_kind(QuickConnectKind::queue, "queue")) {
      quick.queue_arn = queue_reference(reader, "queue", Need::required);
    }
    if (of_kind(QuickConnectKind::agent, "agentLogin")) {
      quick.agent_login = reader.text("agentLogin", Need::required, kMaxLogin);
      check_agent(quick.agent_login, reader);
    }
    if (const json::array* queues = reader.array("shownBy", Need::optional, kMaxReferences)) {
      for (std::size_t i = 0; i < queues->size(); ++i) {
        const std::string place = pointer_to(reader.place_of("shownBy"), i);
        if (!(*queues)[i].is_string()) {
          faults_.add(place, "expected a queue's name or ARN as a string");
          continue;
        }
        std::string shown = resolve_queue(std::string((*queues)[i].get_string()), place);
        if (std::find(quick.shown_by.begin(), quick.shown_by.end(), shown) !=
            quick.shown_by.end()) {
          faults_.add(place, "names the same queue twice");
        } else if (!shown.empty()) {
          quick.shown_by.push_back(std::move(shown));
        } else if ((*queues)[i].get_string().empty()) {
          faults_.add(place, "is empty; expected a queue's name or ARN");
        }
      }
    }
    imported_.directory.quick_connects.push_back(std::move(quick));
  }

  void check_agent(const std::string& login, ObjectReader& reader) {
    if (login.empty()) return;
    const auto found = roles_.find(login);
    if (found == roles_.end()) {
      reader.fault("agentLogin", "there is no agent " + quoted(login) + " in /agents");
    } else if (found->second != Role::agent) {
      reader.fault("agentLogin",
                   quoted(login) + " does not have the role agent and takes no calls");
    }
  }

  void inbound_number(ObjectReader& reader) {
    InboundNumber inbound;
    inbound.number = number(reader, "number");
    numbers_.add(inbound.number, reader.place_of("number"));
    inbound.queue_arn = queue_reference(reader, "queue", Need::required);
    imported_.directory.inbound_numbers.push_back(std::move(inbound));
  }

  void agent_state(ObjectReader& reader) {
    // The states that Baton sets itself (docs/message-api.md); an agent cannot choose them.
    static constexpr std::array<std::string_view, 8> kReserved = {
        "pendingbusy",           "busy", "aftercallwork", "missedcallagent", "failedconnectagent",
        "failedconnectcustomer", "init", "error"};
    AgentState state;
    state.label = reader.text("label", Need::required, kMaxName);
    state.code = reader.text("code", Need::required, kMaxName);
    for (const auto& [key, text] :
         {std::pair("label", &state.label), std::pair("code", &state.code)}) {
      if (std::find(kReserved.begin(), kReserved.end(), lower(*text)) != kReserved.end()) {
        reader.fault(key,
                     quoted(*text) + " is a state that the server sets itself; choose another");
      }
    }
    state_labels_.add(state.label, reader.place_of("label"));
    state_codes_.add(state.code, reader.place_of("code"));
    state.type = reader.text("type", Need::required, 16);
    if (!state.type.empty() && state.type != "routable" && state.type != "not_routable" &&
        state.type != "offline") {
      reader.fault("type",
                   "expected one of routable, not_routable, offline; it is " + quoted(state.type));
      state.type.clear();
    }
    imported_.directory.agent_states.push_back(std::move(state));
  }

  /// Without a routable state nobody could ever be offered a call, and without an offline one
  /// nobody could log out.
  void check_states() {
    const auto& states = imported_.directory.agent_states;
    for (const std::string_view type : {"routable", "offline"}) {
      const bool there = std::any_of(states.begin(), states.end(),
                                     [&](const AgentState& state) { return state.type == type; });
      if (!there) faults_.add("/agentStates", "has no state of type " + std::string(type));
    }
  }

  const ParseOptions& options_;
  FaultList& faults_;

  ImportedDirectory imported_;
  std::map<std::string, std::string> queue_arns_;  ///< By ARN and by name.
  std::map<std::string, Role> roles_;              ///< By login.
  Uniques arns_{faults_, "the ARN"};
  Uniques queue_names_{faults_, "the queue name"};
  Uniques profile_names_{faults_, "the routing profile name"};
  Uniques quick_names_{faults_, "the quick connect name"};
  Uniques logins_{faults_, "the login"};
  Uniques agent_ids_{faults_, "the agent id"};
  Uniques extensions_{faults_, "the extension"};
  Uniques numbers_{faults_, "the number"};
  Uniques state_labels_{faults_, "the state label"};
  Uniques state_codes_{faults_, "the state code"};
};

}  // namespace

std::variant<ImportedDirectory, Faults> parse_directory(std::string_view text,
                                                        const ParseOptions& options) {
  auto parsed = parse_strict_json(text, options.max_faults);
  if (auto* faults = std::get_if<Faults>(&parsed)) return std::move(*faults);
  FaultList faults(options.max_faults);
  DirectoryReader reader(options, faults);
  ImportedDirectory imported = reader.read(std::get<json::value>(parsed));
  if (!faults.empty()) return faults.take();
  return imported;
}

std::vector<AgentState> default_agent_states() {
  return {{"Available", "Available", "routable"},
          {"Break", "Break", "not_routable"},
          {"Lunch", "Lunch", "not_routable"},
          {"Training", "Training", "not_routable"},
          {"Offline", "Offline", "offline"}};
}

}  // namespace baton::directory
