#pragma once

#include "app/config_keys.hpp"

/// What the texts of the configuration must look like. Each rule is a predicate and its wording.
namespace baton::app::rules {

extern const TextRule kAny;
extern const TextRule kNotEmpty;
extern const TextRule kNumericHostPort;
extern const TextRule kNumericHostPortOrEmpty;
extern const TextRule kHostPort;
extern const TextRule kNumericHost;
extern const TextRule kNumericHostOrEmpty;
extern const TextRule kListen;
extern const TextRule kOrigin;
extern const TextRule kTlsVersion;
extern const TextRule kTransport;
extern const TextRule kSource;
extern const TextRule kE164OrEmpty;
extern const TextRule kE164OrStar;
extern const TextRule kPrefix;
extern const TextRule kCountry;
extern const TextRule kNumberClass;
extern const TextRule kExtensionHeader;
extern const TextRule kRealm;
extern const TextRule kBackEnd;
extern const TextRule kHttpsUrlOrEmpty;
extern const TextRule kAwsRegionOrEmpty;
extern const TextRule kDurability;
extern const TextRule kLogLevel;
extern const TextRule kLogFormat;

}  // namespace baton::app::rules
