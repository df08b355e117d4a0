// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "support/child.hpp"

namespace oomguard::test {

/// Has systemd's name on a bus and tells a version, as one would that is not to be had here.
class SystemdStandIn {
  public:
    /// Returns when it has the name.
    SystemdStandIn(const std::string& address, const std::string& version);

  private:
    Child process_;
};

}  // namespace oomguard::test
