// SPDX-License-Identifier: MIT
#include "core/signal_log.hpp"

#include <utility>

#include "core/scan.hpp"

namespace oomguard {
namespace {

/// Both killers wait for 100 ms at least before they look for another victim.
constexpr std::uint64_t kBetweenVictims = 90'000;  // us

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
/// The line with one space after "PID:" names one that may yet be spared. A newline in the name
/// ends the line there.
std::optional<SignalSent> read_nohang_candidate(std::string_view text) {
    take_spaces(text);
    if (!take_prefix(text, "PID:  "))
        return std::nullopt;
    take_spaces(text);
    const auto pid = take_pid(text);
    if (!pid || !take_prefix(text, ", name: "))
        return std::nullopt;
    return SignalSent{Killer::Nohang, *pid, std::string(text.substr(0, text.rfind(", state: ")))};
}

bool is_nohang_sending(std::string_view text) {
    take_spaces(text);
    return text.starts_with("Sending SIG") && text.find(" to the victim") != std::string_view::npos;
}

}  // namespace

std::optional<SignalSent> SignalLog::read(std::string_view unit, std::string_view message,
                                          std::uint64_t usec) {
    if (unit.starts_with("earlyoom")) {
        auto sent = read_earlyoom(message);
        return sent && take(by_earlyoom_, {sent->pid, usec}) ? sent : std::nullopt;
    }
    if (auto candidate = read_nohang_candidate(message)) {
        candidate->may_be_forged = !take(by_nohang_, {candidate->pid, usec});
        if (!candidate->may_be_forged || !candidate_)
            candidate_ = std::move(candidate);
    } else if (is_nohang_sending(message)) {
        return std::exchange(candidate_, std::nullopt);
    }
    return std::nullopt;
}

/// Whether it is not another than was named just now.
bool SignalLog::take(Named& last, Named next) {
    const bool is_just_after = next.usec >= last.usec && next.usec - last.usec < kBetweenVictims;
    if (last.pid != 0 && next.pid != last.pid && is_just_after)
        return false;
    last = next;
    return true;
}

}  // namespace oomguard
