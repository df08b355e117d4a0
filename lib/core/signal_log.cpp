// SPDX-License-Identifier: MIT
#include "core/signal_log.hpp"

#include <utility>

#include "core/scan.hpp"

namespace oomguard {
namespace {

std::optional<Pid> take_pid(std::string_view& text) {
    const auto pid = take_number<Pid>(text);
    return pid && *pid > 0 ? pid : std::nullopt;
}

/// sending SIGTERM to process 4711 uid 1000 "hog": badness 600, VmRSS 100 MiB
std::optional<SignalSent> read_earlyoom(std::string_view text) {
    if (!text.starts_with("sending SIG") || !take_until(text, " to process "))
        return std::nullopt;
    const auto pid = take_pid(text);
    if (!pid || !take_until(text, " \""))
        return std::nullopt;
    return SignalSent{Killer::Earlyoom, *pid, std::string(text.substr(0, text.find("\": ")))};
}

///   PID:       4711, name: hog, state: S (sleeping), EUID: 0, ...
/// The line that ends in "badness: 910" names one that may yet be spared.
std::optional<SignalSent> read_nohang_candidate(std::string_view text) {
    take_spaces(text);
    if (!take_prefix(text, "PID:"))
        return std::nullopt;
    take_spaces(text);
    const auto pid = take_pid(text);
    const std::size_t state = text.rfind(", state: ");
    if (!pid || state == std::string_view::npos)
        return std::nullopt;
    text = text.substr(0, state);
    if (!take_prefix(text, ", name: "))
        return std::nullopt;
    return SignalSent{Killer::Nohang, *pid, std::string(text)};
}

bool is_nohang_sending(std::string_view text) {
    take_spaces(text);
    return text.starts_with("Sending SIG") && text.find(" to the victim") != std::string_view::npos;
}

}  // namespace

std::optional<SignalSent> SignalLog::read(std::string_view unit, std::string_view message) {
    if (unit.starts_with("earlyoom"))
        return read_earlyoom(message);
    if (auto candidate = read_nohang_candidate(message))
        candidate_ = std::move(candidate);
    else if (is_nohang_sending(message))
        return std::exchange(candidate_, std::nullopt);
    return std::nullopt;
}

}  // namespace oomguard
