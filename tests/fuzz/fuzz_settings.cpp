// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/settings.hpp"
#include "diagnostic_check.hpp"
#include "require.hpp"

namespace oomguard::config {
namespace {

bool in_range(std::chrono::milliseconds interval) {
    return interval >= std::chrono::milliseconds(100) && interval <= std::chrono::hours(1);
}

}  // namespace

int fuzz(const std::string& text) {
    const LoadedSettings loaded = load_settings({"f.yaml", text, std::nullopt});
    check_diagnostics(loaded.diagnostics, text);
    const Settings& settings = loaded.settings;
    require(in_range(settings.sweep_interval));
    require(in_range(settings.sweep_interval_without_events));
    require(settings.limits.rules >= 1 && settings.limits.rules <= 1'000'000);
    require(settings.limits.file_size >= 1 && settings.limits.file_size <= 67'108'864);
    require(settings.limits.unkillable_memory <= 100);
    require(settings.limits.held_processes >= 1 && settings.limits.held_processes <= 4'194'304);
    return 0;
}

}  // namespace oomguard::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return oomguard::config::fuzz(std::string(data, data + size));
}
