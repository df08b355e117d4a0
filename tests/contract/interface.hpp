// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace oomguard::test {

/// One member of org.oomguard1.Manager as introspection XML describes it.
struct Member {
    struct Argument {
        std::string name;
        std::string type;
        bool is_out = false;
    };

    std::string kind;  ///< method, property or signal
    std::string name;
    std::string type;  ///< of a property
    std::vector<Argument> arguments;
    std::string emits_changed = "true";  ///< of a property

    /// As org.oomguard1(5) writes it: "(u pid) -> a{sv}", "(t generation, u rules)" or "t".
    [[nodiscard]] std::string signature() const;

    /// All of it in one line, but for the names of arguments, which old introspection leaves out.
    [[nodiscard]] std::string text() const;
};

/// The members of the interface in the XML, in its order.
std::vector<Member> members_of(const std::string& xml, const std::string& interface);

}  // namespace oomguard::test
