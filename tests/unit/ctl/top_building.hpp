// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "ctl/top/layout.hpp"
#include "ctl/top/model.hpp"

// What the tests of `top` build and look at.
namespace oomguard::ctl::top {

inline RankRow ranked(std::uint32_t pid, const std::string& name, std::int64_t points = 1000,
                      std::int32_t score = 0) {
    RankRow row;
    row.pid = pid;
    row.start_time = 100 + pid;
    row.name = name;
    row.user = pid % 2 == 0 ? "root" : "alice";
    row.score = score;
    row.points = points;
    row.memory = std::uint64_t{4096} * 1000;
    return row;
}

inline ProcessRow process(std::uint32_t pid, const std::string& name, std::int32_t current = 0,
                          const std::string& state = "held") {
    ProcessRow row;
    row.pid = pid;
    row.start_time = 100 + pid;
    row.name = name;
    row.user = pid % 2 == 0 ? "root" : "alice";
    row.rule = "rule-of-" + name;
    row.wanted = 500;
    row.current = current;
    row.state = state;
    return row;
}

/// A model that shows these, with the pids 1, 2, 3, ...
inline Model model_of(const std::vector<std::string>& names) {
    Snapshot snapshot;
    for (const auto& name : names) {
        snapshot.order.push_back(
            ranked(static_cast<std::uint32_t>(snapshot.order.size() + 1), name));
        snapshot.held.push_back(
            process(static_cast<std::uint32_t>(snapshot.held.size() + 1), name));
    }
    Model model{std::chrono::seconds(2)};
    model.update(snapshot);
    return model;
}

inline Outcome press(Model& model, const std::string& characters) {
    Outcome outcome = Outcome::Draw;
    for (const char character : characters)
        outcome = model.press({KeyCode::Text, std::string(1, character)});
    return outcome;
}

inline Outcome press(Model& model, KeyCode code) {
    return model.press({code});
}

inline std::vector<std::string> names_of(const Model& model) {
    std::vector<std::string> names;
    for (const Row& row : model.listing().rows())
        names.push_back(row.name);
    return names;
}

inline std::string selected_name(const Model& model) {
    const Row* row = model.listing().selected();
    return row == nullptr ? "" : row->name;
}

inline std::string text_of(const Line& line) {
    std::string text;
    for (const Span& span : line)
        text += span.text;
    return text;
}

/// All lines, each with its newline, without the spaces at their ends.
inline std::string text_of(const Frame& frame) {
    std::string text;
    for (const Line& line : frame.lines) {
        text += text_of(line);
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    return text;
}

}  // namespace oomguard::ctl::top
