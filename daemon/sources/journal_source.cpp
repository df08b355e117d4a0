// SPDX-License-Identifier: MIT
#include "daemon/sources/journal_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
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

/// By systemd, of a unit whose memory.events tells of a kill (SD_MESSAGE_UNIT_OUT_OF_MEMORY).
constexpr const char* kUnitOutOfMemory = "fe6faa94e7774663a0da52717891d8ef";

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
                             const std::string& cgroup_mount, Hooks hooks)
    : loop_(loop),
      report_(listener, "journal"),
      hooks_(std::move(hooks)),
      read_until_usec_(realtime_usec()) {
    for (const auto& [name, slice] : kUnits)
        directories_.push_back(cgroup_mount + "/" + slice + "/" + name);
}

void JournalSource::look() {
    const bool is_needed = is_kernel_wanted_ || has_killers();
    if (is_needed && (!state().works() || is_open_for_kernel_ != is_kernel_wanted_))
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
    is_open_for_kernel_ = is_kernel_wanted_;
    has_kernel_ = false;
    if (is_kernel_wanted_) {
        if (done = look_for_kernel(); !done)
            return done;
    }
    if (done = match_all(); !done)
        return done;
    if (done = checked(sd_journal_get_fd(journal), "watch the journal"); !done)
        return done;
    // One that was started since the last look may have killed already.
    const std::uint64_t from = std::max(read_until_usec_, realtime_usec() - kBetweenLooks);
    return checked(sd_journal_seek_realtime_usec(journal, from), "read the journal");
}

/// Adds one more kind of entry: those with all of these fields, or with any of one field's values.
Result<void> JournalSource::match(const std::vector<std::string>& fields) {
    auto done = checked(sd_journal_add_disjunction(journal_.get()), "search the journal");
    for (const std::string& field : fields) {
        if (done)
            done = checked(sd_journal_add_match(journal_.get(), field.data(), field.size()),
                           "search the journal");
    }
    return done;
}

/// The boot's own messages are there from its start, if the kernel's are stored at all.
Result<void> JournalSource::look_for_kernel() {
    std::array<char, SD_ID128_STRING_MAX> boot{};
    sd_id128_t id{};
    if (auto done = checked(sd_id128_get_boot(&id), "read the boot's id"); !done)
        return done;
    sd_id128_to_string(id, boot.data());
    if (auto done = match({std::string("_BOOT_ID=") + boot.data(), "_TRANSPORT=kernel"}); !done)
        return done;
    const int found = sd_journal_next(journal_.get());
    has_kernel_ = found > 0;
    sd_journal_flush_matches(journal_.get());
    return checked(found, "search the journal");
}

Result<void> JournalSource::match_all() {
    std::vector<std::string> units;
    units.reserve(kUnits.size());
    for (const auto& [name, slice] : kUnits)
        units.push_back(std::string("_SYSTEMD_UNIT=") + name);
    auto done = match(units);
    if (done && is_kernel_wanted_)
        done = match({"_TRANSPORT=kernel"});
    if (done && is_kernel_wanted_)
        done = match({"_PID=1", std::string("MESSAGE_ID=") + kUnitOutOfMemory});
    return done;
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
    if (field("_TRANSPORT") == "kernel")
        take_kernel_entry();
    else if (field("MESSAGE_ID") == kUnitOutOfMemory)
        hooks_.unit_lost_process(field("UNIT"));
    else if (const auto sent = log_.read(field("_SYSTEMD_UNIT"), field("MESSAGE"), usec))
        hooks_.sent(*sent);
}

/// What user space writes to the kernel's log has another facility than the kernel's own.
void JournalSource::take_kernel_entry() {
    if (field("SYSLOG_FACILITY") != "0")
        return;
    KernelRecord record{++kernel_records_, 0, field("MESSAGE")};
    const std::string usec = field("_SOURCE_MONOTONIC_TIMESTAMP");
    std::from_chars(usec.data(), usec.data() + usec.size(), record.usec);
    hooks_.kernel_logged(record);
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
