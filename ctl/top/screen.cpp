// SPDX-License-Identifier: MIT
#include "ctl/top/screen.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>
#include <string_view>

// Neither the wide functions nor plain names are there by themselves.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/failure.hpp"
#include "ctl/top/ability.hpp"

namespace oomguard::ctl::top {
namespace {

constexpr short kGreen = 1;
constexpr short kYellow = 2;
constexpr short kRed = 3;

constexpr int kEscapeDelay = 25;  ///< ms in which the rest of a key's sequence comes
constexpr wint_t kInterrupt = 3;  ///< Ctrl-C, where the terminal makes no signal of it
constexpr wint_t kDelete = 127;
constexpr wint_t kEscape = 27;
constexpr wint_t kRedraw = 12;  ///< Ctrl-L

struct Appearance {
    attr_t attributes = A_NORMAL;
    short pair = 0;
};

Appearance appearance_of(Look look) {
    switch (look) {
        case Look::Strong:
            return {A_BOLD};
        case Look::Faint:
            return {A_DIM};
        case Look::Heading:
            return {A_REVERSE};
        case Look::First:
            return {A_BOLD, kRed};
        case Look::Protected:
            return {A_NORMAL, kGreen};
        case Look::Raised:
        case Look::Warning:
            return {A_NORMAL, kYellow};
        case Look::Refused:
            return {A_NORMAL, kRed};
        case Look::Plain:
            break;
    }
    return {};
}

/// One character off a text that is valid UTF-8, whatever the locale.
wchar_t take_character(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t bytes = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    unsigned value = bytes == 1 ? lead : lead & (0x7FU >> bytes);
    for (std::size_t index = 1; index < std::min(bytes, text.size()); ++index)
        value = value << 6U | (static_cast<unsigned char>(text[index]) & 0x3FU);
    text.remove_prefix(std::min(bytes, text.size()));
    return static_cast<wchar_t>(value);
}

/// For the terminal: what its character set does not have is a question mark.
std::wstring wide(std::string_view text) {
    std::wstring result;
    while (!text.empty()) {
        const wchar_t character = take_character(text);
        char bytes[MB_LEN_MAX];
        std::mbstate_t state{};
        const bool is_known =
            std::wcrtomb(bytes, character, &state) != static_cast<std::size_t>(-1);
        result += is_known && character >= L' ' ? character : L'?';
    }
    return result;
}

std::string utf8(wint_t character) {
    const auto value = static_cast<unsigned>(character);
    const auto tail = [value](unsigned shift) {
        return static_cast<char>(0x80U | (value >> shift & 0x3FU));
    };
    if (value < 0x80U)
        return {static_cast<char>(value)};
    if (value < 0x800U)
        return {static_cast<char>(0xC0U | value >> 6U), tail(0)};
    if (value < 0x10000U)
        return {static_cast<char>(0xE0U | value >> 12U), tail(6), tail(0)};
    return {static_cast<char>(0xF0U | value >> 18U), tail(12), tail(6), tail(0)};
}

std::optional<KeyCode> function_key(wint_t code) {
    switch (code) {
        case KEY_UP:
            return KeyCode::Up;
        case KEY_DOWN:
            return KeyCode::Down;
        case KEY_PPAGE:
            return KeyCode::PageUp;
        case KEY_NPAGE:
            return KeyCode::PageDown;
        case KEY_HOME:
            return KeyCode::Home;
        case KEY_END:
            return KeyCode::End;
        case KEY_ENTER:
            return KeyCode::Enter;
        case KEY_BACKSPACE:
            return KeyCode::Backspace;
        case KEY_F(1):
            return KeyCode::Help;
        case KEY_F(3):
            return KeyCode::Search;
        case KEY_F(4):
            return KeyCode::Filter;
        case KEY_F(5):
            return KeyCode::View;
        case KEY_F(6):
            return KeyCode::Sort;
        case KEY_F(10):
            return KeyCode::Quit;
        default:
            return std::nullopt;
    }
}

std::optional<Key> character_key(wint_t character) {
    switch (character) {
        case L'\n':
        case L'\r':
            return Key{KeyCode::Enter};
        case L'\b':
        case kDelete:
            return Key{KeyCode::Backspace};
        case kEscape:
            return Key{KeyCode::Escape};
        case kInterrupt:
            return Key{KeyCode::Quit};
        default:
            break;
    }
    if (character < L' ')
        return std::nullopt;
    return Key{KeyCode::Text, utf8(character)};
}

}  // namespace

/// Of ncurses, opened and closed.
struct Screen::Terminal {
    Terminal() {
        require_able_terminal();
        screen = ::newterm(nullptr, stdout, stdin);
        if (screen == nullptr)
            throw Failure(ExitCode::Failed, "cannot open the terminal");
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        (void)::endwin();
        ::delscreen(screen);
    }

    SCREEN* screen = nullptr;
};

Screen::Screen(bool has_colour) : terminal_(std::make_unique<Terminal>()) {
    if (std::getenv("ESCDELAY") == nullptr)
        (void)::set_escdelay(kEscapeDelay);
    (void)::cbreak();
    (void)::noecho();
    (void)::nonl();
    (void)::keypad(stdscr, TRUE);
    (void)::nodelay(stdscr, TRUE);
    if (has_colour && ::has_colors() && ::start_color() == OK) {
        const short background = ::use_default_colors() == OK ? short{-1} : short{COLOR_BLACK};
        (void)::init_pair(kGreen, COLOR_GREEN, background);
        (void)::init_pair(kYellow, COLOR_YELLOW, background);
        (void)::init_pair(kRed, COLOR_RED, background);
    }
    resize();
}

Screen::~Screen() = default;

Size Screen::size() const {
    return {static_cast<std::size_t>(std::max(0, ::getmaxy(stdscr))),
            static_cast<std::size_t>(std::max(0, ::getmaxx(stdscr)))};
}

void Screen::resize() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return;
    (void)::resizeterm(size.ws_row, size.ws_col);
    (void)::clearok(curscr, TRUE);
    shown_.reset();
}

void Screen::draw(const Frame& frame) {
    if (shown_ == frame)
        return;
    (void)::werase(stdscr);
    int row = 0;
    for (const Line& line : frame.lines) {
        (void)::wmove(stdscr, row++, 0);
        for (const Span& span : line) {
            const Appearance appearance = appearance_of(span.look);
            const bool has_pair = ::has_colors() && COLORS > 0;
            const attr_t selected = span.is_selected ? A_REVERSE | A_BOLD : A_NORMAL;
            (void)::wattr_set(stdscr, appearance.attributes ^ selected,
                              has_pair ? appearance.pair : short{0}, nullptr);
            const std::wstring text = wide(span.text);
            (void)::waddnwstr(stdscr, text.c_str(), static_cast<int>(text.size()));
        }
    }
    (void)::wattr_set(stdscr, A_NORMAL, 0, nullptr);
    (void)::curs_set(frame.cursor ? 1 : 0);
    const auto last = static_cast<int>(frame.lines.size()) - 1;
    (void)::wmove(stdscr, std::max(0, last), frame.cursor ? static_cast<int>(*frame.cursor) : 0);
    (void)::wrefresh(stdscr);
    shown_ = frame;
}

std::optional<Key> Screen::next_key() {
    wint_t character = 0;
    for (;;) {
        const int kind = ::wget_wch(stdscr, &character);
        if (kind == ERR)
            return std::nullopt;
        if (kind == KEY_CODE_YES) {
            if (const auto code = function_key(character))
                return Key{*code};
        } else if (character == kRedraw) {
            (void)::clearok(curscr, TRUE);
            (void)::wrefresh(stdscr);
        } else if (auto key = character_key(character)) {
            return key;
        }
    }
}

}  // namespace oomguard::ctl::top
