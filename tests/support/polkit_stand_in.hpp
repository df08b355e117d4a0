// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "support/child.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::test {

/// Has polkit's name on a bus and answers as told: what polkit itself makes of its rules is tried
/// in a whole machine.
class PolkitStandIn {
  public:
    enum class Manner {
        Grants,
        Denies,
        NeedsPassword,  ///< grants where it may ask for one
        NeverProven,    ///< whoever is asked for one does not give it
        Fails,          ///< with an error
        Waits,          ///< until let_go(), and grants then
    };

    /// Returns when it has the name.
    PolkitStandIn(const std::string& address, Manner manner);

    /// The next question that came: "org.oomguard1.hold", with " may ask" where it may ask for a
    /// password, or "cancelled". Empty if none comes.
    [[nodiscard]] std::string next_question();
    /// Every question that came since; none is on its way once the daemon has answered.
    [[nodiscard]] std::string questions();
    void let_go() const;

  private:
    sys::UniqueFd heard_;
    sys::UniqueFd go_;
    std::optional<Child> process_;
};

}  // namespace oomguard::test
