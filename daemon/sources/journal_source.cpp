// SPDX-License-Identifier: MIT
#include "daemon/sources/journal_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/realtime.hpp"

namespace oomguard::daemon {
namespace {

/// A killer's unit, and where its slice puts it.
struct Unit {
    const char* name;
    const char* slice;
};

/// Only journald says which unit logged something, so nobody else can say it.
constexpr std::array kUnits = {Unit{"earlyoom.service", "system.slice"},
                               Unit{"nohang.service", "hostcritical.slice"},
                               Unit{"nohang-desktop.service", "hostcritical.slice"}};

/// A little more than from one sweep to the next.
constexpr std::uint64_t kBetweenLooks = 15'000'000;

/// sd-journal answers with a negative errno.
Result<void> checked(int result, const char* what) {
    if (result < 0)
        return errno_error(-result, what);
    return {};
}

}  // namespace

JournalSource::JournalSource(EventLoop& loop, SourceListener& listener,
                             const std::string& cgroup_mount,
                             std::function<void(const SignalSent&)> sent)
    : loop_(loop),
      report_(listener, "journal"),
      sent_(std::move(sent)),
      read_until_usec_(realtime_usec()) {
    for (const auto& [name, slice] : kUnits)
        directories_.push_back(cgroup_mount + "/" + slice + "/" + name);
}

void JournalSource::look() {
    const bool is_needed = has_killers();
    if (is_needed && !state().works())
        open();
    else if (!is_needed && state().status != SourceState::Status::Standby)
        close(SourceState::Status::Standby, "not needed while neither earlyoom nor nohang runs");
}

void JournalSource::stop() {
    close(SourceState::Status::Off);
}

bool JournalSource::has_killers() const {
    return std::any_of(directories_.begin(), directories_.end(), [](const std::string& directory) {
        return ::access(directory.c_str(), F_OK) == 0;
    });
}

void JournalSource::open() {
    io_ = {};
    if (const auto opened = try_open(); !opened) {
        fail(opened.error());
        return;
    }
    io_ = loop_.add_io(sd_journal_get_fd(journal_.get()), EPOLLIN, [this] { read(); });
    report_.set(SourceState::Status::Working);
    read();
}

void JournalSource::close(SourceState::Status status, std::string reason) {
    io_ = {};
    journal_.reset();
    log_ = {};
    report_.set(status, std::move(reason));
}

Result<void> JournalSource::try_open() {
    sd_journal* journal = nullptr;
    auto done = checked(sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM),
                        "open the journal");
    if (!done)
        return done;
    journal_.reset(journal);
    // Files that may not be read are left out without a word.
    if (sd_journal_has_persistent_files(journal) <= 0 && sd_journal_has_runtime_files(journal) <= 0)
        return errno_error(EACCES, "open the journal");
    for (const auto& [name, slice] : kUnits) {
        const std::string match = std::string("_SYSTEMD_UNIT=") + name;
        if (done = checked(sd_journal_add_match(journal, match.data(), match.size()),
                           "search the journal");
            !done)
            return done;
    }
    if (done = checked(sd_journal_get_fd(journal), "watch the journal"); !done)
        return done;
    // One that was started since the last look may have killed already.
    const std::uint64_t from = std::max(read_until_usec_, realtime_usec() - kBetweenLooks);
    return checked(sd_journal_seek_realtime_usec(journal, from), "read the journal");
}

void JournalSource::read() {
    if (const auto done = checked(sd_journal_process(journal_.get()), "watch the journal"); !done) {
        fail(done.error());
        return;
    }
    for (;;) {
        const int found = sd_journal_next(journal_.get());
        if (found < 0) {
            fail(errno_error(-found, "read the journal"));
            return;
        }
        if (found == 0)
            return;
        take_entry();
    }
}

void JournalSource::take_entry() {
    std::uint64_t usec = 0;
    if (sd_journal_get_realtime_usec(journal_.get(), &usec) >= 0)
        read_until_usec_ = usec + 1;
    if (const auto sent = log_.read(field("_SYSTEMD_UNIT"), field("MESSAGE")))
        sent_(*sent);
}

std::string JournalSource::field(const char* name) const {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(journal_.get(), name, &data, &size) < 0)
        return {};
    const std::string_view text(static_cast<const char*>(data), size);
    const std::size_t start = text.find('=') + 1;
    return std::string(text.substr(start));
}

/// It is opened again at the next look. Not closed here: this may run inside its handler.
void JournalSource::fail(const Error& error) {
    if (io_)
        io_.disarm();
    const char* remedy = is_denied(error)
                             ? "; what earlyoom and nohang kill is not told: give the daemon "
                               "CAP_DAC_OVERRIDE or the group systemd-journal"
                             : "; what earlyoom and nohang kill is not told";
    report_.set(SourceState::Status::Failed, error.message() + remedy);
}

}  // namespace oomguard::daemon
