// SPDX-License-Identifier: MIT
#include "daemon/ledger_file.hpp"

#include <cstdio>
#include <utility>

#include <fcntl.h>

#include "sys/file.hpp"
#include "sys/trusted_file.hpp"

namespace oomguard::daemon {
namespace {

constexpr std::size_t kLargestLedger = std::size_t{64} << 20U;
constexpr std::size_t kSpareLines = 1024;
constexpr mode_t kMode = 0600;

}  // namespace

LedgerFile::LedgerFile(std::string path, std::string boot_id)
    : path_(std::move(path)), boot_id_(std::move(boot_id)) {}

Result<void> LedgerFile::open() {
    auto done = read();
    if (!done)
        (void)std::rename(path_.c_str(), (path_ + ".unreadable").c_str());
    const auto rewritten = rewrite();
    if (done)
        done = rewritten;
    if (!done)
        failure_ = done.error().message();
    return done;
}

Result<void> LedgerFile::open_read_only() {
    is_read_only_ = true;
    return read();
}

Result<void> LedgerFile::read() {
    const auto text = sys::read_trusted_file(path_, kLargestLedger);
    if (!text)
        return is_gone(text.error()) ? Result<void>() : text.error();
    if (!text->empty() && !is_ledger(*text))
        return Error{{}, "read " + path_ + ": not a ledger, its first line is not of this format"};
    ledger_ = parse_ledger(*text, boot_id_);
    return {};
}

void LedgerFile::hold(ProcessId id, const Written& written) {
    ledger_.hold(id, written);
    append(ledger_hold_line(id, written));
}

void LedgerFile::drop(ProcessId id) {
    const auto found = ledger_.entries.find(id.pid);
    if (found == ledger_.entries.end() || found->second.start_time != id.start_time)
        return;
    ledger_.entries.erase(found);
    append(ledger_drop_line(id));
}

void LedgerFile::pin(ProcessId id, int value, Children children) {
    const Ledger::Pin pin{id.start_time, value, children};
    ledger_.pins.insert_or_assign(id.pid, pin);
    append(ledger_pin_line(id.pid, pin));
}

void LedgerFile::unpin(ProcessId id) {
    if (ledger_.unpin(id))
        append(ledger_unpin_line(id));
}

void LedgerFile::mark(const OomdMark& mark) {
    ledger_.marks.insert_or_assign(mark.cgroup_id, mark);
    append(ledger_mark_line(mark));
}

void LedgerFile::unmark(std::uint64_t cgroup_id) {
    if (ledger_.marks.erase(cgroup_id) > 0)
        append(ledger_unmark_line(cgroup_id));
}

std::size_t LedgerFile::records() const {
    return ledger_.entries.size() + ledger_.pins.size() + ledger_.marks.size();
}

void LedgerFile::append(std::string_view line) {
    if (is_read_only_)
        return;
    const auto done = try_append(line);
    failure_ = done ? std::nullopt : std::optional(done.error().message());
}

Result<void> LedgerFile::try_append(std::string_view line) {
    if (!file_ || lines_ > 2 * records() + kSpareLines)
        return rewrite();
    auto done = sys::append_once(file_.get(), path_, line);
    // What follows a torn line would be lost with it, so the next record rewrites the file.
    if (done)
        ++lines_;
    else
        file_ = {};
    return done;
}

Result<void> LedgerFile::rewrite() {
    file_ = {};
    std::string text = ledger_header(boot_id_);
    for (const auto& [pid, entry] : ledger_.entries)
        text += ledger_hold_lines(pid, entry);
    for (const auto& [pid, pin] : ledger_.pins)
        text += ledger_pin_line(pid, pin);
    for (const auto& [id, mark] : ledger_.marks)
        text += ledger_mark_line(mark);
    if (auto done = sys::replace_file(path_, text, kMode); !done)
        return done;
    auto file = sys::open_at(AT_FDCWD, path_, O_WRONLY | O_APPEND | O_NOFOLLOW);
    if (!file)
        return file.error();
    file_ = std::move(*file);
    lines_ = records();
    return {};
}

}  // namespace oomguard::daemon
