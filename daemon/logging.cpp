// SPDX-License-Identifier: MIT
#include "daemon/logging.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

namespace oomguard::daemon {
namespace {

constexpr const char* kIdentifier = "oom-guardd";

/// systemd tells the device and inode of the journal's socket, since children inherit the
/// variable but may have another standard error.
bool is_journal(int fd) {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && ::fstat(fd, &status) == 0 &&
           stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

/// As of syslog(3).
int priority_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err)
        return LOG_ERR;
    if (level == spdlog::level::warn)
        return LOG_WARNING;
    return level == spdlog::level::info ? LOG_INFO : LOG_DEBUG;
}

}  // namespace

void start_logging() {
    std::shared_ptr<spdlog::logger> logger;
    if (is_journal(STDERR_FILENO)) {
        logger = std::make_shared<spdlog::logger>(
            kIdentifier, std::make_shared<spdlog::sinks::systemd_sink_st>(kIdentifier));
        logger->set_pattern("%v");
    } else {
        logger = std::make_shared<spdlog::logger>(
            kIdentifier, std::make_shared<spdlog::sinks::stderr_sink_st>());
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
        logger->flush_on(spdlog::level::trace);
    }
    spdlog::set_default_logger(std::move(logger));
}

void log_entry(spdlog::level::level_enum level, const std::string& message,
               const std::vector<std::string>& fields) {
    if (!spdlog::should_log(level))
        return;
    std::vector<std::string> all = {"MESSAGE=" + message,
                                    "PRIORITY=" + std::to_string(priority_of(level)),
                                    std::string("SYSLOG_IDENTIFIER=") + kIdentifier};
    all.insert(all.end(), fields.begin(), fields.end());
    std::vector<iovec> parts(all.size());
    std::transform(all.begin(), all.end(), parts.begin(), [](std::string& field) {
        return iovec{field.data(), field.size()};
    });
    if (!is_journal(STDERR_FILENO) ||
        sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) < 0)
        spdlog::log(level, "{}", message);
}

void set_log_level(config::Settings::LogLevel level) {
    using LogLevel = config::Settings::LogLevel;
    switch (level) {
        case LogLevel::Error:
            spdlog::set_level(spdlog::level::err);
            break;
        case LogLevel::Warning:
            spdlog::set_level(spdlog::level::warn);
            break;
        case LogLevel::Info:
            spdlog::set_level(spdlog::level::info);
            break;
        case LogLevel::Debug:
            spdlog::set_level(spdlog::level::debug);
            break;
    }
}

}  // namespace oomguard::daemon
