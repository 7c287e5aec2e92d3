#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "message/event.hpp"

namespace baton::core {

// The binary form of the core's state (docs/journal-format.md, "Snapshots"): fields, enumerators
// and alternatives go by their names, so that a newer program reads what an older one wrote. What
// it does not know is skipped, what is missing has its default. Not for inputs: those are read by
// the program that wrote them only, and have the shorter form of src/journal/described_codec.hpp.

template <class T>
concept NamedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept NamedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
using NamedMembers = boost::describe::describe_members<T, boost::describe::mod_public>;

/// How many of a struct's members are not described on purpose, because they are worked out anew
/// when it is read.
template <class T>
inline constexpr std::size_t kNotSaved = 0;

namespace named {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T>
struct IsList<std::deque<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class K, class V, class C>
struct IsMap<std::map<K, V, C>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <class T>
struct IsOwner : std::false_type {};
template <class T>
struct IsOwner<std::unique_ptr<T>> : std::true_type {};
template <class T>
struct IsShared : std::false_type {};
template <class T>
struct IsShared<message::Shared<T>> : std::true_type {};
template <class T>
concept Text = std::same_as<T, std::string> || std::same_as<T, std::string_view>;
template <class T>
inline constexpr bool kAlwaysFalse = false;

/// A new member that nobody described would be lost with every restart: that does not compile.
template <class T>
constexpr void check_complete() {
  if constexpr (std::is_aggregate_v<T>) {
    static_assert(
        boost::pfr::tuple_size_v<T> == boost::mp11::mp_size<NamedMembers<T>>::value + kNotSaved<T>,
        "a member is missing in BOOST_DESCRIBE_STRUCT: describe it, or count it in "
        "kNotSaved if it can be worked out");
  }
}

/// "EndLeg" for baton::core::EndLeg.
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

/// How a value lies in the bytes; enough to step over one that is not known.
enum class Wire : std::uint8_t { varint, fixed, bytes };

template <class T>
constexpr Wire wire_of() {
  if constexpr (NamedEnum<T>) {
    return Wire::varint;
  } else if constexpr (std::integral<T>) {
    return sizeof(T) == 8 ? Wire::fixed : Wire::varint;
  } else if constexpr (std::is_pointer_v<T>) {
    return wire_of<std::remove_cv_t<std::remove_pointer_t<T>>>();
  } else if constexpr (IsOwner<T>::value) {
    return wire_of<typename T::element_type>();
  } else if constexpr (IsShared<T>::value) {
    return wire_of<std::remove_cvref_t<decltype(*std::declval<T>())>>();
  } else {
    return Wire::bytes;
  }
}

}  // namespace named

/// Names that writer and reader both know, so that they need not stand beside each value: for small
/// values that are written often. One thread.
class NamedDictionary {
 public:
  /// The list must outlive it, and may only ever grow at its end: a reader knows it by its length.
  explicit NamedDictionary(std::span<const std::string_view> names) : names_(names) {
    for (std::size_t i = 0; i < names.size(); ++i) by_name_.emplace(names[i], i);
  }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  /// The place of a name that is a literal; size() where it is not in the list.
  [[nodiscard]] std::uint64_t number_of(std::string_view literal) {
    const auto [found, fresh] = by_address_.try_emplace(literal.data(), names_.size());
    if (fresh) {
      if (const auto known = by_name_.find(literal); known != by_name_.end()) {
        found->second = known->second;
      }
    }
    return found->second;
  }

 private:
  std::span<const std::string_view> names_;
  boost::unordered_flat_map<std::string_view, std::uint64_t> by_name_;
  boost::unordered_flat_map<const char*, std::uint64_t> by_address_;
};

/// Appends one value, and the names it uses, to a text. One thread.
class NamedEncoder {
 public:
  /// Names that are in `known` do not stand beside the value, and a reader must be given the list.
  template <class T>
  static void encode(const T& value, std::string& out, NamedDictionary* known = nullptr) {
    NamedEncoder encoder(out, known);
    encoder.put(value);
    std::string names;
    for (const std::string_view name : encoder.names_) {
      put_varint(names, name.size());
      names += name;
    }
    put_varint(out, encoder.names_.size());
    out += names;
  }

 private:
  NamedEncoder(std::string& out, NamedDictionary* known) : out_(out), known_(known) {
    if (known != nullptr) return;
    names_.reserve(kUsualNames);
    by_name_.reserve(kUsualNames);
    by_address_.reserve(kUsualNames);
  }

  /// The form that wire_of tells.
  template <class T>
  void put(const T& value) {
    if constexpr (NamedEnum<T>) {
      const char* name = boost::describe::enum_to_string(value, nullptr);
      put_varint(out_, number_of(name == nullptr ? "?" : name));
    } else if constexpr (std::integral<T> && named::wire_of<T>() == named::Wire::fixed) {
      put_fixed(static_cast<std::uint64_t>(value));
    } else if constexpr (std::signed_integral<T>) {
      const auto wide = static_cast<std::int64_t>(value);
      put_varint(out_,
                 static_cast<std::uint64_t>(wide) << 1U ^ static_cast<std::uint64_t>(wide >> 63));
    } else if constexpr (std::integral<T>) {
      // Of either sign the form is the same, so that a type may change it.
      put_varint(out_, std::uint64_t{value} << 1U);
    } else if constexpr (std::is_pointer_v<T> || named::IsOwner<T>::value ||
                         named::IsShared<T>::value) {
      put(*value);
    } else {
      const std::size_t at = out_.size();
      out_.append(4, '\0');
      put_bytes(value);
      const auto size = static_cast<std::uint32_t>(out_.size() - at - 4);
      for (unsigned i = 0; i < 4; ++i) out_[at + i] = static_cast<char>(size >> (8 * i) & 0xffU);
    }
  }

  template <class T>
  void put_bytes(const T& value) {
    if constexpr (named::Text<T>) {
      out_ += value;
    } else if constexpr (named::IsOptional<T>::value) {
      put_tagged(*value);
    } else if constexpr (named::IsList<T>::value) {
      put_varint(out_, value.size());
      out_ += static_cast<char>(named::wire_of<typename T::value_type>());
      for (const auto& each : value) put(each);
    } else if constexpr (std::same_as<T, message::ToldUuid>) {
      out_ += to_string(value);
    } else if constexpr (named::IsMap<T>::value) {
      put_varint(out_, value.size());
      out_ += static_cast<char>(named::wire_of<typename T::key_type>());
      out_ += static_cast<char>(named::wire_of<typename T::mapped_type>());
      for (const auto& [key, mapped] : value) {
        put(key);
        put(mapped);
      }
    } else if constexpr (named::IsVariant<T>::value) {
      std::visit(
          [this](const auto& each) {
            put_varint(out_, number_of(named::type_name<std::remove_cvref_t<decltype(each)>>()));
            this->put_tagged(each);
          },
          value);
    } else if constexpr (NamedStruct<T>) {
      put_members(value);
    } else {
      static_assert(named::kAlwaysFalse<T>,
                    "this type has no named form: describe it with Boost.Describe");
    }
  }

  template <class T>
  void put_tagged(const T& value) {
    out_ += static_cast<char>(named::wire_of<T>());
    put(value);
  }

  template <class T>
  void put_members(const T& value) {
    named::check_complete<T>();
    [[maybe_unused]] static const T defaults{};
    boost::mp11::mp_for_each<NamedMembers<T>>([&](auto descriptor) {
      const auto& member = value.*descriptor.pointer;
      using Member = std::remove_cvref_t<decltype(member)>;
      if (is_default(member, defaults.*descriptor.pointer)) return;
      constexpr auto kWire = static_cast<std::uint64_t>(named::wire_of<Member>());
      put_varint(out_, number_of(descriptor.name) << 2U | kWire);
      this->put(member);
    });
  }

  /// Only what can be told quickly; a struct is always written.
  template <class T>
  static bool is_default(const T& value, const T& usual) {
    if constexpr (NamedEnum<T> || std::integral<T> || named::Text<T>) {
      return value == usual;
    } else if constexpr (named::IsOptional<T>::value) {
      // Nothing can only be told by its absence.
      static_cast<void>(usual);
      return !value.has_value();
    } else if constexpr (named::IsList<T>::value || named::IsMap<T>::value) {
      return value.empty() && usual.empty();
    } else if constexpr (named::IsShared<T>::value) {
      return is_default(*value, *usual);
    } else {
      return false;
    }
  }

  /// A name's place. All names are literals, known by their address.
  std::uint64_t number_of(std::string_view name) {
    std::uint64_t before = 0;
    if (known_ != nullptr) {
      const std::uint64_t number = known_->number_of(name);
      before = known_->size();
      if (number < before) return number;
    }
    const auto [place, unseen] = by_address_.try_emplace(name.data(), 0);
    if (unseen) {
      const auto [found, fresh] = by_name_.try_emplace(name, before + names_.size());
      if (fresh) names_.push_back(name);
      place->second = found->second;
    }
    return place->second;
  }

  void put_fixed(std::uint64_t value) {
    std::array<char, 8> bytes{};
    for (unsigned i = 0; i < 8; ++i) bytes.at(i) = static_cast<char>(value >> (8 * i) & 0xffU);
    out_.append(bytes.data(), bytes.size());
  }
  static void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
      out += static_cast<char>((value & 0x7fU) | 0x80U);
      value >>= 7U;
    }
    out += static_cast<char>(value);
  }

  /// Of a small value; a larger one pays for growing.
  static constexpr std::size_t kUsualNames = 96;

  std::string& out_;
  NamedDictionary* known_;
  std::vector<std::string_view> names_;
  boost::unordered_flat_map<std::string_view, std::uint64_t> by_name_;
  boost::unordered_flat_map<const char*, std::uint64_t> by_address_;
};

/// Reads a value from bytes that may be anything. Never reads outside of them, and never throws but
/// for want of memory.
class NamedDecoder {
 public:
  /// Empty, or what is wrong. `value` is then half read. `known`: the list that the writer knew. A
  /// std::string_view in `value` is a part of `bytes`, which must outlive it.
  template <class T>
  static std::string decode(std::string_view bytes, T& value,
                            std::span<const std::string_view> known = {}) {
    NamedDecoder decoder;
    decoder.names_.assign(known.begin(), known.end());
    std::string_view in = bytes;
    std::string_view body;
    if (decoder.take_bytes(in, body) && decoder.read_names(in)) {
      value = T{};
      decoder.get_bytes(body, value);
    }
    return std::move(decoder.error_);
  }

 private:
  using Bytes = std::string_view;

  bool fail(std::string why) {
    if (error_.empty()) error_ = std::move(why);
    return false;
  }

  bool read_names(Bytes in) {
    std::uint64_t count = 0;
    if (!take_varint(in, count)) return false;
    if (count > in.size()) return fail("its names are cut off");
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t size = 0;
      if (!take_varint(in, size)) return false;
      if (size > in.size()) return fail("its names are cut off");
      names_.push_back(in.substr(0, size));
      in.remove_prefix(size);
    }
    return in.empty() || fail("bytes follow after its end");
  }

  template <class T>
  bool get(Bytes& in, std::uint8_t wire, T& value) {
    using named::Wire;
    if constexpr (named::IsOwner<T>::value) {
      value = std::make_unique<typename T::element_type>();
      return get(in, wire, *value);
    } else if constexpr (named::IsShared<T>::value) {
      return get(in, wire, value.own());
    } else if constexpr (NamedEnum<T>) {
      std::uint64_t number = 0;
      if (wire != static_cast<std::uint8_t>(Wire::varint)) return fail("an enumerator is not one");
      if (!take_varint(in, number)) return false;
      if (number >= names_.size()) return fail("a name is missing");
      const Bytes name = names_[number];
      bool known = false;
      boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto descriptor) {
        if (name != descriptor.name) return;
        value = descriptor.value;
        known = true;
      });
      return known || fail("'" + std::string(name) + "' is not known to this version");
    } else if constexpr (std::integral<T>) {
      return get_integer(in, wire, value);
    } else {
      Bytes part;
      if (wire != static_cast<std::uint8_t>(Wire::bytes)) return fail("a value has another form");
      return take_bytes(in, part) && get_bytes(part, value);
    }
  }

  template <class T>
  bool get_integer(Bytes& in, std::uint8_t wire, T& value) {
    std::uint64_t bits = 0;
    if (wire == static_cast<std::uint8_t>(named::Wire::fixed)) {
      if (in.size() < 8) return fail("it is cut off");
      for (unsigned i = 8; i > 0; --i) bits = bits << 8U | static_cast<unsigned char>(in[i - 1]);
      in.remove_prefix(8);
      if constexpr (sizeof(T) == 8) {
        value = static_cast<T>(bits);
        return true;
      }
    } else if (wire == static_cast<std::uint8_t>(named::Wire::varint)) {
      if (!take_varint(in, bits)) return false;
      bits = bits >> 1U ^ (~(bits & 1U) + 1U);
    } else {
      return fail("a number has another form");
    }
    const auto wide = static_cast<std::int64_t>(bits);
    if constexpr (std::same_as<T, bool>) {
      if (wide != 0 && wide != 1) return fail("a truth value is neither 0 nor 1");
      value = wide == 1;
    } else {
      if (!std::in_range<T>(wide)) return fail("a number is out of its range");
      value = static_cast<T>(wide);
    }
    return true;
  }

  template <class T>
  bool get_bytes(Bytes in, T& value) {
    if constexpr (named::Text<T>) {
      value = in;
      return true;
    } else if constexpr (named::IsOptional<T>::value) {
      return get_tagged(in, value.emplace());
    } else if constexpr (named::IsList<T>::value) {
      return get_list(in, value);
    } else if constexpr (std::same_as<T, message::ToldUuid>) {
      const auto id = message::parse_uuid(in);
      if (!id) return fail("an identifier is not one");
      value = *id;
      return true;
    } else if constexpr (named::IsMap<T>::value) {
      return get_map(in, value);
    } else if constexpr (named::IsVariant<T>::value) {
      return get_variant(in, value);
    } else if constexpr (NamedStruct<T>) {
      return get_members(in, value);
    } else {
      static_assert(named::kAlwaysFalse<T>,
                    "this type has no named form: describe it with Boost.Describe");
    }
  }

  template <class T>
  bool get_tagged(Bytes& in, T& value) {
    std::uint8_t wire = 0;
    return take_wire(in, wire) && get(in, wire, value);
  }

  template <class T>
  bool get_list(Bytes in, T& value) {
    value.clear();
    std::uint64_t count = 0;
    std::uint8_t wire = 0;
    if (!take_varint(in, count) || !take_wire(in, wire)) return false;
    // Each takes a byte at least. No memory is set aside on the count's word alone.
    if (count > in.size()) return fail("a list is cut off");
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!get(in, wire, value.emplace_back())) return false;
    }
    return true;
  }

  template <class T>
  bool get_map(Bytes in, T& value) {
    value.clear();
    std::uint64_t count = 0;
    std::uint8_t key_wire = 0;
    std::uint8_t mapped_wire = 0;
    if (!take_varint(in, count) || !take_wire(in, key_wire) || !take_wire(in, mapped_wire))
      return false;
    if (count > in.size()) return fail("a map is cut off");
    for (std::uint64_t i = 0; i < count; ++i) {
      typename T::key_type key{};
      typename T::mapped_type mapped{};
      if (!get(in, key_wire, key) || !get(in, mapped_wire, mapped)) return false;
      value.insert_or_assign(std::move(key), std::move(mapped));
    }
    return true;
  }

  template <class... T>
  bool get_variant(Bytes in, std::variant<T...>& value) {
    std::uint64_t number = 0;
    if (!take_varint(in, number)) return false;
    if (number >= names_.size()) return fail("a name is missing");
    const Bytes name = names_[number];
    bool known = false;
    bool read = false;
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<sizeof...(T)>>([&](auto i) {
      using Alternative = std::variant_alternative_t<i, std::variant<T...>>;
      if (known || name != named::type_name<Alternative>()) return;
      known = true;
      read = this->get_tagged(in, value.template emplace<i>());
    });
    return known ? read : fail("'" + std::string(name) + "' is not known to this version");
  }

  template <class T>
  bool get_members(Bytes in, T& value) {
    // A value that is read into may have other defaults than its type's.
    value = T{};
    while (!in.empty()) {
      std::uint64_t key = 0;
      if (!take_varint(in, key)) return false;
      const auto wire = static_cast<std::uint8_t>(key & 3U);
      if (key >> 2U >= names_.size()) return fail("a name is missing");
      const Bytes name = names_[key >> 2U];
      bool known = false;
      bool read = false;
      boost::mp11::mp_for_each<NamedMembers<T>>([&](auto descriptor) {
        if (known || name != descriptor.name) return;
        known = true;
        read = this->get(in, wire, value.*descriptor.pointer);
        if (!read && error_.find(" (in ") == std::string::npos)
          error_ += " (in '" + std::string(name) + "')";
      });
      if (!known) read = skip(in, wire);
      if (!read) return false;
    }
    return true;
  }

  bool skip(Bytes& in, std::uint8_t wire) {
    std::uint64_t ignored = 0;
    Bytes part;
    switch (static_cast<named::Wire>(wire)) {
      case named::Wire::varint:
        return take_varint(in, ignored);
      case named::Wire::fixed:
        if (in.size() < 8) return fail("it is cut off");
        in.remove_prefix(8);
        return true;
      case named::Wire::bytes:
        return take_bytes(in, part);
    }
    return fail("a value has an unknown form");
  }

  bool take_wire(Bytes& in, std::uint8_t& wire) {
    if (in.empty()) return fail("it is cut off");
    wire = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    return true;
  }
  bool take_bytes(Bytes& in, Bytes& part) {
    if (in.size() < 4) return fail("it is cut off");
    std::uint32_t size = 0;
    for (unsigned i = 4; i > 0; --i) size = size << 8U | static_cast<unsigned char>(in[i - 1]);
    in.remove_prefix(4);
    if (size > in.size()) return fail("it is cut off");
    part = in.substr(0, size);
    in.remove_prefix(size);
    return true;
  }
  bool take_varint(Bytes& in, std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in.empty()) return fail("it is cut off");
      const auto byte = static_cast<unsigned char>(in.front());
      in.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return true;
    }
    return fail("a number has too many bytes");
  }

  std::vector<Bytes> names_;
  std::string error_;
};

}  // namespace baton::core
