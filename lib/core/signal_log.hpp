// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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
    /// It came with what was logged of another, which may have put it there.
    bool may_be_forged = false;

    friend bool operator==(const SignalSent&, const SignalSent&) = default;
};

/// Reads what earlyoom (1.7, 1.8) and nohang (0.2) log, a line a message. Both also log the
/// arguments or the directory of their victim, in which a newline may make a line of its own that
/// names another process. What is made so comes right after the line that names the victim: until
/// earlyoom may have another victim, its first line counts. nohang writes what it has of several
/// victims at once when it is over: there the others may be forged, and may not.
class SignalLog {
  public:
    /// `unit`: that logged it, such as "earlyoom.service". `usec`: when.
    std::optional<SignalSent> read(std::string_view unit, std::string_view message,
                                   std::uint64_t usec);

  private:
    struct Named {
        Pid pid = 0;
        std::uint64_t usec = 0;
    };

    [[nodiscard]] static bool take(Named& last, Named next);

    Named by_earlyoom_;
    Named by_nohang_;
    std::optional<SignalSent> candidate_;  // of nohang, which names it some lines before
};

}  // namespace oomguard
