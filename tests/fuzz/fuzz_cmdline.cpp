// SPDX-License-Identifier: MIT
// /proc/PID/cmdline on any bytes: the first line is the comm, the rest are the arguments.
#include <algorithm>

#include "core/process.hpp"
#include "core/text.hpp"
#include "input.hpp"
#include "require.hpp"

using namespace oomguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes = text_of(data, size);
    Snapshot snapshot;
    snapshot.comm = take_line(bytes).substr(0, kLongestComm);
    set_cmdline(snapshot, bytes);
    require(snapshot.has(Field::Cmdline));
    const std::string& arguments = snapshot.cmdline;
    require(arguments.size() <= bytes.size() && arguments.find('\0') == std::string::npos);
    const std::string& script = snapshot.script_name;
    if (!script.empty()) {
        require(snapshot.comm.size() == kLongestComm && script.starts_with(snapshot.comm));
        require(arguments.find(script) != std::string::npos);
        require(script.find('/') == std::string::npos);
    }
    require(arguments.ends_with(executable_name(executable_path(arguments))) ||
            arguments.ends_with(" (deleted)"));
    const std::string shown = printable(arguments);
    require(!find_invalid_utf8(shown) && std::none_of(shown.begin(), shown.end(), [](char byte) {
        return (byte >= 0 && byte < ' ') || byte == '\x7f';
    }));
    return 0;
}
