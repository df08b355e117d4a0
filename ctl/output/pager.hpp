// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace oomguard::ctl {

/// While it lives, stdout goes to a pager, as with systemd: $SYSTEMD_PAGER or $PAGER, none if that
/// is empty or "cat"; else, or if that cannot be run, less, more, or none.
class Pager {
  public:
    Pager();
    Pager(const Pager&) = delete;
    Pager& operator=(const Pager&) = delete;
    /// Waits until the user has left it.
    ~Pager();

  private:
    pid_t pid_ = -1;
};

}  // namespace oomguard::ctl
