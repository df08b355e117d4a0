// SPDX-License-Identifier: MIT
#pragma once

namespace oomguard::daemon {

inline constexpr const char* kServiceName = "org.oomguard1";
inline constexpr const char* kObjectPath = "/org/oomguard1";
inline constexpr const char* kErrorPrefix = "org.oomguard1.Error.";

}  // namespace oomguard::daemon
