// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace oomguard::test {

/// What a terminal shows that was sent these bytes: the part of a VT100 and an xterm that ncurses
/// uses. The locale must be UTF-8.
class ScreenReader {
  public:
    struct Cell {
        std::string text = " ";  ///< a character; empty behind one that is two columns wide
        bool is_bold = false;
        bool is_reversed = false;
        int colour = 9;  ///< 0 to 7 as in SGR; 9: none
    };

    ScreenReader(std::size_t rows, std::size_t columns);

    void feed(std::string_view bytes);
    /// What is there stays where it is.
    void resize(std::size_t rows, std::size_t columns);

    /// Without the spaces at its end.
    [[nodiscard]] std::string line(std::size_t row) const;
    /// All lines, each with its newline.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] const Cell& cell(std::size_t row, std::size_t column) const {
        return cells_.at(row).at(column);
    }
    /// The first line that contains the text; the number of lines if none does.
    [[nodiscard]] std::size_t row_of(std::string_view text) const;
    [[nodiscard]] bool is_alternate() const { return is_alternate_; }
    [[nodiscard]] bool has_cursor() const { return has_cursor_; }
    /// Sequences that it does not know: there should be none.
    [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

  private:
    std::size_t consume(std::string_view bytes);
    std::size_t consume_escape(std::string_view bytes);
    std::size_t consume_character(std::string_view bytes);
    void control(char byte);
    void sequence(std::string_view parameters, char final);
    void move_to(std::size_t row, std::size_t column);
    void erase_line(std::size_t from, std::size_t to);
    void erase_screen(std::size_t mode);
    void edit(char final, std::size_t count);
    void attributes(const std::vector<std::size_t>& numbers);
    void modes(std::string_view parameters, bool is_set);
    void put(const std::string& character, std::size_t width);
    void scroll(bool is_up);

    std::vector<std::vector<Cell>> cells_;
    std::size_t columns_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
    std::size_t top_ = 0;
    std::size_t bottom_;
    bool must_wrap_ = false;
    bool is_alternate_ = false;
    bool has_cursor_ = true;
    Cell pen_;
    std::string last_ = " ";
    std::string rest_;
    std::vector<std::string> unknown_;
};

}  // namespace oomguard::test
