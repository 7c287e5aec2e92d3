#include "numbers/number_book.hpp"

#include <algorithm>
#include <utility>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

namespace baton::numbers {

namespace {

using directory::NumberClass;
using directory::NumberFacts;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/// ITU-T E.164 list of assigned country codes: Inmarsat (870), the global mobile satellite system
/// (881), and the international networks (882, 883), several of which are satellite systems.
bool is_satellite(int country_code) {
  return country_code == 870 || (country_code >= 881 && country_code <= 883);
}

NumberClass class_of(PhoneNumberUtil::PhoneNumberType type) {
  switch (type) {
    case PhoneNumberUtil::FIXED_LINE:
      return NumberClass::fixed_line;
    case PhoneNumberUtil::MOBILE:
      return NumberClass::mobile;
    case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
      return NumberClass::fixed_line_or_mobile;
    case PhoneNumberUtil::TOLL_FREE:
      return NumberClass::toll_free;
    case PhoneNumberUtil::PREMIUM_RATE:
      return NumberClass::premium_rate;
    case PhoneNumberUtil::SHARED_COST:
      return NumberClass::shared_cost;
    case PhoneNumberUtil::VOIP:
      return NumberClass::voip;
    case PhoneNumberUtil::PERSONAL_NUMBER:
      return NumberClass::personal;
    case PhoneNumberUtil::PAGER:
      return NumberClass::pager;
    case PhoneNumberUtil::UAN:
      return NumberClass::company;
    case PhoneNumberUtil::VOICEMAIL:
      return NumberClass::voicemail;
    case PhoneNumberUtil::UNKNOWN:
      break;
  }
  return NumberClass::unknown;
}

}  // namespace

std::string metadata_version() {
  // The data is compiled into the library, whose version Debian's package carries.
  return "libphonenumber " BATON_LIBPHONENUMBER_VERSION;
}

NumberFacts look_up(const std::string& number) {
  NumberFacts facts;
  facts.number = number;
  // The library would take more: "tel:" URIs, extensions, letters.
  if (!number.starts_with('+') || number.find_first_not_of("0123456789", 1) != std::string::npos)
    return facts;
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  PhoneNumber parsed;
  // "ZZ": no country is guessed, so the number must begin with a plus and a country code.
  if (library.Parse(number, "ZZ", &parsed) != PhoneNumberUtil::NO_PARSING_ERROR) return facts;
  // It steps over a national prefix behind the country code ("+1 1 712 ...", "+44 0 20 ...").
  // Whoever carries the call may do so as well: another number would be called than was judged.
  std::string understood;
  library.Format(parsed, PhoneNumberUtil::E164, &understood);
  if (understood != number) return facts;
  // What can only be dialled within its town (IS_POSSIBLE_LOCAL_ONLY) does not exist in E.164.
  facts.possible = library.IsPossibleNumberWithReason(parsed) == PhoneNumberUtil::IS_POSSIBLE;
  if (!facts.possible) return facts;
  library.GetRegionCodeForNumber(parsed, &facts.country);
  facts.number_class = class_of(library.GetNumberType(parsed));
  if (is_satellite(parsed.country_code())) facts.number_class = NumberClass::satellite;
  return facts;
}

NumberBook::NumberBook(std::size_t capacity) : half_(std::max<std::size_t>(capacity / 2, 1)) {
  PhoneNumberUtil::GetInstance();
}

NumberFacts NumberBook::of(const std::string& number) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = new_.find(number); found != new_.end()) return found->second;
  }
  NumberFacts facts;
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    if (auto found = old_.extract(number); !found.empty()) {
      facts = std::move(found.mapped());
      known = true;
    }
  }
  // Not under the lock: others need not wait for the slow part.
  if (!known) facts = look_up(number);
  const std::lock_guard lock(mutex_);
  if (new_.size() >= half_) {
    old_ = std::move(new_);
    new_.clear();
  }
  new_.emplace(number, facts);
  return facts;
}

std::size_t NumberBook::remembered() const {
  const std::lock_guard lock(mutex_);
  return new_.size() + old_.size();
}

}  // namespace baton::numbers
