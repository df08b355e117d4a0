// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "sys/procfs.hpp"

// Procfs on the machine's own /proc, with real processes.
namespace oomguard::sys {

inline Procfs open_proc() {
    Result<Procfs> procfs = Procfs::open();
    REQUIRE(procfs);
    return *std::move(procfs);
}

inline ProcDir open_process(const test::Child& child) {
    Result<ProcDir> process = open_proc().open_process(child.pid());
    REQUIRE(process);
    return *std::move(process);
}

inline std::string path_of(const test::Child& child, const std::string& file) {
    return "/proc/" + std::to_string(child.pid()) + "/" + file;
}

}  // namespace oomguard::sys
