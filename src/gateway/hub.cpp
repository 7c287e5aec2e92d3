#include "gateway/hub.hpp"

#include <algorithm>
#include <utility>

namespace baton::gateway {

Hub::Hub(EventLogLimits limits, std::size_t max_held_bytes, std::string epoch, AskSync ask_sync,
         QueueBoard::Ask ask_queues, Metrics& metrics)
    : limits_(limits),
      max_held_bytes_(max_held_bytes),
      ask_sync_(std::move(ask_sync)),
      board_(std::move(ask_queues)),
      metrics_(metrics),
      epoch_(std::move(epoch)) {}

Hub::Channel& Hub::channel(const std::string& agent) {
  return channels_.try_emplace(agent, limits_).first->second;
}

void Hub::publish(const PublishedEvent& event) {
  if (!event.text) return;
  Channel& to = channel(event.agent);
  to.log.append(event.sequence, event.at, event.text);
  for (Link& link : to.links) {
    if (!link.held) {
      link.subscriber->deliver(event.text);
      continue;
    }
    link.held->bytes += event.text->size();
    link.held->events.emplace_back(event.sequence, event.text);
    if (link.held->bytes > max_held_bytes_) {
      link.held->events.clear();
      metrics_.hit(Limit::max_send_queue_bytes);
      link.subscriber->close(CloseCode::try_again_later, "too much happened during the state sync");
    }
  }
  for (Subscriber* subscriber : everybody_) subscriber->deliver(event.text);
  metrics_.published();
  metrics_.delivered(to.links.size() + everybody_.size());
}

void Hub::set_epoch(std::string epoch) {
  if (epoch == epoch_) return;
  epoch_ = std::move(epoch);
  for (auto& [agent, one] : channels_) one.log.clear();
}

void Hub::subscribe(Subscriber& subscriber, const Following& following) {
  Subscription& subscription = subscriptions_[&subscriber];
  subscription.everybody = following.everybody;
  if (following.everybody) {
    everybody_.push_back(&subscriber);
    board_.enter(subscriber);
    return;
  }
  subscription.agents = following.agents;
  std::sort(subscription.agents.begin(), subscription.agents.end());
  subscription.agents.erase(std::unique(subscription.agents.begin(), subscription.agents.end()),
                            subscription.agents.end());
  subscription.agents.shrink_to_fit();
  for (const std::string& agent : subscription.agents) {
    Channel& of_agent = channel(agent);
    Link& link = of_agent.links.emplace_back(Link{&subscriber, nullptr});
    if (const auto position = following.positions.find(agent);
        position != following.positions.end()) {
      catch_up(agent, of_agent, link, position->second);
    }
  }
}

void Hub::catch_up(const std::string& agent, Channel& channel, Link& link,
                   const Position& position) {
  if (position.epoch == epoch_) {
    if (const auto missed = channel.log.after(position.after)) {
      for (const Subscriber::Text& text : *missed) link.subscriber->catch_up(text);
      metrics_.replayed();
      return;
    }
  }
  metrics_.synced();
  const std::uint64_t id = ++last_sync_id_;
  link.held = std::make_unique<Held>();
  link.held->sync_id = id;
  ask_sync_(agent,
            [this, agent, id](SyncReply reply) { finish_sync(agent, id, std::move(reply)); });
}

void Hub::finish_sync(const std::string& agent, std::uint64_t sync_id, SyncReply reply) {
  const auto found = channels_.find(agent);
  if (found == channels_.end()) return;
  const auto link =
      std::find_if(found->second.links.begin(), found->second.links.end(),
                   [sync_id](const Link& one) { return one.held && one.held->sync_id == sync_id; });
  if (link == found->second.links.end()) return;  // It has left meanwhile.
  const std::unique_ptr<Held> held = std::move(link->held);
  Subscriber& subscriber = *link->subscriber;
  for (std::string* text : {&reply.app, &reply.agent, &reply.call}) {
    subscriber.catch_up(std::make_shared<const std::string>(std::move(*text)));
  }
  for (const auto& [sequence, text] : held->events) {
    if (sequence > reply.sequence) subscriber.catch_up(text);
  }
}

void Hub::unsubscribe(Subscriber& subscriber) {
  const auto found = subscriptions_.find(&subscriber);
  if (found == subscriptions_.end()) return;
  if (found->second.everybody) {
    std::erase(everybody_, &subscriber);
    board_.leave(subscriber);
  }
  for (const std::string& agent : found->second.agents) {
    const auto of_agent = channels_.find(agent);
    if (of_agent == channels_.end()) continue;
    std::erase_if(of_agent->second.links,
                  [&subscriber](const Link& link) { return link.subscriber == &subscriber; });
    of_agent->second.links.shrink_to_fit();
    // A name that nothing was ever heard of may be a spelling mistake; it must not stay for ever.
    if (of_agent->second.links.empty() && !of_agent->second.log.last_sequence()) {
      channels_.erase(of_agent);
    }
  }
  subscriptions_.erase(found);
}

void Hub::lost_events() {
  metrics_.overflowed();
  for (auto& [agent, one] : channels_) one.log.clear();
  for (auto& [subscriber, subscription] : subscriptions_) {
    subscriber->close(CloseCode::try_again_later, "events were lost, connect again");
  }
}

void Hub::expire(std::int64_t now) {
  to_pack_.clear();
  for (auto& [agent, one] : channels_) {
    one.log.expire(now);
    if (one.log.may_pack(now)) to_pack_.push_back(agent);
  }
}

void Hub::pack(std::int64_t now, std::size_t bytes) {
  std::size_t packed = 0;
  while (!to_pack_.empty() && packed < bytes) {
    const auto found = channels_.find(to_pack_.back());
    const std::size_t done = found == channels_.end() ? 0 : found->second.log.pack(now);
    if (done == 0) to_pack_.pop_back();
    packed += done;
  }
}

}  // namespace baton::gateway
