// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>

namespace oomguard::test {

/// What a process has and has used, from /proc.
class Usage {
  public:
    explicit Usage(pid_t pid) : directory_("/proc/" + std::to_string(pid) + "/") {}

    [[nodiscard]] long resident_kilobytes() const { return number("smaps_rollup", "Rss:"); }

    [[nodiscard]] std::ptrdiff_t descriptors() const {
        return std::distance(std::filesystem::directory_iterator(directory_ + "fd"), {});
    }

    /// Whether one of its inotify instances watches what was there when its status was asked for
    /// (fs/notify/fdinfo.c).
    [[nodiscard]] bool watches(const struct stat& what) const {
        std::ostringstream wanted;
        wanted << std::hex << " ino:" << what.st_ino
               << " sdev:" << ((major(what.st_dev) << 20) | minor(what.st_dev)) << ' ';
        for (const auto& entry : std::filesystem::directory_iterator(directory_ + "fdinfo")) {
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);) {
                if (line.starts_with("inotify ") && line.find(wanted.str()) != std::string::npos)
                    return true;
            }
        }
        return false;
    }

    /// Its first thread's: with a processor, and waiting for one that others have
    /// (Documentation/scheduler/sched-stats.rst).
    struct Times {
        std::chrono::nanoseconds run{};
        std::chrono::nanoseconds waited{};
    };
    [[nodiscard]] Times times() const {
        std::int64_t run = 0;
        std::int64_t waited = 0;
        std::ifstream(directory_ + "schedstat") >> run >> waited;
        return {std::chrono::nanoseconds(run), std::chrono::nanoseconds(waited)};
    }

  private:
    [[nodiscard]] long number(const std::string& file, const std::string& key) const {
        std::ifstream stream(directory_ + file);
        for (std::string word; stream >> word;) {
            long value = 0;
            if (word == key && stream >> value)
                return value;
        }
        return -1;
    }

    std::string directory_;
};

}  // namespace oomguard::test
