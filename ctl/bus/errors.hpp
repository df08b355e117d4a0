// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <sdbus-c++/sdbus-c++.h>

#include "ctl/failure.hpp"

// What to do about a failure is said for the machine that was asked: `host`, see Manager.
namespace oomguard::ctl {

/// What a failed call means for the user, and what to do about it.
[[nodiscard]] Failure failure_of(const sdbus::Error& error, const std::string& host);

/// The daemon is not on the bus, for sure.
class NotRunning : public Failure {
  public:
    explicit NotRunning(const std::string& host);
};

/// It was there, and has ended.
[[nodiscard]] Failure has_gone_away(const std::string& host);

/// It does not speak as this program does.
[[nodiscard]] Failure is_other_version(const std::string& why, const std::string& host);

}  // namespace oomguard::ctl
