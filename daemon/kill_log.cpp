// SPDX-License-Identifier: MIT
#include "daemon/kill_log.hpp"

#include "daemon/logging.hpp"

namespace oomguard::daemon {
namespace {

/// The catalog shows an empty field as nothing, which reads badly.
std::string or_word(const std::string& text, const char* word) {
    return text.empty() ? word : text;
}

}  // namespace

void log_kill(const Kill& kill) {
    log_entry(kill.why.empty() ? spdlog::level::warn : spdlog::level::err, kill_text(kill),
              kill_fields(kill));
}

std::vector<std::string> kill_fields(const Kill& kill) {
    return {
        std::string("MESSAGE_ID=") + (kill.why.empty() ? kKilledId : kProtectedKilledId),
        "OOMGUARD_TIME_USEC=" + std::to_string(kill.usec),
        "OOMGUARD_PID=" + std::to_string(kill.id.pid),
        "OOMGUARD_NAME=" + or_word(kill.name, "unknown"),
        "OOMGUARD_USER=" + or_word(kill.user, "unknown"),
        "OOMGUARD_CGROUP=" + or_word(kill.cgroup, "unknown"),
        "OOMGUARD_RULE=" + or_word(kill.rule, "none"),
        "OOMGUARD_SCORE=" + (kill.score ? std::to_string(*kill.score) : "unknown"),
        std::string("OOMGUARD_KILLER=") + killer_text(kill.killer),
        "OOMGUARD_LIMIT=" +
            or_word(kill.limit, kill.killer == Killer::Kernel ? "the whole machine" : "unknown"),
        "OOMGUARD_SITUATION=" + or_word(kill.situation, "unknown"),
        "OOMGUARD_WHY=" + kill.why,
    };
}

}  // namespace oomguard::daemon
