// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "core/pattern.hpp"
#include "core/source_file.hpp"

namespace oomguard::config {

/// oom-guardd.yaml. The defaults here are the defaults of the file.
struct Settings {
    enum class LogLevel { Error, Warning, Info, Debug };

    struct Sources {
        bool proc_connector = true;
        bool cgroups = true;
        bool exec_doorbell = true;
        bool rule_files = true;
        bool sweep = true;
        bool kernel_log = true;
        bool journal = true;
    };

    struct Limits {
        std::size_t rules = 32'768;           ///< over all files; 1 to 1,000,000
        std::size_t file_size = 4'194'304;    ///< bytes of one rule file; 1 to 67,108,864
        std::size_t held_processes = 65'536;  ///< 1 to 4,194,304
        /// What all at -1000 may use together, in per cent of RAM and swap; 0 to 100.
        unsigned unkillable_memory = 75;
    };

    std::chrono::milliseconds sweep_interval{10'000};                ///< 100 ms to 1 h
    std::chrono::milliseconds sweep_interval_without_events{2'000};  ///< 100 ms to 1 h
    Sources sources;
    LogLevel log_level = LogLevel::Info;
    bool dry_run = false;
    bool restore_on_stop = false;
    std::vector<Pattern> exempt_cgroups;  ///< see default_exempt_cgroups()
    Limits limits;
};

/// "/kubepods.slice/**" and "/kubepods/**": the kubelet owns the scores below these. Like every
/// pattern of exempt_cgroups they are path globs; "/x/**" also means "/x" itself.
[[nodiscard]] Settings default_settings();

struct LoadedSettings {
    Settings settings;  ///< the defaults where the file says nothing; meaningless with an error
    std::vector<Diagnostic> diagnostics;
};

/// Parses oom-guardd.yaml. An empty file is all defaults.
[[nodiscard]] LoadedSettings load_settings(const SourceFile& file);

}  // namespace oomguard::config
