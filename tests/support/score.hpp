// SPDX-License-Identifier: MIT
#pragma once

#include <fstream>
#include <optional>
#include <string>

#include <sys/types.h>

#include "support/eventually.hpp"

namespace oomguard::test {

inline std::string score_path(pid_t pid) {
    return "/proc/" + std::to_string(pid) + "/oom_score_adj";
}

/// nullopt if there is no such process.
inline std::optional<int> read_score(pid_t pid) {
    std::ifstream file(score_path(pid));
    int score = 0;
    return file >> score ? std::optional(score) : std::nullopt;
}

/// False if the kernel refuses it.
inline bool write_score(pid_t pid, int score) {
    std::ofstream file(score_path(pid));
    return static_cast<bool>(file << score << std::flush);
}

/// True once the process has the score.
inline bool comes_to(pid_t pid, int score,
                     std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    return eventually([&] { return read_score(pid) == score; }, deadline);
}

}  // namespace oomguard::test
