// SPDX-License-Identifier: MIT
#include "daemon/kill_history.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "core/rule.hpp"
#include "sys/file.hpp"
#include "sys/trusted_file.hpp"

namespace oomguard::daemon {
namespace {

using Json = nlohmann::ordered_json;

/// Cgroups may be named such that a line has nearly 40 KB.
constexpr std::size_t kLargestFile = std::size_t{64} << 20U;
constexpr mode_t kMode = 0600;
/// What the kernel tells and what others told of the same kill may be so far apart: its log has a
/// clock of its own, which drifts from the others over weeks.
constexpr std::uint64_t kApart = 60'000'000;  // us

/// Nothing else than an unsigned number, where the conversion would take a fraction or a truth for
/// one. Throws Json::exception.
std::uint64_t count_of(const Json& json) {
    return json.get_ref<const Json::number_unsigned_t&>();
}

/// Throws std::out_of_range.
int integer_of(const Json& json, int low, int high) {
    const bool is_too_high =
        json.is_number_unsigned() && json.get<std::uint64_t>() > static_cast<unsigned>(high);
    if (!json.is_number_integer() || is_too_high || json.get<std::int64_t>() < low)
        throw std::out_of_range("not a number of a kill");
    return json.get<int>();
}

/// Throws Json::exception or std::out_of_range.
KillHistory::Entry read_entry(const Json& json) {
    KillHistory::Entry entry;
    Kill& kill = entry.kill;
    kill.usec = count_of(json.at("time_usec"));
    kill.id.pid = integer_of(json.at("pid"), 0, std::numeric_limits<Pid>::max());
    kill.id.start_time = count_of(json.at("start_time"));
    kill.name = json.at("name");
    kill.user = json.at("user");
    kill.cgroup = json.at("cgroup");
    kill.rule = json.at("rule");
    if (!json.at("oom_score_adj").is_null())
        kill.score = integer_of(json.at("oom_score_adj"), kLowestScore, kHighestScore);
    kill.killer = killer_of(json.at("killer").get<std::string>()).value_or(Killer::Unknown);
    kill.memory = count_of(json.at("memory"));
    kill.limit = json.at("limit");
    kill.situation = json.at("situation");
    kill.why = json.at("why");
    kill.batch = count_of(json.at("batch"));
    if (json.contains("boot"))
        entry.place = KernelLogPlace{json.at("boot"), count_of(json.at("sequence"))};
    return entry;
}

bool is_in_time(const Kill& told, const Kill& logged) {
    return std::max(told.usec, logged.usec) - std::min(told.usec, logged.usec) <= kApart;
}

/// Of a process that was seen. Who had killed it may not have been known, and it may have changed
/// its name after it was seen.
bool is_process(const Kill& told, const Kill& logged) {
    const bool may_be_kernel = told.killer == Killer::Kernel || told.killer == Killer::Unknown;
    const bool may_be_called = told.name.empty() || logged.name.empty() || told.name == logged.name;
    const bool is_there = !told.cgroup.empty() && told.cgroup == logged.cgroup;
    return told.id.pid != 0 && told.id.pid == logged.id.pid && may_be_kernel &&
           (may_be_called || is_there) && is_in_time(told, logged);
}

/// Where only the cgroup was known of it, or the unit. In a burst the kernel does not say it.
bool may_be_of_cgroup(const Kill& told, const Kill& logged) {
    if (told.id.pid != 0 || told.killer != Killer::Kernel || !is_in_time(told, logged))
        return false;
    if (logged.cgroup.empty() || told.cgroup == logged.cgroup)
        return true;
    return !told.cgroup.starts_with("/") &&
           (logged.cgroup + "/").find("/" + told.cgroup + "/") != std::string::npos;
}

/// Whose kills are counted together. Who has no name is one with all others without: a user may
/// have 65,536 such users of its own, in a user namespace.
std::string_view owner_of(const Kill& kill) {
    const bool is_number =
        !kill.user.empty() && kill.user.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? "0" : std::string_view(kill.user);
}

}  // namespace

std::string KillHistory::line_of(const Entry& entry) {
    const Kill& kill = entry.kill;
    Json json = {
        {"time_usec", kill.usec}, {"pid", kill.id.pid},       {"start_time", kill.id.start_time},
        {"name", kill.name},      {"user", kill.user},        {"cgroup", kill.cgroup},
        {"rule", kill.rule},      {"oom_score_adj", nullptr}, {"killer", killer_text(kill.killer)},
        {"memory", kill.memory},  {"limit", kill.limit},      {"situation", kill.situation},
        {"why", kill.why},        {"batch", kill.batch}};
    if (kill.score)
        json["oom_score_adj"] = *kill.score;
    if (entry.place) {
        json["boot"] = entry.place->boot_id;
        json["sequence"] = entry.place->sequence;
    }
    // Texts are printable, so this never has bytes to replace; it must not throw for want of that.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<KillHistory::Entry> KillHistory::parse_line(std::string_view line) {
    try {
        return read_entry(Json::parse(line));
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const std::out_of_range&) {
        return std::nullopt;
    }
}

Result<std::size_t> KillHistory::open(bool read_only) {
    is_writable_ = !read_only;
    const auto text = sys::read_trusted_file(path_, kLargestFile);
    if (!text) {
        if (is_gone(text.error())) {
            begin();
            return std::size_t{0};
        }
        failure_ = text.error().message();
        if (is_writable_)
            (void)std::rename(path_.c_str(), (path_ + ".unreadable").c_str());
        return text.error();
    }
    std::size_t bad_lines = 0;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (auto entry = parse_line(line))
            remember(*std::move(entry));
        else
            ++bad_lines;
    }
    begin();
    return bad_lines;
}

/// Now, because a disk may be slow when memory is short.
void KillHistory::begin() {
    if (!is_writable_)
        return;
    if (const auto done = rewrite(); !done)
        failure_ = done.error().message();
}

void KillHistory::add(Kill kill, std::optional<std::uint64_t> sequence) {
    Entry entry{std::move(kill), std::nullopt};
    if (sequence)
        entry.place = KernelLogPlace{boot_id_, *sequence};
    remember(std::move(entry));
    if (!is_writable_)
        return;
    const auto done = append(entries_.back());
    failure_ = done ? std::nullopt : std::optional(done.error().message());
}

bool KillHistory::recognize(const Kill& kill, std::uint64_t sequence) {
    const auto find = [&](const auto& may_be_same) {
        return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& one) {
            return !one.place && may_be_same(one.kill, kill);
        });
    };
    auto entry = find(is_process);
    if (entry == entries_.end())
        entry = find(may_be_of_cgroup);
    if (entry == entries_.end())
        return false;
    entry->place = KernelLogPlace{boot_id_, sequence};
    return true;
}

std::optional<std::uint64_t> KillHistory::last_sequence() const {
    std::optional<std::uint64_t> last;
    for (const Entry& entry : entries_) {
        if (entry.place && entry.place->boot_id == boot_id_)
            last = std::max(last.value_or(0), entry.place->sequence);
    }
    return last;
}

void KillHistory::remember(Entry entry) {
    entries_.push_back(std::move(entry));
    if (entries_.size() > kMostKills)
        forget_one();
}

/// Nobody drives out what others lost by losing much: of the user with the most, the oldest goes.
void KillHistory::forget_one() {
    std::map<std::string_view, std::size_t> counts;
    for (const Entry& entry : entries_)
        ++counts[owner_of(entry.kill)];
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    entries_.erase(std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return owner_of(entry.kill) == most->first;
    }));
}

Result<void> KillHistory::append(const Entry& entry) {
    if (!file_ || lines_ >= 2 * kMostKills)
        return rewrite();
    auto done = sys::append_once(file_.get(), path_, line_of(entry));
    if (done)
        ++lines_;
    else
        file_ = {};  // What follows a torn line would be lost with it.
    return done;
}

Result<void> KillHistory::rewrite() {
    std::string text;
    for (const Entry& entry : entries_)
        text += line_of(entry);
    file_ = {};
    if (auto done = sys::replace_file(path_, text, kMode); !done)
        return done;
    lines_ = entries_.size();
    auto file = sys::open_at(AT_FDCWD, path_, O_WRONLY | O_APPEND | O_NOFOLLOW);
    if (!file)
        return file.error();
    file_ = *std::move(file);
    return {};
}

}  // namespace oomguard::daemon
