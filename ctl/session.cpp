// SPDX-License-Identifier: MIT
#include "ctl/session.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/core.h>

#include "ctl/failure.hpp"

namespace oomguard::ctl {
namespace {

/// Why stdout could not be written, of which there is one.
int write_error = 0;

void flush_stdout() {
    if (std::fflush(stdout) != 0)
        write_error = errno;
}

void require_written() {
    if (write_error != 0 && write_error != EPIPE)
        throw Failure(ExitCode::Failed,
                      fmt::format("cannot write: {}", std::strerror(write_error)));
}

/// Texts come from the daemon, which sends UTF-8, or from arguments, which may be anything.
std::string dumped(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Manager& Session::manager() {
    if (!manager_)
        manager_ = std::make_unique<Manager>(settings_.host);
    return *manager_;
}

const Terminal& Session::terminal() {
    if (!terminal_)
        terminal_ = std::make_unique<Terminal>(Terminal::of_stdout());
    return *terminal_;
}

void Session::start_pager() {
    if (settings_.no_pager || settings_.json || !terminal().is_terminal || pager_)
        return;
    pager_ = std::make_unique<Pager>();
}

void Session::print(const Table& table, const std::string& summary) {
    const bool has_legend = !settings_.no_legend;
    print_text(table.text(terminal(), has_legend));
    if (has_legend && !summary.empty())
        print_text("\n" + summary + "\n");
}

void Session::print_text(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
        write_error = errno;
}

void Session::print(const Json& value) {
    print_text(dumped(value, 2) + "\n");
}

void Session::print_line(const Json& value) {
    print_text(dumped(value, -1) + "\n");
    flush();
}

void Session::flush() {
    flush_stdout();
    require_written();
}

void Session::finish() {
    flush_stdout();
    pager_.reset();
    require_written();
}

}  // namespace oomguard::ctl
