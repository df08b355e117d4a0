// SPDX-License-Identifier: MIT
#pragma once

#include "ways.hpp"

namespace oomguard::test {

/// Every way in which a process comes to match. Before it has a score of 0.
class ComingWays : public Ways {
  public:
    ComingWays();

  private:
    void add_started();
    void add_scripts();
    void add_changed();
    void add_families();
    void add_moved();

    Subject& starter_ = subject(programs().unique_name());
};

}  // namespace oomguard::test
