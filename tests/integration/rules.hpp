// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string>

namespace oomguard::test {

/// A `match` for the program of that name; `more` further keys.
inline std::string named(const std::string& name, const std::string& more = {}) {
    return "{name: " + name + (more.empty() ? "" : ", " + more) + "}";
}

/// A rule file of one rule. `match` is a YAML map in braces; `score` as in a rule; `more` further
/// lines of the rule, such as "enabled: false".
inline std::string rule(const std::string& name, const std::string& match, const std::string& score,
                        const std::string& more = {}) {
    return "  - name: " + name + "\n    match: " + match + "\n    oom_score_adj: " + score + "\n" +
           (more.empty() ? "" : "    " + more + "\n");
}

inline std::string rule_file(std::initializer_list<std::string> rules) {
    std::string text = "rules:\n";
    for (const auto& one : rules)
        text += one;
    return text;
}

/// A rule file with one rule that means the program of this name.
inline std::string program_rule(const std::string& program, int score) {
    return rule_file({rule("test", named(program), std::to_string(score))});
}

}  // namespace oomguard::test
