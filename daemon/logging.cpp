// SPDX-License-Identifier: MIT
#include "daemon/logging.hpp"

#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oomguard::daemon {
namespace {

/// systemd tells the device and inode of the journal's socket, since children inherit the
/// variable but may have another standard error.
bool is_journal(int fd) {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && ::fstat(fd, &status) == 0 &&
           stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace

void start_logging() {
    std::shared_ptr<spdlog::logger> logger;
    if (is_journal(STDERR_FILENO)) {
        logger = std::make_shared<spdlog::logger>(
            "oom-guardd", std::make_shared<spdlog::sinks::systemd_sink_st>("oom-guardd"));
        logger->set_pattern("%v");
    } else {
        logger = std::make_shared<spdlog::logger>(
            "oom-guardd", std::make_shared<spdlog::sinks::stderr_sink_st>());
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
        logger->flush_on(spdlog::level::trace);
    }
    spdlog::set_default_logger(std::move(logger));
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
