// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "support/child.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::test {

/// A real dbus-daemon of the test's own. The address stays the same when it is started again.
class PrivateBus {
  public:
    PrivateBus();  ///< starts it

    [[nodiscard]] const std::string& address() const { return address_; }
    /// Returns when it takes connections.
    void start();
    /// Ends it at once.
    void stop();

  private:
    TempTree tree_;
    std::string address_;
    std::optional<Child> process_;
};

}  // namespace oomguard::test
