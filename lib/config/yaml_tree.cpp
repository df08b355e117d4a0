// SPDX-License-Identifier: MIT
#include "config/yaml_tree.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/reader.hpp"
#include "config/yaml_text.hpp"

namespace oomguard::config {
namespace {

// The deepest of ours is 6. yaml-cpp recurses; its own guard stops at 500.
constexpr std::size_t kDeepest = 16;

/// Thrown through yaml-cpp to end the parse, after the error was reported.
struct Stop {};

Mark to_mark(const YAML::Mark& mark) {
    if (mark.is_null())
        return {};
    return {static_cast<unsigned>(mark.line) + 1, static_cast<unsigned>(mark.column) + 1};
}

/// The library's words are short and about its grammar; what an administrator needs to know is
/// what to change.
std::string explain(std::string_view text, const YAML::Exception& problem) {
    using Words = std::pair<std::string_view, std::string_view>;
    static constexpr std::string_view kReserved = "*&!%@`?";
    static const std::array kOurWords = {
        Words(YAML::ErrorMsg::MAP_VALUE,
              "\": \" cannot stand here: quote a text that has it, or add the \":\" that is "
              "missing before"),
        Words(YAML::ErrorMsg::END_OF_MAP,
              "this does not fit the lines above: check the indentation and the \":\" after a key"),
        Words(YAML::ErrorMsg::END_OF_SEQ,
              "this does not fit the list above: check the indentation and the \"- \""),
        Words(YAML::ErrorMsg::FLOW_END, "this closes another bracket than the one that is open"),
        Words(YAML::ErrorMsg::BLOCK_ENTRY, "a list entry cannot stand here: check the indentation"),
    };
    if (is_indented_by_tab(text, problem.mark.pos, problem.mark.column))
        return "a tab cannot indent: use spaces";
    const char here = char_at(text, problem.mark.pos);
    if (here != '\0' && kReserved.find(here) != std::string_view::npos)
        return must_be_quoted(here);
    const char before = char_at(text, problem.mark.pos - 1);
    if (before == '*' || before == '&')
        return must_be_quoted(before);
    const auto* const ours = std::find_if(kOurWords.begin(), kOurWords.end(),
                                          [&](const Words& w) { return w.first == problem.msg; });
    if (ours != kOurWords.end())
        return std::string(ours->second);
    return "not valid YAML: " + shown(problem.msg);
}

class TreeBuilder final : public YAML::EventHandler {
  public:
    TreeBuilder(std::string_view text, std::pmr::memory_resource& memory, Findings& findings)
        : text_(text), memory_(memory), findings_(findings) {}

    [[nodiscard]] const YamlNode& root() const { return root_; }

    /// Reports what ended the parse.
    void report(const YAML::Exception& problem) {
        // Only an escape is read on past the end.
        if (problem.mark.pos > static_cast<int>(text_.size())) {
            Mark end = to_mark(problem.mark);
            end.column -=
                static_cast<unsigned>(problem.mark.pos) - static_cast<unsigned>(text_.size());
            findings_.error(end, "the file ends within a quoted text");
            return;
        }
        const bool unclosed = problem.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ||
                              problem.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
        // The library notices at the end of the file or at the next key, far from the mistake.
        const auto open = std::find_if(open_.rbegin(), open_.rend(),
                                       [](const Open& o) { return o.bracket != '\0'; });
        if (unclosed && open != open_.rend())
            findings_.error(open->node.mark, std::string("this '") + open->bracket +
                                                 "' is not closed, or a \",\" after an entry of "
                                                 "it is missing");
        else
            findings_.error(to_mark(problem.mark), explain(text_, problem));
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ == 0)
            return;
        const bool marked = char_at(text_, mark.pos) == '-' && mark.column == 0;
        fail(mark, marked ? "a second document is not supported: remove the line \"---\""
                          : "this does not belong to what is above: check the indentation");
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        YamlNode node = make(YamlNode::Kind::Null, mark, "", anchor);
        if (!open_.empty())
            node.mark = mark_of_nothing(mark);
        add(node);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        findings_.error(to_mark(mark), must_be_quoted('*'));
        add(make(YamlNode::Kind::Invalid, mark, "", 0));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        YamlNode node = make(YamlNode::Kind::Scalar, mark, tag, anchor);
        const char first = char_at(text_, mark.pos);
        const bool in_quotes = first == '"' || first == '\'';
        if (in_quotes && !is_quote_closed(text_, static_cast<std::size_t>(mark.pos)))
            fail(mark, "the closing quote of this text is missing");
        if (value.find('\0') != std::string::npos) {
            findings_.error(node.mark, "a text cannot hold a NUL byte");
            node.kind = YamlNode::Kind::Invalid;
        }
        node.quoted = in_quotes || first == '|' || first == '>';
        node.text = kept(value, mark, in_quotes);
        add(node);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(mark, make(YamlNode::Kind::Sequence, mark, tag, anchor));
    }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(mark, make(YamlNode::Kind::Map, mark, tag, anchor));
    }

    void OnSequenceEnd() override { close(); }

    void OnMapEnd() override {
        report_duplicate_keys(std::span(entries_).subspan(open_.back().first_child), findings_);
        close();
    }

  private:
    /// A list or map that has not ended. Of a map, the key whose value is to come.
    struct Open {
        YamlNode node;
        char bracket = '\0';          ///< the one it began with, if any
        std::size_t first_child = 0;  ///< in items_ or entries_
        bool has_key = false;
        YamlNode key;
    };

    [[noreturn]] void fail(const YAML::Mark& mark, std::string message) {
        findings_.error(to_mark(mark), std::move(message));
        throw Stop();
    }

    YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor) {
        YamlNode node;
        node.kind = kind;
        node.mark = to_mark(mark);
        // "?" and "!" are what the library calls plain and quoted values without a tag.
        const bool tagged = !(tag.empty() || tag == "?" || tag == "!");
        if (anchor != YAML::NullAnchor)
            findings_.error(node.mark, must_be_quoted('&'));
        else if (tagged || (kind != YamlNode::Kind::Null && char_at(text_, mark.pos) == '!'))
            findings_.error(node.mark, must_be_quoted('!'));
        return node;
    }

    /// The library puts a missing value where the next thing is, perhaps lines below.
    Mark mark_of_nothing(const YAML::Mark& mark) {
        const Open& parent = open_.back();
        if (parent.has_key)
            return parent.key.mark;
        Mark found = to_mark(mark);
        if (parent.node.kind == YamlNode::Kind::Sequence && parent.bracket == '\0') {
            found.column = parent.node.mark.column;
            found.line = line_of_dash(text_, static_cast<std::size_t>(mark.pos), found.line,
                                      found.column - 1);
        }
        return found;
    }

    void open(const YAML::Mark& mark, const YamlNode& node) {
        if (open_.size() == kDeepest)
            fail(mark, "lists and maps more than " + std::to_string(kDeepest) + " deep");
        const char bracket = node.kind == YamlNode::Kind::Map ? '{' : '[';
        const bool has_bracket = char_at(text_, mark.pos) == bracket;
        const bool is_map = node.kind == YamlNode::Kind::Map;
        open_.push_back({node,
                         has_bracket ? bracket : '\0',
                         is_map ? entries_.size() : items_.size(),
                         false,
                         {}});
    }

    void close() {
        YamlNode node = open_.back().node;
        const std::size_t first = open_.back().first_child;
        open_.pop_back();
        if (node.kind == YamlNode::Kind::Map) {
            node.count = entries_.size() - first;
            node.first_entry = keep(entries_, first);
        } else {
            node.count = items_.size() - first;
            node.first_item = keep(items_, first);
        }
        add(node);
    }

    /// Moves what is there from `first` on to the memory of the tree.
    template <typename T>
    const T* keep(std::vector<T>& children, std::size_t first) {
        static_assert(std::is_trivially_destructible_v<T>);
        const std::size_t count = children.size() - first;
        T* const kept = std::pmr::polymorphic_allocator<T>(&memory_).allocate(count);
        std::uninitialized_copy_n(children.data() + first, count, kept);
        children.resize(first);
        return kept;
    }

    /// The value in a memory that stays: most are written in the text as they are meant.
    std::string_view kept(const std::string& value, const YAML::Mark& mark, bool in_quotes) {
        const auto offset = static_cast<std::size_t>(mark.pos) + (in_quotes ? 1 : 0);
        const std::string_view written = text_.substr(std::min(offset, text_.size()), value.size());
        if (written == value)
            return written;
        char* const copy = std::pmr::polymorphic_allocator<char>(&memory_).allocate(value.size());
        std::copy(value.begin(), value.end(), copy);
        return {copy, value.size()};
    }

    void add(const YamlNode& node) {
        if (open_.empty()) {
            root_ = node;
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == YamlNode::Kind::Sequence) {
            items_.push_back(node);
        } else if (!parent.has_key) {
            if (node.kind != YamlNode::Kind::Scalar && node.kind != YamlNode::Kind::Invalid)
                findings_.error(node.mark, "a key must be a text, got " + describe(node));
            parent.has_key = true;
            parent.key = node;
        } else {
            parent.has_key = false;
            if (parent.key.kind == YamlNode::Kind::Scalar)
                entries_.push_back({parent.key.text, parent.key.mark, node});
        }
    }

    std::string_view text_;
    std::pmr::memory_resource& memory_;
    Findings& findings_;
    std::vector<Open> open_;
    // The children of what is open, the innermost's last.
    std::vector<YamlNode> items_;
    std::vector<YamlEntry> entries_;
    YamlNode root_;
    std::size_t documents_ = 0;
};

}  // namespace

std::optional<YamlTree> parse_yaml(std::string_view text, Findings& findings) {
    if (!check_text(text, findings))
        return std::nullopt;
    auto memory = std::make_unique<std::pmr::monotonic_buffer_resource>();
    TreeBuilder builder(text, *memory, findings);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return YamlTree{builder.root(), std::move(memory)};
    } catch (const Stop&) {
        return std::nullopt;
    } catch (const YAML::Exception& problem) {
        builder.report(problem);
    } catch (const std::exception& problem) {
        findings.error({}, "cannot be parsed: " + shown(problem.what()));
    }
    return std::nullopt;
}

}  // namespace oomguard::config
