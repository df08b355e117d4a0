// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "daemon/recording_score_writer.hpp"
#include "guarding.hpp"
#include "support/catch.hpp"
#include "support/temp_tree.hpp"

// Random histories of a machine, with a ledger on disk and daemons that are killed at any instant.
// Values of ours are even and those of all others odd, so it is always plain whose a score is. The
// seeds are fixed: a failure is the same failure the next time.
namespace oomguard::daemon {
namespace {

/// Thrown where the daemon is killed.
struct Killed {};

/// Whose processes these are, by what each had before our first write.
struct Own {
    std::uint64_t start_time = 0;
    int score = 0;
    bool changed = false;  ///< someone else has given it another score since
};

const std::vector<std::string>& programs() {
    static const std::vector<std::string> names = {"a", "b", "c", "d"};
    return names;
}

class History {
  public:
    explicit History(unsigned seed) : random_(seed) {
        table_.before = [this](Step step, Pid pid) { disturb(step, pid); };
        restart();
        change_rules();
    }

    void go_on() {
        now_ += std::chrono::milliseconds(below(20'000));
        switch (below(16)) {
            case 0:
            case 1:
                return start(any_pid());
            case 2:
                return end(any_pid());
            case 3:
                return change_program();
            case 4:
                return change_score();
            case 5:
                return change_rules();
            case 6:
                return change_faults();
            case 7:
                return restart();
            case 8:
            case 9:
                return pin();
            case 10:
                return unpin(any_pid());
            case 11:
                return guarding([this] { (void)guard_->sweep(now_); });
            case 12:
            case 13:
                return misuse_floors();
            default:
                return guarding([this] { guard_->examine(any_pid(), now_); });
        }
    }

    /// The machine comes to rest: nothing fails any more, and every pause is over.
    void come_to_rest() {
        table_.faults.clear();
        is_calm_ = true;
        now_ += 3 * Backoff::kLongestPause;
        guarding([this] { CHECK(guard_->sweep(now_)); });
    }

    void check_rest() const {
        std::size_t meant = 0;
        for (const auto& [pid, process] : table_.processes) {
            const auto value = wanted_of(process);
            const Own& own = own_.at(pid);
            INFO("process " << pid << " '" << process.comm << "' at " << process.score
                            << " with floor " << process.floor << ", of its own " << own.score
                            << ", changed " << own.changed << ", rule "
                            << (value ? value->text() : "none"));
            CHECK(guard_->holdings().contains(pid) == value.has_value());
            CHECK((guard_->pins().find(table_.id(pid)) != nullptr) == pins_.contains(pid));
            meant += value ? 1U : 0U;
            if (value)
                CHECK(value->apply(process.score) == process.score);
            else
                CHECK(process.score % 2 != 0);
            if (!own.changed)
                CHECK(process.score == (value ? value->apply(own.score) : own.score));
            if (!value && !own.changed)
                CHECK(process.floor == std::min(own.score, 0));
            else if (!value)
                CHECK((process.floor == 0 || process.floor % 2 != 0));
        }
        CHECK(guard_->holdings().size() == meant);
        CHECK(guard_->pins().owners().size() == pins_.size());
    }

    void check_everything_is_given_back() {
        set_rules({});
        while (!pins_.empty())
            unpin(pins_.begin()->first);
        come_to_rest();
        check_rest();
        const Ledger ledger = parse_ledger(tree_.read("ledger"), "boot");
        CHECK(ledger.entries.empty());
        CHECK(ledger.pins.empty());
    }

  private:
    std::size_t below(std::size_t count) { return random_() % count; }
    Pid any_pid() { return static_cast<Pid>(10 + below(6)); }
    const std::string& any_program() { return programs()[below(programs().size())]; }
    int any_value() { return static_cast<int>(below(7)) * 100 - 300; }

    [[nodiscard]] std::optional<Value> wanted_of(const FakeProcess& process) const {
        if (const auto pin = pins_.find(process.pid); pin != pins_.end())
            return exactly(pin->second);
        for (const Rule& rule : rules_) {
            if (rule.name == process.comm)
                return rule.value;
        }
        return std::nullopt;
    }

    void start(Pid pid) {
        FakeProcess& process = table_.start(pid, any_program(), any_value() + 1);
        process.floor = std::min(process.score, 0);
        own_[pid] = {process.start_time, process.score, false};
        pins_.erase(pid);
    }

    void end(Pid pid) {
        table_.end(pid);
        own_.erase(pid);
        pins_.erase(pid);
    }

    /// Where the daemon is killed in the middle of it, nothing has been asked for.
    void pin() {
        const Pid pid = any_pid();
        const int value = any_value();
        guarding([&] {
            if (!guard_->pin(pid, value, Children::Reset, now_))
                pins_[pid] = value;
        });
    }

    void unpin(Pid pid) {
        guarding([&] { (void)guard_->unpin(pid, now_); });
        if (!guard_->pins().owner(pid))
            pins_.erase(pid);
    }

    FakeProcess* any_process() {
        const auto found = table_.processes.find(any_pid());
        return found == table_.processes.end() ? nullptr : &found->second;
    }

    void change_program() {
        if (FakeProcess* process = any_process())
            process->comm = any_program();
    }

    void change_score() {
        if (FakeProcess* process = any_process()) {
            process->score = any_value() + 3;
            // What it may not do itself is done by someone who may.
            process->floor = std::min(process->floor, process->score);
            own_.at(process->pid).changed = true;
        }
    }

    /// Processes do what only a floor that we lowered lets them. That makes no score their own.
    void misuse_floors() {
        for (auto& [pid, process] : table_.processes) {
            const Own& own = own_.at(pid);
            if (!own.changed && process.floor < std::min(own.score, 0) && below(2) == 0)
                process.score = process.floor + 1;
        }
    }

    void change_rules() {
        std::vector<Rule> rules;
        for (const std::string& program : programs()) {
            const auto kind = static_cast<Value::Kind>(below(4));
            if (kind != Value::Kind::Unchanged)
                rules.push_back(rule(program, program, {kind, any_value()}));
        }
        set_rules(std::move(rules));
    }

    void set_rules(std::vector<Rule> rules) {
        rules_ = std::move(rules);
        guard_->set_rules(std::make_shared<const RuleSet>(rules_));
    }

    void change_faults() {
        static const std::vector<int> numbers = {EACCES, EPERM, EINVAL, EMFILE};
        const Step step = below(2) == 0 ? Step::WriteScore : Step::ReadScore;
        if (below(2) == 0)
            table_.faults.clear();
        else
            table_.faults[{step, any_pid()}] = numbers[below(numbers.size())];
    }

    /// The daemon is killed, and another takes over what is on record.
    void restart() {
        guard_.reset();
        writer_.reset();
        file_.emplace(tree_.path("ledger"), "boot");
        REQUIRE(file_->open());
        CHECK(file_->ledger().bad_lines == 0);
        writer_.emplace(*file_, Privilege{true, [this](bool on) {
                                              table_.is_privileged = on;
                                              return Result<void>();
                                          }});
        guard_.emplace(table_, *writer_, seen_, kSelf);
        guard_->set_rules(std::make_shared<const RuleSet>(rules_));
        // A process that cannot be read when the daemon starts is lost to it.
        const auto faults = std::exchange(table_.faults, {});
        guard_->adopt(Ledger(file_->ledger()));
        table_.faults = faults;
    }

    /// Does some of the guard's work, and checks that only what it may touch has changed.
    template <typename Work>
    void guarding(Work work) {
        const auto processes_before = table_.processes;
        std::map<Pid, ProcessId> held_before;
        for (const auto& [pid, holding] : guard_->holdings())
            held_before[pid] = holding.id;
        is_guarding_ = true;
        bool is_killed = false;
        try {
            work();
        } catch (const Killed&) {
            is_killed = true;
        }
        is_guarding_ = false;
        for (const auto& [pid, process] : table_.processes) {
            const auto before = processes_before.find(pid);
            const bool is_same =
                before != processes_before.end() && before->second.start_time == process.start_time;
            const int score_before = is_same ? before->second.score : own_.at(pid).score;
            if (process.score == score_before)
                continue;
            const bool was_held =
                held_before.contains(pid) && held_before.at(pid).start_time == process.start_time;
            INFO("process " << pid << " '" << process.comm << "'");
            CHECK((was_held || wanted_of(process)));
        }
        if (is_killed)
            restart();
    }

    /// Nothing waits for the guard to finish a look.
    void disturb(Step step, Pid pid) {
        if (!is_guarding_ || is_calm_)
            return;
        if (below(30) == 0)
            end(pid);
        else if (below(30) == 0)
            start(pid);
        else if (step == Step::WriteScore && below(3) == 0)
            throw Killed();
    }

    std::mt19937 random_;
    oomguard::test::TempTree tree_;
    FakeTable table_;
    FakeObserver seen_;
    std::optional<LedgerFile> file_;
    std::optional<RecordingScoreWriter> writer_;
    std::optional<Guard> guard_;
    std::vector<Rule> rules_;
    std::map<Pid, Own> own_;
    std::map<Pid, int> pins_;  // values by the processes that there are
    Time now_ = Time{} + std::chrono::hours(5);
    bool is_guarding_ = false;
    bool is_calm_ = false;
};

}  // namespace

TEST_CASE("Whatever happens, at rest just the meant are held, and all others are as they were") {
    constexpr unsigned kHistories = 200;
    for (unsigned seed = 0; seed < kHistories; ++seed) {
        INFO("seed " << seed);
        History history(seed);
        for (int count = 0; count < 200; ++count)
            history.go_on();
        history.come_to_rest();
        history.check_rest();
        history.check_everything_is_given_back();
    }
}

}  // namespace oomguard::daemon
