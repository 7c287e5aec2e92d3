// The table of states that clients build on is the one that the core holds itself to.

#include <gtest/gtest.h>

#include <array>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/transfer.hpp"

namespace baton::core {
namespace {

template <class Enum>
std::vector<Enum> all_of() {
  std::vector<Enum> values;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&values](auto each) { values.push_back(each.value); });
  return values;
}

/// The first words of a cell's parts: of "agent; server once released" {"agent", "server"}.
std::set<std::string> begins_of(const std::string& cell, char between) {
  std::set<std::string> begins;
  std::istringstream parts(cell);
  for (std::string part; std::getline(parts, part, between);) {
    part.erase(0, part.find_first_not_of(' '));
    std::string begin = part.substr(0, part.find_first_of(", "));
    if (part.starts_with("back end")) begin = "back end";
    if (part.starts_with("any outcome")) begin = "any outcome";
    if (!begin.empty()) begins.insert(begin);
  }
  return begins;
}

struct TableRow {
  bool outcome = false;  ///< It is printed bold.
  std::set<std::string> custodies;
  std::set<std::string> next;
};

/// The rows of docs/message-api.md's table of states, by state.
std::map<std::string, TableRow> published_table() {
  std::ifstream page(BATON_SOURCE_DIR "/docs/message-api.md");
  std::map<std::string, TableRow> table;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "| state | custody | it means | next |") {
      inside = true;
    } else if (inside && !line.starts_with('|')) {
      break;
    } else if (inside && !line.starts_with("|---")) {
      std::vector<std::string> cells;
      std::istringstream row(line.substr(1));
      for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
      EXPECT_EQ(cells.size(), 4U) << line;
      if (cells.size() != 4) continue;
      const std::size_t name = cells[0].find('`') + 1;
      TableRow& of = table[cells[0].substr(name, cells[0].rfind('`') - name)];
      of.outcome = cells[0].find("**") != std::string::npos;
      of.custodies = begins_of(cells[1], ';');
      of.next = begins_of(cells[3], ',');
    }
  }
  for (auto& [state, of] : table) {
    if (of.next.erase("any outcome") == 0) continue;
    for (const auto& [other, row] : table) {
      if (row.outcome) of.next.insert(other);
    }
  }
  return table;
}

TEST(TransferStates, ThePageHasEveryStateAndNoOther) {
  std::set<std::string> states;
  for (const TransferState state : all_of<TransferState>())
    states.emplace(message::to_string(state));
  std::set<std::string> published;
  for (const auto& [state, row] : published_table()) published.insert(state);
  EXPECT_EQ(published, states);
}

TEST(TransferStates, WhatMayFollowIsWhatThePageSays) {
  const auto table = published_table();
  for (const TransferState from : all_of<TransferState>()) {
    std::set<std::string> followers;
    for (const TransferState to : all_of<TransferState>()) {
      if (to != from && may_follow(from, to)) followers.emplace(message::to_string(to));
    }
    const auto row = table.find(std::string(message::to_string(from)));
    ASSERT_NE(row, table.end()) << message::to_string(from);
    EXPECT_EQ(row->second.next, followers) << message::to_string(from);
  }
}

TEST(TransferStates, WhoMayHaveTheCustomerIsWhomThePageNames) {
  const auto table = published_table();
  for (const TransferState state : all_of<TransferState>()) {
    std::set<std::string> having;
    for (const Custody custody : all_of<Custody>()) {
      if (may_have(state, custody)) having.emplace(message::to_string(custody));
    }
    const auto row = table.find(std::string(message::to_string(state)));
    ASSERT_NE(row, table.end()) << message::to_string(state);
    EXPECT_EQ(row->second.custodies, having) << message::to_string(state);
  }
}

}  // namespace
}  // namespace baton::core
