// SPDX-License-Identifier: MIT
#include "core/signal_log.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace oomguard {
namespace {

/// Takes what is up to the mark, and the mark, from the front; false if it is not there.
bool skip_past(std::string_view& text, std::string_view mark) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos)
        return false;
    text.remove_prefix(at + mark.size());
    return true;
}

std::optional<Pid> take_pid(std::string_view& text) {
    Pid pid = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (failure != std::errc{} || pid <= 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return pid;
}

/// sending SIGTERM to process 4711 uid 1000 "hog": badness 600, VmRSS 100 MiB
std::optional<SignalSent> read_earlyoom(std::string_view text) {
    if (!text.starts_with("sending SIG") || !skip_past(text, " to process "))
        return std::nullopt;
    const auto pid = take_pid(text);
    if (!pid || !skip_past(text, " \""))
        return std::nullopt;
    return SignalSent{Killer::Earlyoom, *pid, std::string(text.substr(0, text.find("\": ")))};
}

void skip_spaces(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

///   PID:       4711, name: hog, state: S (sleeping), EUID: 0, ...
/// The line that ends in "badness: 910" names one that may yet be spared.
std::optional<SignalSent> read_nohang_candidate(std::string_view text) {
    skip_spaces(text);
    if (!text.starts_with("PID:") || !skip_past(text, "PID:"))
        return std::nullopt;
    skip_spaces(text);
    const auto pid = take_pid(text);
    const std::size_t state = text.rfind(", state: ");
    if (!pid || !text.starts_with(", name: ") || state == std::string_view::npos)
        return std::nullopt;
    text = text.substr(0, state);
    skip_past(text, ", name: ");
    return SignalSent{Killer::Nohang, *pid, std::string(text)};
}

bool is_nohang_sending(std::string_view text) {
    skip_spaces(text);
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
