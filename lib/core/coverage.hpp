// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/process.hpp"

namespace oomguard {

/// How many processes a rule lowers, of all that there are.
struct Share {
    std::size_t lowered = 0;
    std::size_t all = 0;

    friend bool operator==(const Share&, const Share&) = default;
};

/// Counts whom each rule lowers. Of processes that one of the same name has started, and which the
/// same rule lowers too, such as the workers of a server, none counts, neither here nor there: the
/// one that has started them does.
class Coverage {
  public:
    void add(std::size_t rule, Pid pid, Pid parent, const std::string& name);

    /// By rule, of those that lower any. `processes`: how many there are, all of them counted.
    [[nodiscard]] std::map<std::size_t, Share> shares(std::size_t processes) const;

  private:
    struct Lowered {
        Pid parent = 0;
        std::size_t name = 0;  ///< a hash
    };

    std::map<std::size_t, std::map<Pid, Lowered>> lowered_;
};

/// Whether so many are lowered that it offers all others: more than half of all. A few are never
/// too many, as the half of what a container runs may be what matters there. Of a rule that is held
/// back for it, whether that is still so: until it is down to two fifths.
[[nodiscard]] bool is_too_broad(const Share& share, bool was_too_broad);

}  // namespace oomguard
