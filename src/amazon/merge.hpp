#pragma once

#include <string>
#include <vector>

#include "amazon/instance.hpp"
#include "directory/directory.hpp"

namespace baton::amazon {

/// What an import from an instance makes of a directory.
struct Merged {
  directory::Directory directory;
  std::vector<std::string> changes;  ///< "added queue "Sales"", a line each; empty: nothing to do.
  std::vector<std::string> notes;    ///< What is not transferable or was left as it was, and why.
};

/// Puts the instance's queues and quick connects into a directory. What is of the instance is told
/// by its ARN. Its quick connects become exactly the instance's; its queues are added and renamed,
/// but what only Baton knows of them (hours, limits, answer) stays, and one that is gone is removed
/// only where nothing else in the directory needs it. All else in the directory stays untouched.
/// Quick connects that cannot be transferred to (flows), whose agent has no account with that role,
/// whose queue is unknown, or that no queue shows are left out, with a note; so is what has a name
/// that the directory cannot take. A queue that was made again under its name, and whose one before
/// is needed, is that one for the quick connects. Any thread.
[[nodiscard]] Merged merge(directory::Directory directory, const Instance& instance);

}  // namespace baton::amazon
