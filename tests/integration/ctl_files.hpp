// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <grp.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/ctl.hpp"

// What the tests of the commands on files have in common.
namespace oomguard::test {

inline bool is_root() {
    if (::getuid() == 0)
        return true;
    WARN("skipped: only root can become another user");
    return false;
}

/// For Ctl::prepare.
inline void become_nobody() {
    constexpr uid_t kNobody = 65534;
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0)
        throw std::runtime_error("cannot become nobody");
}

/// Of no daemon, nor bus.
inline Ctl lonely_ctl() {
    return Ctl("unix:path=/nonexistent/bus");
}

/// The lines of the text that contain the part.
inline std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        if (line.find(part) != std::string::npos)
            lines.push_back(line);
        at = end == std::string::npos ? end : end + 1;
    }
    return lines;
}

}  // namespace oomguard::test
