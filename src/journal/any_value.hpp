#pragma once

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "journal/described_codec.hpp"

namespace baton::journal {

/// For tests: a random value of any described type. Call it inside a RapidCheck property.
template <class T>
T any_value() {
  if constexpr (DescribedEnum<T>) {
    std::vector<T> all;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto descriptor) { all.push_back(descriptor.value); });
    return *rc::gen::elementOf(all);
  } else if constexpr (std::same_as<T, bool> || std::integral<T> || std::same_as<T, std::string>) {
    return *rc::gen::arbitrary<T>();
  } else if constexpr (IsOptional<T>::value) {
    if (*rc::gen::arbitrary<bool>()) return any_value<typename T::value_type>();
    return std::nullopt;
  } else if constexpr (IsVector<T>::value) {
    T value;
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) value.push_back(any_value<typename T::value_type>());
    return value;
  } else if constexpr (IsMap<T>::value) {
    T value;
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      auto key = any_value<typename T::key_type>();
      value[std::move(key)] = any_value<typename T::mapped_type>();
    }
    return value;
  } else if constexpr (IsVariant<T>::value) {
    constexpr std::size_t kCount = std::variant_size_v<T>;
    return boost::mp11::mp_with_index<kCount>(
        *rc::gen::inRange<std::size_t>(0, kCount), [](auto i) {
          return T(std::in_place_index<i>, any_value<std::variant_alternative_t<i, T>>());
        });
  } else {
    T value{};
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto descriptor) {
      using Member = std::remove_cvref_t<decltype(value.*descriptor.pointer)>;
      value.*descriptor.pointer = any_value<Member>();
    });
    return value;
  }
}

/// For tests: equality of any described type, member by member.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (DescribedEnum<T> || std::integral<T> || std::same_as<T, std::string>) {
    return a == b;
  } else if constexpr (IsOptional<T>::value) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (IsVector<T>::value) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!same(a[i], b[i])) return false;
    }
    return true;
  } else if constexpr (IsMap<T>::value) {
    return a == b;
  } else if constexpr (IsVariant<T>::value) {
    if (a.index() != b.index()) return false;
    return boost::mp11::mp_with_index<std::variant_size_v<T>>(
        a.index(), [&](auto i) { return same(std::get<i>(a), std::get<i>(b)); });
  } else {
    bool equal = true;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto descriptor) {
      equal = equal && same(a.*descriptor.pointer, b.*descriptor.pointer);
    });
    return equal;
  }
}

}  // namespace baton::journal
