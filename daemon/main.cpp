// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <spdlog/spdlog.h>

#include "config/diagnostic.hpp"
#include "core/text.hpp"
#include "daemon/logging.hpp"
#include "daemon/options.hpp"
#include "daemon/restore.hpp"
#include "daemon/rule_loader.hpp"
#include "daemon/service.hpp"
#include "sys/memory_lock.hpp"

namespace {

using oomguard::daemon::Options;

int check_config(const Options& options) {
    const auto missing = oomguard::daemon::missing_directories(options.paths);
    for (const auto& directory : missing)
        fmt::print(stderr, "{}: error: there is no such directory\n",
                   oomguard::printable(directory));
    const auto loaded = oomguard::daemon::load_config(options.paths);
    fmt::print(stderr, "{}", oomguard::config::format(loaded.diagnostics));
    if (const std::size_t errors = loaded.errors() + missing.size(); errors > 0) {
        fmt::print(stderr, "{}\n", oomguard::counted(errors, "error"));
        return EXIT_FAILURE;
    }
    fmt::print("{} in {}: no errors\n", oomguard::counted(loaded.rules.size(), "rule"),
               oomguard::counted(loaded.rule_files, "file"));
    return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
    const auto parsed = oomguard::daemon::parse_options(argc, argv);
    if (parsed.exit_status)
        return *parsed.exit_status;
    if (parsed.options.check_config)
        return check_config(parsed.options);
    if (parsed.options.restore)
        return oomguard::daemon::restore_scores(parsed.options.runtime_directory);
    oomguard::daemon::start_logging();
    oomguard::sys::return_large_blocks();
    try {
        return oomguard::daemon::Service(parsed.options).run();
    } catch (const std::exception& error) {
        spdlog::critical("cannot run: {}", error.what());
        return EXIT_FAILURE;
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "oom-guardd: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
