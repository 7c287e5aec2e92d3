#include "amazon/merge.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "directory/syntax.hpp"

namespace baton::amazon {

using directory::Directory;
using directory::QuickConnect;
using directory::QuickConnectKind;

namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

/// The directory takes no blanks at the ends of a name; Amazon does.
std::string trimmed(std::string_view name) {
  const std::size_t begin = name.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(name.substr(begin, name.find_last_not_of(' ') - begin + 1));
}

class Merger {
 public:
  Merger(Directory directory, const Instance& instance) : instance_(instance) {
    merged_.directory = std::move(directory);
    for (const InstanceQueue& queue : instance.queues) queue_arns_[queue.id] = queue.arn;
    for (const directory::Agent& agent : merged_.directory.agents) {
      logins_[directory::lower(agent.login)] = agent.login;
    }
  }

  Merged run() {
    put_queues();
    put_quick_connects();
    // After the quick connects: those that are gone need their queue no longer.
    remove_queues();
    return std::move(merged_);
  }

 private:
  void changed(std::string what) { merged_.changes.push_back(std::move(what)); }
  void note(std::string what) { merged_.notes.push_back(std::move(what)); }

  [[nodiscard]] bool is_ours(std::string_view arn) const {
    return directory::lower(arn).find(":instance/" + directory::lower(instance_.id) + '/') !=
           std::string::npos;
  }

  void put_queues() {
    auto& queues = merged_.directory.queues;
    for (const InstanceQueue& queue : instance_.queues) {
      const std::string name = trimmed(queue.name);
      const auto known = std::ranges::find(queues, queue.arn, &directory::Queue::arn);
      if (known == queues.end()) {
        directory::Queue fresh;
        fresh.arn = queue.arn;
        fresh.name = name;
        queues.push_back(std::move(fresh));
        changed("added queue " + quoted(name));
      } else if (known->name != name) {
        changed("renamed queue " + quoted(known->name) + " to " + quoted(name));
        known->name = name;
      }
    }
  }

  void remove_queues() {
    std::set<std::string, std::less<>> there;
    for (const InstanceQueue& queue : instance_.queues) there.insert(queue.arn);
    std::erase_if(merged_.directory.queues, [&](const directory::Queue& queue) {
      if (!is_ours(queue.arn) || there.contains(queue.arn)) return false;
      if (const auto user = who_needs(queue.arn)) {
        note("queue " + quoted(queue.name) + " is no longer in the instance, and was kept since " +
             *user + " needs it: change that, then import again");
        return false;
      }
      changed("removed queue " + quoted(queue.name));
      return true;
    });
  }

  [[nodiscard]] std::optional<std::string> who_needs(const std::string& arn) const {
    const Directory& all = merged_.directory;
    for (const auto& profile : all.routing_profiles) {
      const bool serves =
          std::ranges::find(profile.queues, arn, &directory::ProfileQueue::queue_arn) !=
          profile.queues.end();
      if (serves || profile.default_outbound_queue_arn == arn) {
        return "routing profile " + quoted(profile.name);
      }
    }
    for (const auto& number : all.inbound_numbers) {
      if (number.queue_arn == arn) return "inbound number " + number.number;
    }
    for (const QuickConnect& each : all.quick_connects) {
      const bool shows = std::ranges::find(each.shown_by, arn) != each.shown_by.end();
      if (each.queue_arn == arn || shows) return "quick connect " + quoted(each.name);
    }
    return std::nullopt;
  }

  void put_quick_connects() {
    auto& all = merged_.directory.quick_connects;
    std::map<std::string, QuickConnect> wanted;
    for (const InstanceQuickConnect& each : instance_.quick_connects) {
      if (auto made = transferable(each)) wanted.emplace(each.arn, std::move(*made));
    }
    std::erase_if(all, [&](const QuickConnect& known) {
      if (!is_ours(known.arn) || wanted.contains(known.arn)) return false;
      changed("removed quick connect " + quoted(known.name));
      return true;
    });
    for (auto& [arn, fresh] : wanted) {
      const auto known = std::ranges::find(all, arn, &QuickConnect::arn);
      if (known == all.end()) {
        changed("added quick connect " + quoted(fresh.name) + " (" + target_of(fresh) + ")");
        all.push_back(std::move(fresh));
      } else {
        replace(*known, std::move(fresh));
      }
    }
  }

  void replace(QuickConnect& known, QuickConnect fresh) {
    std::ranges::sort(known.shown_by);
    fresh.number_facts = known.number_facts;
    if (known == fresh) return;
    std::string what;
    const auto add = [&](const std::string& text) { what += (what.empty() ? "" : "; ") + text; };
    if (known.name != fresh.name) add("was " + quoted(known.name));
    if (target_of(known) != target_of(fresh)) {
      add(target_of(known) + " is now " + target_of(fresh));
    }
    if (known.shown_by != fresh.shown_by) {
      add("shown by " + std::to_string(fresh.shown_by.size()) +
          (fresh.shown_by.size() == 1 ? " queue" : " queues"));
    }
    changed("changed quick connect " + quoted(fresh.name) + " (" + what + ")");
    known = std::move(fresh);
  }

  static std::string target_of(const QuickConnect& each) {
    switch (each.kind) {
      case QuickConnectKind::phone_number:
        return each.phone_number;
      case QuickConnectKind::agent:
        return "agent " + each.agent_login;
      case QuickConnectKind::queue:
        return "queue " + each.queue_arn;
    }
    return {};
  }

  std::optional<QuickConnect> transferable(const InstanceQuickConnect& each) {
    QuickConnect made;
    made.arn = each.arn;
    made.name = trimmed(each.name);
    made.shown_by = each.shown_by;
    std::string why;
    if (each.type == "PHONE_NUMBER") {
      made.kind = QuickConnectKind::phone_number;
      made.phone_number = each.phone_number;
      if (!directory::is_e164(each.phone_number)) {
        why = "its number " + quoted(each.phone_number) + " is not in E.164 form";
      }
    } else if (each.type == "QUEUE") {
      made.kind = QuickConnectKind::queue;
      const auto queue = queue_arns_.find(each.queue_id);
      if (queue == queue_arns_.end()) {
        why = "its queue " + each.queue_id + " is none of the instance's standard queues";
      } else {
        made.queue_arn = queue->second;
      }
    } else if (each.type == "USER") {
      made.kind = QuickConnectKind::agent;
      why = find_agent(each, made);
    } else {
      why = each.type == "FLOW" ? "a flow has no counterpart in the messages"
                                : "its type " + quoted(each.type) + " is not known";
    }
    if (why.empty() && each.shown_by.empty()) {
      why = "no queue shows it, so no agent may use it";
    }
    if (why.empty()) return made;
    note("not transferable: " + each.type + " quick connect " + quoted(made.name) + ": " + why);
    return std::nullopt;
  }

  /// Why there is no such agent, or nothing.
  [[nodiscard]] std::string find_agent(const InstanceQuickConnect& each, QuickConnect& made) const {
    const auto user = instance_.logins.find(each.user_id);
    if (user == instance_.logins.end()) {
      return "the instance has no user " + each.user_id;
    }
    const auto login = logins_.find(directory::lower(user->second));
    if (login == logins_.end()) {
      return "there is no account with the login " + quoted(user->second) +
             "; import one (docs/directory.md)";
    }
    made.agent_login = login->second;
    return {};
  }

  const Instance& instance_;
  std::map<std::string, std::string> queue_arns_;           ///< By queue id.
  std::map<std::string, std::string, std::less<>> logins_;  ///< As written, by lower case.
  Merged merged_;
};

}  // namespace

Merged merge(Directory directory, const Instance& instance) {
  return Merger(std::move(directory), instance).run();
}

}  // namespace baton::amazon
