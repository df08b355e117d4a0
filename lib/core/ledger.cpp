// SPDX-License-Identifier: MIT
#include "core/ledger.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "core/rule.hpp"

namespace oomguard {
namespace {

constexpr std::string_view kFormat = "oom-guardd-ledger 1 ";
constexpr std::string_view kFloor = "floor";
constexpr std::string_view kDescent = "of";
constexpr std::string_view kReset = "reset";
constexpr std::string_view kInclude = "include";
constexpr std::string_view kNone = "none";
constexpr std::string_view kOff = "off";
constexpr std::string_view kOn = "on";

std::string id_text(ProcessId id) {
    return std::to_string(id.pid) + " " + std::to_string(id.start_time);
}

/// Takes words from the front of a line. Once one is not as it must be, it has failed for good.
class Words {
  public:
    explicit Words(std::string_view line) : rest_(line) {}

    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
    [[nodiscard]] bool has_failed() const { return has_failed_; }

    /// Takes the word if it is the next.
    bool accept(std::string_view word) {
        const bool is_next =
            rest_ == word || (rest_.starts_with(word) && rest_[word.size()] == ' ');
        if (is_next)
            (void)next();
        return is_next;
    }

    template <typename Number>
    Number number(Number low, Number high) {
        const std::string_view text = next();
        Number number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || number < low ||
            number > high)
            has_failed_ = true;
        return number;
    }

    ProcessId id() {
        const auto pid = number<Pid>(2, std::numeric_limits<Pid>::max());
        return {pid, number<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max())};
    }

    std::uint64_t cgroup_id() {
        return number<std::uint64_t>(1, std::numeric_limits<std::uint64_t>::max());
    }

    int score() { return number<int>(kLowestScore, kHighestScore); }

    /// All that is left.
    std::string remainder() { return std::string(std::exchange(rest_, {})); }

  private:
    std::string_view next() {
        const std::size_t space = rest_.find(' ');
        const std::string_view word = rest_.substr(0, space);
        // A space at the end would be a word too few.
        has_failed_ = has_failed_ || space + 1 == rest_.size();
        rest_.remove_prefix(space == std::string_view::npos ? rest_.size() : space + 1);
        return word;
    }

    std::string_view rest_;
    bool has_failed_ = false;
};

bool is_complete(const Words& words) {
    return !words.has_failed() && words.is_at_end();
}

bool apply_hold(Words& words, Ledger& ledger) {
    const ProcessId id = words.id();
    Written written;
    written.original = words.score();
    written.value = words.score();
    written.floor_lowered = words.accept(kFloor);
    if (words.accept(kDescent)) {
        const ProcessId root = words.id();
        written.descent = Descent{root, words.remainder()};
    }
    const bool has_no_rule = written.descent && written.descent->rule.empty();
    if (has_no_rule || !is_complete(words))
        return false;
    ledger.hold(id, std::move(written));
    return true;
}

bool apply_drop(Words& words, Ledger& ledger) {
    const ProcessId id = words.id();
    if (!is_complete(words))
        return false;
    const auto found = ledger.entries.find(id.pid);
    if (found != ledger.entries.end() && found->second.start_time == id.start_time)
        ledger.entries.erase(found);
    return true;
}

bool apply_pin(Words& words, Ledger& ledger) {
    const ProcessId id = words.id();
    Ledger::Pin pin{.start_time = id.start_time, .value = words.score()};
    if (words.accept(kInclude))
        pin.children = Children::Include;
    else if (!words.accept(kReset))
        return false;
    if (!is_complete(words))
        return false;
    ledger.pins.insert_or_assign(id.pid, pin);
    return true;
}

bool apply_unpin(Words& words, Ledger& ledger) {
    const ProcessId id = words.id();
    if (!is_complete(words))
        return false;
    ledger.unpin(id);
    return true;
}

std::optional<bool> read_original(Words& words, bool& is_one) {
    is_one = true;
    if (words.accept(kOn))
        return true;
    if (words.accept(kOff))
        return false;
    is_one = words.accept(kNone);
    return std::nullopt;
}

bool apply_mark(Words& words, Ledger& ledger) {
    OomdMark mark;
    mark.cgroup_id = words.cgroup_id();
    if (words.accept(preference_text(OomdPreference::Avoid)))
        mark.preference = OomdPreference::Avoid;
    else if (!words.accept(preference_text(OomdPreference::Omit)))
        return false;
    bool has_original = false;
    mark.original = read_original(words, has_original);
    mark.cgroup = words.remainder();
    if (!has_original || words.has_failed() || !mark.cgroup.starts_with('/'))
        return false;
    ledger.marks.insert_or_assign(mark.cgroup_id, std::move(mark));
    return true;
}

bool apply_unmark(Words& words, Ledger& ledger) {
    const std::uint64_t id = words.cgroup_id();
    if (!is_complete(words))
        return false;
    ledger.marks.erase(id);
    return true;
}

/// Applies one line; false if it is not one.
bool apply_line(std::string_view line, Ledger& ledger) {
    Words words(line);
    if (words.accept("hold"))
        return apply_hold(words, ledger);
    if (words.accept("drop"))
        return apply_drop(words, ledger);
    if (words.accept("pin"))
        return apply_pin(words, ledger);
    if (words.accept("mark"))
        return apply_mark(words, ledger);
    if (words.accept("unmark"))
        return apply_unmark(words, ledger);
    return words.accept("unpin") && apply_unpin(words, ledger);
}

}  // namespace

void Ledger::hold(ProcessId id, Written written) {
    const auto [at, is_new] = entries.try_emplace(id.pid, Entry{id.start_time, written});
    if (is_new)
        return;
    Entry& entry = at->second;
    const bool is_same = entry.start_time == id.start_time;
    auto before = is_same ? entry.before : std::nullopt;
    if (is_same && entry.written.value != written.value)
        before = entry.written.value;
    entry = {id.start_time, std::move(written), before};
}

bool Ledger::unpin(ProcessId id) {
    const auto found = pins.find(id.pid);
    if (found == pins.end() || found->second.start_time != id.start_time)
        return false;
    pins.erase(found);
    return true;
}

std::string ledger_header(std::string_view boot_id) {
    return std::string(kFormat) + std::string(boot_id) + "\n";
}

std::string ledger_hold_line(ProcessId id, const Written& written) {
    std::string line = "hold " + id_text(id) + " " + std::to_string(written.original) + " " +
                       std::to_string(written.value);
    if (written.floor_lowered)
        line.append(" ").append(kFloor);
    if (written.descent)
        line.append(" ").append(kDescent).append(" ").append(id_text(written.descent->root));
    if (written.descent)
        line.append(" ").append(written.descent->rule);
    return line + "\n";
}

std::string ledger_hold_lines(Pid pid, const Ledger::Entry& entry) {
    const ProcessId id{pid, entry.start_time};
    const std::string line = ledger_hold_line(id, entry.written);
    Written before = entry.written;
    before.value = entry.before.value_or(before.value);
    return entry.before ? ledger_hold_line(id, before) + line : line;
}

std::string ledger_drop_line(ProcessId id) {
    return "drop " + id_text(id) + "\n";
}

std::string ledger_pin_line(Pid pid, const Ledger::Pin& pin) {
    std::string line = "pin " + id_text({pid, pin.start_time}) + " " + std::to_string(pin.value);
    return line.append(" ").append(pin.children == Children::Include ? kInclude : kReset) + "\n";
}

std::string ledger_unpin_line(ProcessId id) {
    return "unpin " + id_text(id) + "\n";
}

std::string ledger_mark_line(const OomdMark& mark) {
    std::string_view original = kNone;
    if (mark.original)
        original = *mark.original ? kOn : kOff;
    std::string line = "mark " + std::to_string(mark.cgroup_id) + " ";
    line.append(preference_text(mark.preference)).append(" ").append(original);
    return line.append(" ").append(mark.cgroup) + "\n";
}

std::string ledger_unmark_line(std::uint64_t cgroup_id) {
    return "unmark " + std::to_string(cgroup_id) + "\n";
}

bool is_ledger(std::string_view text) {
    return text.starts_with(kFormat);
}

Ledger parse_ledger(std::string_view text, std::string_view boot_id) {
    Ledger ledger;
    const std::string header = ledger_header(boot_id);
    if (!text.starts_with(header))
        return ledger;
    text.remove_prefix(header.size());
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        if (!apply_line(text.substr(0, end), ledger))
            ++ledger.bad_lines;
        text.remove_prefix(end + 1);
    }
    return ledger;
}

}  // namespace oomguard
