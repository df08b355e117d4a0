// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "core/process.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/bus/sdbus_compat.hpp"
#include "sys/accounts.hpp"

// What the members of the interface have in common.
namespace oomguard::daemon {

/// One of the errors of the interface, by its last component.
inline sdbus::Error make_error(const char* name, const std::string& message) {
    return {compat::ErrorName{std::string(kErrorPrefix) + name}, message};
}

inline std::uint32_t bus_pid(Pid pid) {
    return static_cast<std::uint32_t>(pid);
}

inline sdbus::Error no_such_process(std::uint32_t pid, const std::string& why) {
    return make_error("NoSuchProcess", "no process with pid " + std::to_string(pid) + ": " +
                                           printable(why) + "; look its pid up again");
}

inline sdbus::Error unreadable(std::uint32_t pid, const Error& error) {
    return make_error("NotPermitted", "cannot read process " + std::to_string(pid) + ": " +
                                          printable(error.message()) +
                                          "; run the daemon by its unit oom-guardd.service");
}

/// Throws NoSuchProcess for what can be none.
inline Pid process_pid(std::uint32_t pid) {
    constexpr Pid kLast = std::numeric_limits<Pid>::max();
    if (pid > static_cast<std::uint32_t>(kLast))
        throw no_such_process(pid, "the kernel gives none above " + std::to_string(kLast));
    return static_cast<Pid>(pid);
}

/// The names of users that stand in a list, each asked for once.
class UserNames {
  public:
    const std::string& of(Uid uid) {
        auto [at, is_new] = names_.try_emplace(uid);
        if (is_new)
            at->second = printable(sys::user_name(uid));
        return at->second;
    }

  private:
    std::map<Uid, std::string> names_;
};

}  // namespace oomguard::daemon
