// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/kill.hpp"

namespace oomguard {

/// That another killer sends a signal to a process.
struct SignalSent {
    Killer killer{};
    Pid pid = 0;
    std::string name;  ///< as the killer says it

    friend bool operator==(const SignalSent&, const SignalSent&) = default;
};

/// Reads what earlyoom (1.7, 1.8) and nohang (0.2) log, a line a message.
class SignalLog {
  public:
    /// `unit`: that logged it, such as "earlyoom.service".
    std::optional<SignalSent> read(std::string_view unit, std::string_view message);

  private:
    std::optional<SignalSent> candidate_;  // of nohang, which names it some lines before
};

}  // namespace oomguard
