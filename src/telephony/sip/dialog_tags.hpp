#pragma once

#include <sofia-sip/su_tag.h>

#include <boost/container/small_vector.hpp>
#include <forward_list>
#include <string>
#include <string_view>
#include <utility>

#include <sofia-sip/sip_tag.h>

namespace baton::telephony::sip {

/// A tag list of the stack that is put together at run time. Text given to header() is owned by the
/// list; everything else must outlive it.
class TagList {
 public:
  TagList& add(tag_type_t tag, tag_value_t value) {
    tags_.push_back(tagi_t{tag, value});
    return *this;
  }

  /// Adds the header "name: value".
  TagList& header(std::string_view name, std::string_view value) {
    std::string line;
    line.reserve(name.size() + 2 + value.size());
    line.append(name).append(": ").append(value);
    return add(SIPTAG_HEADER_STR(keep(std::move(line))));
  }

  /// Keeps a text as long as the list lives.
  const char* keep(std::string text) { return texts_.emplace_front(std::move(text)).c_str(); }

  /// Ends the list; hand the result on with TAG_NEXT().
  const tagi_t* done() {
    tags_.push_back(tagi_t{nullptr, 0});
    return tags_.data();
  }

 private:
  // Nearly every message is built with one of these, so that an empty one must cost nothing.
  boost::container::small_vector<tagi_t, 16> tags_;
  std::forward_list<std::string> texts_;
};

}  // namespace baton::telephony::sip
