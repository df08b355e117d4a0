// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "ctl_files.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::test {

/// A rule directory, one of installed rules, and an editor that is a script.
struct Desk {
    Desk() {
        write("settings.yaml", "");
        std::filesystem::create_directory(path("etc"));
        std::filesystem::create_directory(path("usr"));
        ctl.environment.emplace_back("EDITOR", path("editor"));
        ctl.environment.emplace_back("SYSTEMD_EDITOR", "");
        ctl.environment.emplace_back("VISUAL", "");
    }

    /// The editor keeps what it is given as "seen", and does the rest with "$1".
    void set_editor(const std::string& rest) const {
        write("editor", "#!/bin/sh\ncp \"$1\" '" + path("seen") + "'\n" + rest + "\n");
        std::filesystem::permissions(path("editor"), std::filesystem::perms(0755));
    }

    /// The editor puts this in place of all that was there.
    void will_write(const std::string& text) const {
        write("next", text);
        set_editor("cp '" + path("next") + "' \"$1\"");
    }

    [[nodiscard]] std::vector<std::string> arguments(const std::string& name) const {
        return {"edit",      "--config", path("settings.yaml"), "--rules",
                path("etc"), "--rules",  path("usr"),           name};
    }

    [[nodiscard]] CtlRun edit(const std::string& name) const { return ctl.run(arguments(name)); }

    /// Of etc, sorted.
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path("etc")))
            found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }

    void write(const std::string& name, const std::string& text) const { tree.write(name, text); }
    [[nodiscard]] std::string path(const std::string& name) const { return tree.path(name); }

    TempTree tree;
    Ctl ctl = lonely_ctl();
};

}  // namespace oomguard::test
