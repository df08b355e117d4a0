// SPDX-License-Identifier: MIT
// What it costs to find the rule of one process, by kind and number of rules. The rules are loaded
// from text as rule files are; the process is one that no rule means, for which all must be tried.
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>

#include "config/rule_file.hpp"
#include "core/rule_set.hpp"

namespace oomguard::bench {
namespace {

constexpr std::size_t kLongCommandLine = 65'536;

/// One rule for each number up to `count`, whose match is what `match` gives for the number.
template <typename Match>
RuleSet rule_set(std::int64_t count, Match match) {
    std::string text = "rules:\n";
    for (std::int64_t index = 0; index < count; ++index) {
        const std::string number = std::to_string(index);
        text += "  - name: rule-" + number + "\n    match: {" + match(number) +
                "}\n    oom_score_adj: 300\n";
    }
    const config::Accounts nobody{[](const std::string&) { return std::nullopt; },
                                  [](const std::string&) { return std::nullopt; }};
    auto loaded = config::load_rules({{"bench.yaml", text, {}}}, nobody, {});
    if (loaded.rules.size() != static_cast<std::size_t>(count))
        throw std::logic_error("the rules have an error");
    return RuleSet(std::move(loaded.rules));
}

std::string exact_name(const std::string& number) {
    return "name: program-" + number;
}

std::string name_regex(const std::string& number) {
    return "name: {regex: 'worker[0-9]*-" + number + "(-[a-z]+)?'}";
}

std::string command_line_regex(const std::string& number) {
    return "cmdline: {regex: '.*train_" + number + R"(\.py.* --(resume|epochs)( .*)?'})";
}

std::string command_line_glob(const std::string& number) {
    return "cmdline: '*train_" + number + ".py* --resume*'";
}

/// A process of which everything is known.
Snapshot process(const std::string& name, const std::string& command_line) {
    Snapshot snapshot;
    snapshot.id = {4321, 987'654};
    snapshot.comm = name.substr(0, kLongestComm);
    snapshot.exe = "/usr/bin/" + name;
    snapshot.cmdline = command_line;
    for (std::size_t field = 0; field < kFieldCount; ++field)
        snapshot.mark(static_cast<Field>(field));
    return snapshot;
}

/// As long as they commonly are.
std::string common_command_line() {
    return "/usr/bin/python3.11 -m torch.distributed.run --nproc-per-node 8 --nnodes 1 "
           "/srv/experiments/run_17/train.py --config configs/large.yaml --output /srv/out/17 "
           "--learning-rate 3e-4";
}

/// Of nothing but beginnings of what the expressions look for.
std::string command_line_of_near_misses() {
    std::string text;
    while (text.size() < kLongCommandLine)
        text += "train_1.p --resum ";
    text.resize(kLongCommandLine);
    return text;
}

void search(benchmark::State& state, const RuleSet& rules, const Snapshot& snapshot) {
    for (auto _ : state) {
        const Verdict verdict = rules.find(snapshot);
        if (verdict.kind != Verdict::Kind::Unmatched)
            state.SkipWithError("a rule means the process");
        benchmark::DoNotOptimize(verdict);
    }
}

void exact_names(benchmark::State& state) {
    search(state, rule_set(state.range(0), exact_name), process("postgres", common_command_line()));
}

/// All rules are in one bucket of the index: their names begin alike, as long as comm is.
void exact_names_alike(benchmark::State& state) {
    const std::string beginning = "program-with-a-";
    search(state,
           rule_set(state.range(0),
                    [&](const std::string& number) { return "name: " + beginning + number; }),
           process(beginning + "longer-name", common_command_line()));
}

void name_regexes(benchmark::State& state) {
    search(state, rule_set(state.range(0), name_regex), process("postgres", common_command_line()));
}

void name_regexes_near_miss(benchmark::State& state) {
    search(state, rule_set(state.range(0), name_regex),
           process("worker1234567-_", common_command_line()));
}

void command_line_regexes(benchmark::State& state) {
    search(state, rule_set(state.range(0), command_line_regex),
           process("python3.11", common_command_line()));
}

void command_line_regexes_worst(benchmark::State& state) {
    search(state, rule_set(state.range(0), command_line_regex),
           process("python3.11", command_line_of_near_misses()));
}

void command_line_globs_worst(benchmark::State& state) {
    search(state, rule_set(state.range(0), command_line_glob),
           process("python3.11", command_line_of_near_misses()));
}

BENCHMARK(exact_names)->Arg(10)->Arg(100)->Arg(1'000)->Arg(15'831);
BENCHMARK(exact_names_alike)->Arg(1'000);
BENCHMARK(name_regexes)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(name_regexes_near_miss)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(command_line_regexes)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(command_line_regexes_worst)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(command_line_globs_worst)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace oomguard::bench

BENCHMARK_MAIN();
