// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

namespace oomguard::ctl {

/// JSON whose keys stay in the order in which they were put.
using Json = nlohmann::ordered_json;

/// Null for a value that is not there, which the daemon tells as `absent`: an empty text, a 0.
template <typename Value>
Json or_null(const Value& value, const Value& absent = {}) {
    return value == absent ? Json(nullptr) : Json(value);
}

}  // namespace oomguard::ctl
