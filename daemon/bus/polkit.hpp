// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/bus/sdbus_compat.hpp"

namespace oomguard::daemon {

/// polkit on the same bus, org.freedesktop.PolicyKit1: asked, and never waited for. An answer comes
/// through the loop, at the latest after the deadline.
class Polkit {
  public:
    struct Answer {
        enum class Kind {
            Granted,
            Denied,
            AskingNotAllowed,  ///< a password is needed, which the call did not let it ask for
            NotProven,         ///< a password is needed, and was not given
            Missing,           ///< there is no polkit
            Silent,            ///< it did not answer in time
            Failed,            ///< it answered with an error
        };

        Kind kind = Kind::Denied;
        std::string why;  ///< of the last three, the error
    };
    using Then = std::function<void(const Answer&)>;

    explicit Polkit(sdbus::IConnection& connection);

    /// Whether it grants the action to who has this unique name. `may_ask`: someone may be asked
    /// for a password, which takes minutes. `then` is called once, never before this returns; not
    /// at all if the connection goes first.
    void check(const std::string& sender, const char* action, bool may_ask, Then then);

  private:
    void cancel(const std::string& id);

    std::unique_ptr<sdbus::IProxy> authority_;
    std::uint64_t asked_ = 0;
};

}  // namespace oomguard::daemon
