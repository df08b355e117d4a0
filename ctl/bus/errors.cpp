// SPDX-License-Identifier: MIT
#include "ctl/bus/errors.hpp"

#include <string_view>

#include <fmt/core.h>
#include <unistd.h>

namespace oomguard::ctl {
namespace {

/// Whether the name of an error ends so, behind its domain.
bool is(std::string_view name, std::string_view end) {
    return name.ends_with(end);
}

/// The command to type.
std::string systemctl(const char* verb, const std::string& host) {
    const std::string option = host.empty() ? "" : "-H " + host + " ";
    return fmt::format("systemctl {}{} oom-guardd", option, verb);
}

/// How to become who may do it; empty for one who is root already.
std::string advice_to_be_root(const std::string& host) {
    if (host.empty())
        return ::geteuid() == 0 ? "" : "; try it as root, with sudo";
    if (host.starts_with("root@"))
        return "";
    // Without an "@" all of it.
    return "; try it as root, with -H root@" + host.substr(host.rfind('@') + 1);
}

/// Whether it is the caller who may not, and not that nobody can do it to this process.
bool is_for_others(std::string_view message) {
    return message.find(" is for root, ") != std::string_view::npos;
}

}  // namespace

NotRunning::NotRunning(const std::string& host)
    : Failure(ExitCode::NotRunning,
              "oom-guardd is not running, or has only just started; start it with: " +
                  systemctl("start", host)) {}

Failure has_gone_away(const std::string& host) {
    return {ExitCode::NotRunning, "oom-guardd has gone away; see: " + systemctl("status", host)};
}

Failure is_other_version(const std::string& why, const std::string& host) {
    return {ExitCode::Failed,
            fmt::format(
                "the oom-guardd that runs is of another version than this program ({}); restart "
                "it with: {}",
                why, systemctl("restart", host))};
}

Failure failure_of(const sdbus::Error& error, const std::string& host) {
    const std::string& name = error.getName();
    const std::string& message = error.getMessage();
    if (is(name, "oomguard1.Error.NoSuchProcess") || is(name, "oomguard1.Error.NoSuchRule") ||
        is(name, "oomguard1.Error.NoSuchCgroup"))
        return {ExitCode::NoSuch, message};
    if (is(name, "DBus.Error.AccessDenied") ||
        (is(name, "oomguard1.Error.NotPermitted") && is_for_others(message)))
        return {ExitCode::Failed, message + advice_to_be_root(host)};
    if (is(name, "DBus.Error.ServiceUnknown") || is(name, "DBus.Error.NameHasNoOwner"))
        return NotRunning(host);
    if (is(name, "DBus.Error.NoReply") || is(name, "DBus.Error.Disconnected") ||
        is(name, "DBus.Error.Timeout"))
        return {ExitCode::NotRunning,
                fmt::format("oom-guardd has gone away, or does not answer ({}); see: {}", message,
                            systemctl("status", host))};
    if (is(name, "DBus.Error.UnknownMethod") || is(name, "DBus.Error.UnknownProperty"))
        return is_other_version(message, host);
    return {ExitCode::Failed, message.empty() ? name : message};
}

}  // namespace oomguard::ctl
