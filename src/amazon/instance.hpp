#pragma once

#include <map>
#include <string>
#include <vector>

#include "amazon/rest_client.hpp"

namespace baton::amazon {

/// A standard queue of the instance (QueueSummary; agents' own queues are none).
struct InstanceQueue {
  std::string id;
  std::string arn;
  std::string name;
};

/// A quick connect (API reference, QuickConnect), of whichever type.
struct InstanceQuickConnect {
  std::string id;
  std::string arn;
  std::string name;
  std::string type;          ///< As Amazon has it: USER, QUEUE, PHONE_NUMBER, FLOW, or a newer one.
  std::string phone_number;  ///< Of PHONE_NUMBER.
  std::string user_id;       ///< Of USER.
  std::string queue_id;      ///< Of QUEUE.
  std::vector<std::string> shown_by;  ///< ARNs of the queues that show it, sorted.
};

/// What the REST interface tells of an instance that a directory can use.
struct Instance {
  std::string id;
  std::vector<InstanceQueue> queues;
  std::vector<InstanceQuickConnect> quick_connects;
  std::map<std::string, std::string> logins;  ///< By user id, of the users that USER ones point to.
};

/// Reads all pages of ListQueues, SearchQuickConnects, ListQueueQuickConnects of each queue, and
/// (where there is a USER quick connect) ListUsers. `instance_id` is a UUID. Tells its progress.
/// Throws AmazonError. Blocking.
[[nodiscard]] Instance read_instance(RestClient& client, const std::string& instance_id,
                                     const Progress& progress);

}  // namespace baton::amazon
