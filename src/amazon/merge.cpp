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

using Names = std::map<std::string, std::string>;  ///< To the ARN of who has it.

class Merger {
 public:
  Merger(Directory directory, const Instance& instance) : instance_(instance) {
    merged_.directory = std::move(directory);
    for (const InstanceQueue& queue : instance.queues) there_.insert(queue.arn);
    for (const directory::Agent& agent : merged_.directory.agents) {
      accounts_.emplace(directory::lower(agent.login), &agent);
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

  /// Why the directory takes no queue `arn` of that name, or nothing. `taken` has the names, and
  /// the ARNs of who has them.
  static std::string queue_name_fault(const std::string& name, const std::string& arn,
                                      const Names& taken) {
    if (std::string why = directory::text_fault(name, directory::kMaxName); !why.empty()) {
      return "its name " + why;
    }
    if (name.starts_with("arn:")) return "its name must not look like an ARN";
    const auto other = taken.find(name);
    if (other == taken.end() || other->second == arn) return {};
    return "another queue has that name, " + other->second + "; rename one of the two";
  }

  void put_queues() {
    auto& queues = merged_.directory.queues;
    Names taken;
    for (const directory::Queue& queue : queues) {
      if (!there_.contains(queue.arn) && !goes(queue)) taken.emplace(queue.name, queue.arn);
    }
    // Names that differ in the instance by blanks at their ends are one here. Whose it is already
    // has it before one that is to get it, and of these the first.
    for (const InstanceQueue& queue : instance_.queues) {
      const auto known = std::ranges::find(queues, queue.arn, &directory::Queue::arn);
      if (known != queues.end() && known->name == trimmed(queue.name))
        taken.emplace(known->name, known->arn);
    }
    std::set<std::string> refused;
    // One that must keep its name may have what another was to get.
    for (bool again = true; again;) {
      again = false;
      for (const InstanceQueue& queue : instance_.queues) {
        if (refused.contains(queue.arn)) continue;
        const std::string name = trimmed(queue.name);
        const std::string why = queue_name_fault(name, queue.arn, taken);
        if (why.empty()) {
          taken.emplace(name, queue.arn);
          continue;
        }
        refused.insert(queue.arn);
        const auto known = std::ranges::find(queues, queue.arn, &directory::Queue::arn);
        if (known == queues.end()) {
          leave_out(queue, taken, why);
        } else {
          note("queue " + quoted(known->name) + " was not renamed to " + quoted(name) + ": " + why);
          put_at(queue, queue.arn);
          taken[known->name] = known->arn;
          again = true;
        }
      }
    }
    for (const InstanceQueue& queue : instance_.queues) {
      if (!refused.contains(queue.arn)) put_queue(queue);
    }
  }

  void put_queue(const InstanceQueue& queue) {
    auto& queues = merged_.directory.queues;
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
    put_at(queue, queue.arn);
  }

  /// The instance's queue is that one of the directory.
  void put_at(const InstanceQueue& queue, const std::string& arn) {
    arns_by_id_[queue.id] = arn;
    arns_here_[queue.arn] = arn;
  }

  void leave_out(const InstanceQueue& queue, const Names& taken, const std::string& why) {
    const auto other = taken.find(trimmed(queue.name));
    // One of the instance that is no longer there was deleted and made again: agents serve the one
    // before until somebody changes it, so that it stands for the new one.
    if (other != taken.end() && is_ours(other->second) && !there_.contains(other->second)) {
      put_at(queue, other->second);
      made_again_[other->second] = queue.arn;
      return;
    }
    left_out_[queue.id] = trimmed(queue.name);
    note("queue " + quoted(trimmed(queue.name)) + " was left out: " + why);
  }

  /// Whether it is of the instance, no longer there, and needed by nobody.
  [[nodiscard]] bool goes(const directory::Queue& queue) const {
    return is_ours(queue.arn) && !there_.contains(queue.arn) && !who_needs(queue.arn);
  }

  void remove_queues() {
    std::erase_if(merged_.directory.queues, [&](const directory::Queue& queue) {
      if (!is_ours(queue.arn) || there_.contains(queue.arn)) return false;
      if (const auto user = who_needs(queue.arn)) {
        const std::string kept = "queue " + quoted(queue.name) + " was kept since " + *user +
                                 " needs it, and is no longer in the instance";
        const auto again = made_again_.find(queue.arn);
        if (again == made_again_.end()) {
          note(kept + ": change that, then import again");
        } else {
          note(kept + ", where it was made again as " + again->second +
               ": put that ARN in the place of " + queue.arn +
               " everywhere in an export of the directory, and import that");
        }
        return false;
      }
      changed("removed queue " + quoted(queue.name));
      return true;
    });
  }

  /// What of the directory needs a queue. The instance's quick connects are none of it: after the
  /// import they name what is there.
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
      if (is_ours(each.arn)) continue;
      const bool shows = std::ranges::find(each.shown_by, arn) != each.shown_by.end();
      if (each.queue_arn == arn || shows) return "quick connect " + quoted(each.name);
    }
    return std::nullopt;
  }

  void put_quick_connects() {
    auto& all = merged_.directory.quick_connects;
    for (const QuickConnect& each : all) {
      if (!is_ours(each.arn)) quick_names_.insert(each.name);
    }
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
    made.shown_by = shown_here(each.shown_by);
    std::string why;
    if (each.type == "PHONE_NUMBER") {
      made.kind = QuickConnectKind::phone_number;
      made.phone_number = each.phone_number;
      if (!directory::is_e164(each.phone_number)) {
        why = "its number " + quoted(each.phone_number) + " is not in E.164 form";
      }
    } else if (each.type == "QUEUE") {
      made.kind = QuickConnectKind::queue;
      why = find_queue(each, made);
    } else if (each.type == "USER") {
      made.kind = QuickConnectKind::agent;
      why = find_agent(each, made);
    } else {
      why = each.type == "FLOW" ? "a flow has no counterpart in the messages"
                                : "its type " + quoted(each.type) + " is not known";
    }
    if (why.empty() && made.shown_by.empty()) {
      why = each.shown_by.empty() ? "no queue shows it, so no agent may use it"
                                  : "each queue that shows it was left out";
    }
    if (why.empty()) why = quick_name_fault(made.name);
    if (why.empty()) {
      quick_names_.insert(made.name);
      return made;
    }
    note("not transferable: " + each.type + " quick connect " + quoted(made.name) + ": " + why);
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> shown_here(const std::vector<std::string>& arns) const {
    std::set<std::string> here;
    for (const std::string& arn : arns) {
      if (const auto found = arns_here_.find(arn); found != arns_here_.end()) {
        here.insert(found->second);
      }
    }
    return {here.begin(), here.end()};
  }

  [[nodiscard]] std::string quick_name_fault(const std::string& name) const {
    if (std::string why = directory::text_fault(name, directory::kMaxName); !why.empty()) {
      return "its name " + why;
    }
    return quick_names_.contains(name)
               ? "another quick connect has that name; rename one of the two"
               : std::string();
  }

  /// Why there is no such queue, or nothing.
  [[nodiscard]] std::string find_queue(const InstanceQuickConnect& each, QuickConnect& made) const {
    if (const auto out = left_out_.find(each.queue_id); out != left_out_.end()) {
      return "its queue " + quoted(out->second) + " was left out";
    }
    const auto queue = arns_by_id_.find(each.queue_id);
    if (queue == arns_by_id_.end()) {
      return "its queue " + each.queue_id + " is none of the instance's standard queues";
    }
    made.queue_arn = queue->second;
    return {};
  }

  /// Why there is no such agent, or nothing.
  [[nodiscard]] std::string find_agent(const InstanceQuickConnect& each, QuickConnect& made) const {
    const auto user = instance_.logins.find(each.user_id);
    if (user == instance_.logins.end()) {
      return "the instance has no user " + each.user_id;
    }
    const auto account = accounts_.find(directory::lower(user->second));
    if (account == accounts_.end()) {
      return "there is no account with the login " + quoted(user->second) +
             "; import one (docs/directory.md)";
    }
    const directory::Agent& agent = *account->second;
    if (agent.role != directory::Role::agent) {
      return "the account " + quoted(agent.login) + " has the role " +
             std::string(directory::to_string(agent.role)) + " and takes no calls";
    }
    made.agent_login = agent.login;
    return {};
  }

  const Instance& instance_;
  std::set<std::string> there_;                    ///< ARNs of the instance's queues.
  std::map<std::string, std::string> arns_here_;   ///< The directory's, by the instance's.
  std::map<std::string, std::string> arns_by_id_;  ///< The same, by the instance's id.
  std::map<std::string, std::string> left_out_;    ///< Names of queues, by id.
  std::map<std::string, std::string> made_again_;  ///< The instance's ARN, by the one before.
  std::set<std::string> quick_names_;
  std::map<std::string, const directory::Agent*> accounts_;  ///< By the login in lower case.
  Merged merged_;
};

}  // namespace

Merged merge(Directory directory, const Instance& instance) {
  return Merger(std::move(directory), instance).run();
}

}  // namespace baton::amazon
