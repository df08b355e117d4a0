// SPDX-License-Identifier: MIT
#include "sys/procfs.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>

#include "sys/directory.hpp"
#include "sys/file.hpp"
#include "sys/proc_parse.hpp"

namespace oomguard::sys {

namespace {

/// Of `stat` and shorter ones: 52 numbers and a name.
using Line = std::array<char, 2048>;
// More than the kernel writes to `cgroup` (PATH_MAX for each of at most 16 hierarchies), more than
// 5,000 groups in `status`, and as much of the arguments as a pattern may look at.
constexpr std::size_t kTextLimit = 65536;

/// `status` to its end: the lines of memory come after 65,536 groups (NGROUPS_MAX) at most.
constexpr std::size_t kStatusLimit = std::size_t{1} << 20;

/// A text of the kernel, whole: on the stack as long as it is no longer than most.
class Text {
  public:
    Result<std::string_view> read(int dir_fd, const char* file) {
        Result<std::string_view> text = read_once(dir_fd, file, buffer_);
        if (!text || text->size() < buffer_.size())
            return text;
        Result<std::string> longer = read_at(dir_fd, file, kTextLimit);
        if (!longer)
            return longer.error();
        longer_ = *std::move(longer);
        return std::string_view(longer_);
    }

  private:
    std::array<char, 4096> buffer_;
    std::string longer_;
};

std::optional<Pid> parse_pid(std::string_view name) {
    Pid pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid <= 0)
        return std::nullopt;
    return pid;
}

/// The same failure, told with the full path instead of one relative to a descriptor.
Error told_as(const Error& error, const char* operation, const std::string& directory,
              const char* file) {
    return errno_error(error.code.value(), std::string(operation) + " " + directory + "/" + file);
}

Error unparsable(const std::string& directory, const char* file) {
    return errno_error(EINVAL, "parse " + directory + "/" + file);
}

}  // namespace

Result<Snapshot> ProcDir::read_stat() const {
    Line line;
    const Result<std::string_view> text = read_once(dir_.get(), "stat", line);
    if (!text)
        return told_as(text.error(), "read", path_, "stat");
    std::optional<Snapshot> snapshot = parse_stat(*text);
    if (!snapshot || snapshot->id.pid != pid_)
        return unparsable(path_, "stat");
    return *std::move(snapshot);
}

Result<void> ProcDir::read_credentials(Snapshot& snapshot) const {
    Text kept;
    const Result<std::string_view> text = kept.read(dir_.get(), "status");
    if (!text)
        return told_as(text.error(), "read", path_, "status");
    std::optional<StatusCredentials> credentials = parse_status(*text);
    if (!credentials)
        return unparsable(path_, "status");
    // /proc/TID can be opened too. It is no process, and its score is the whole group's.
    if (credentials->process != pid_)
        return errno_error(ESRCH, "read " + path_ + "/status: a thread");
    snapshot.uid = credentials->real_uid;
    snapshot.groups = std::move(credentials->groups);
    snapshot.mark(Field::Credentials);
    return {};
}

Result<void> ProcDir::read_cgroup(Snapshot& snapshot) const {
    Text kept;
    const Result<std::string_view> text = kept.read(dir_.get(), "cgroup");
    // Cgroups may be deeper than the path that cgroup_path_ns() in the kernel gives: Linux 6.1
    // refuses to tell it then, 6.18 tells as much of it as there is room for.
    const bool is_refused = !text && text.error().code == std::errc::filename_too_long;
    if (!text && !is_refused)
        return told_as(text.error(), "read", path_, "cgroup");
    std::optional<std::string> cgroup = is_refused ? std::string() : parse_cgroup(*text);
    if (!cgroup)
        return unparsable(path_, "cgroup");
    if (cgroup->size() >= PATH_MAX - 1)
        cgroup->clear();
    snapshot.cgroup = *std::move(cgroup);
    snapshot.mark(Field::Cgroup);
    return {};
}

Result<void> ProcDir::read_cmdline(Snapshot& snapshot) const {
    const Result<std::string> bytes = read_at(dir_.get(), "cmdline", kTextLimit);
    if (!bytes)
        return told_as(bytes.error(), "read", path_, "cmdline");
    set_cmdline(snapshot, *bytes);
    return {};
}

Result<std::string> ProcDir::read_exe() const {
    // d_path() in the kernel gives at most PATH_MAX.
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlinkat(dir_.get(), "exe", target.data(), target.size());
    if (size < 0)
        return errno_error(errno, "read " + path_ + "/exe");
    return std::string(target.data(), static_cast<std::size_t>(size));
}

Result<MemoryUse> ProcDir::read_memory() const {
    const Result<std::string> text = read_at(dir_.get(), "status", kStatusLimit);
    if (!text)
        return told_as(text.error(), "read", path_, "status");
    const std::optional<StatusMemory> status = parse_status_memory(*text);
    if (!status)
        return unparsable(path_, "status");
    if (status->process != pid_)
        return errno_error(ESRCH, "read " + path_ + "/status: a thread");
    MemoryUse use{status->real_uid, status->bytes};
    if (!use.bytes && status->threads > 1)
        use.bytes = memory_of_another_thread();
    return use;
}

std::optional<std::uint64_t> ProcDir::memory_of_another_thread() const {
    std::optional<std::uint64_t> bytes;
    const Result<void> listed = list_directory(dir_.get(), "task", [&](const dirent& entry) {
        if (bytes)
            return;
        const std::string file = std::string("task/") + entry.d_name + "/status";
        const Result<std::string> text = read_at(dir_.get(), file, kStatusLimit);
        const auto status = text ? parse_status_memory(*text) : std::nullopt;
        if (status)
            bytes = status->bytes;
    });
    // The process has ended if it cannot be listed, and has no memory then.
    return listed ? bytes : std::nullopt;
}

Result<Uid> ProcDir::read_owner() const {
    // Not the directory's own, which is the effective user's always.
    struct stat status {};
    if (::fstatat(dir_.get(), "oom_score", &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno_error(errno, "stat " + path_ + "/oom_score");
    return Uid{status.st_uid};
}

Result<std::uint32_t> ProcDir::read_oom_score() const {
    Line line;
    const Result<std::string_view> text = read_once(dir_.get(), "oom_score", line);
    if (!text)
        return told_as(text.error(), "read", path_, "oom_score");
    const std::optional<std::uint32_t> score = parse_oom_score(*text);
    if (!score)
        return unparsable(path_, "oom_score");
    return *score;
}

Result<int> ProcDir::read_oom_score_adj() const {
    Line line;
    const Result<std::string_view> text = read_once(dir_.get(), "oom_score_adj", line);
    if (!text)
        return told_as(text.error(), "read", path_, "oom_score_adj");
    const std::optional<int> score = parse_score(*text);
    if (!score)
        return unparsable(path_, "oom_score_adj");
    return *score;
}

Result<void> ProcDir::write_oom_score_adj(int value) const {
    const std::string text = std::to_string(value) + "\n";
    Result<void> written = write_once(dir_.get(), "oom_score_adj", text);
    if (!written)
        return told_as(written.error(), "write", path_, "oom_score_adj");
    return written;
}

Result<Procfs> Procfs::open(const std::string& path) {
    Result<UniqueFd> root = open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY);
    if (!root)
        return root.error();
    return Procfs(*std::move(root), path);
}

Result<std::vector<Pid>> Procfs::pids() const {
    std::vector<Pid> pids;
    const Result<void> listed = list_directory(root_.get(), ".", [&](const dirent& entry) {
        if (const std::optional<Pid> pid = parse_pid(entry.d_name))
            pids.push_back(*pid);
    });
    if (!listed)
        return errno_error(listed.error().code.value(), "list " + path_);
    return pids;
}

Result<ProcDir> Procfs::open_process(Pid pid) const {
    const std::string name = std::to_string(pid);
    std::string path = path_ + "/" + name;
    Result<UniqueFd> dir = open_at(root_.get(), name, O_PATH | O_DIRECTORY);
    if (!dir)
        return errno_error(dir.error().code.value(), "open " + path);
    return ProcDir(pid, *std::move(dir), std::move(path));
}

Result<Snapshot> Procfs::glance(Pid pid) const {
    const std::string name = std::to_string(pid);
    Line line;
    const Result<std::string_view> text = read_once(root_.get(), name + "/stat", line);
    std::optional<Snapshot> snapshot = text ? parse_stat(*text) : std::nullopt;
    if (snapshot && snapshot->id.pid == pid)
        return *std::move(snapshot);
    // Only now, because this runs for every process and takes no memory.
    const std::string path = path_ + "/" + name;
    return text ? unparsable(path, "stat") : told_as(text.error(), "read", path, "stat");
}

Result<bool> Procfs::has_swappiness() const {
    constexpr std::string_view kFile = "sys/vm/swappiness";
    Line line;
    const Result<std::string_view> text = read_once(root_.get(), std::string(kFile), line);
    if (!text)
        return told_as(text.error(), "read", path_, kFile.data());
    return *text != "0\n";
}

Result<std::string> Procfs::boot_id() const {
    constexpr std::string_view kFile = "sys/kernel/random/boot_id";
    Line line;
    Result<std::string_view> text = read_once(root_.get(), std::string(kFile), line);
    const std::string path = path_ + "/" + std::string(kFile);
    if (!text)
        return errno_error(text.error().code.value(), "read " + path);
    while (text->ends_with('\n'))
        text->remove_suffix(1);
    if (text->empty())
        return errno_error(EINVAL, "parse " + path);
    return std::string(*text);
}

Result<ProcHiding> Procfs::hiding() const {
    // A line is some 100 bytes; a machine with containers has thousands.
    constexpr std::size_t kMost = 16U << 20U;
    std::string file = "1/mountinfo";
    auto text = read_at(root_.get(), file, kMost);
    if (!text) {
        file = "self/mountinfo";
        text = read_at(root_.get(), file, kMost);
    }
    if (!text)
        return errno_error(text.error().code.value(), "read " + path_ + "/" + file);
    const auto hiding = parse_proc_hiding(*text);
    if (!hiding)
        return errno_error(EINVAL, "parse " + path_ + "/" + file);
    return *hiding;
}

}  // namespace oomguard::sys
