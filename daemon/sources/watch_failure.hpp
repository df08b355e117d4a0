// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <system_error>

#include "core/result.hpp"

namespace oomguard::daemon {

/// Why inotify refused, and which limit to raise where it is one.
inline std::string why_not_watched(const Error& error) {
    if (error.code == std::errc::no_space_on_device)
        return error.message() + "; raise fs.inotify.max_user_watches";
    if (error.code == std::errc::too_many_files_open)
        return error.message() + "; raise fs.inotify.max_user_instances";
    return error.message();
}

}  // namespace oomguard::daemon
