// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oomguard::ctl::top {

enum class KeyCode {
    Text,  ///< a character
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Help,
    Search,
    Filter,
    View,
    Sort,
    Quit,
};

/// A key that was pressed.
struct Key {
    KeyCode code = KeyCode::Text;
    std::string text = {};  ///< of Text: the character in UTF-8
};

}  // namespace oomguard::ctl::top
