// SPDX-License-Identifier: MIT
#pragma once

#include <clocale>
#include <string>

namespace oomguard::ctl {

/// While it lives, characters are as wide as that locale has them.
class InLocale {
  public:
    explicit InLocale(const char* name) : before_(std::setlocale(LC_CTYPE, nullptr)) {
        (void)std::setlocale(LC_CTYPE, name);
    }
    InLocale(const InLocale&) = delete;
    InLocale& operator=(const InLocale&) = delete;
    ~InLocale() { (void)std::setlocale(LC_CTYPE, before_.c_str()); }

  private:
    std::string before_;
};

}  // namespace oomguard::ctl
