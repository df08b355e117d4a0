// SPDX-License-Identifier: MIT
// /proc/PID/cgroup and mountinfo on any bytes.
#include <string>

#include "core/process.hpp"
#include "input.hpp"
#include "require.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/proc_mount.hpp"
#include "sys/proc_parse.hpp"

using namespace oomguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    if (const auto path = sys::parse_cgroup(text)) {
        require(path->starts_with('/') && path->find('\n') == std::string::npos);
        require(text.find(*path) != std::string_view::npos);
        const std::string_view unit = system_unit(*path);
        require(path->find(unit) != std::string::npos && unit.find('/') == std::string::npos);
    }
    if (const auto mount = sys::parse_cgroup_mount(text))
        require(mount->starts_with('/'));
    if (const auto hiding = sys::parse_proc_hiding(text))
        require(hiding->hides || !hiding->spared_group);
    return 0;
}
