// SPDX-License-Identifier: MIT
#include "interface.hpp"

#include <regex>

namespace oomguard::test {
namespace {

std::string attribute(const std::string& tag, const std::string& name) {
    const std::string begin = " " + name + "=\"";
    const std::size_t at = tag.find(begin);
    if (at == std::string::npos)
        return "";
    const std::size_t from = at + begin.size();
    return tag.substr(from, tag.find('"', from) - from);
}

std::string element(const std::string& tag) {
    return tag.substr(1, tag.find_first_of(" />", 2) - 1);
}

}  // namespace

std::string Member::signature() const {
    if (kind == "property")
        return type;
    std::string in;
    std::string out;
    for (const Argument& argument : arguments) {
        if (argument.is_out)
            out += (out.empty() ? " -> " : ", ") + argument.type;
        else
            in += (in.empty() ? "" : ", ") + argument.type + " " + argument.name;
    }
    return "(" + in + ")" + out;
}

std::string Member::text() const {
    std::string text = kind + " " + name + " " + type;
    for (const Argument& argument : arguments)
        text += (argument.is_out ? " out:" : " ") + argument.type;
    return kind == "property" ? text + " changes:" + emits_changed : text;
}

std::vector<Member> members_of(const std::string& xml, const std::string& interface) {
    static const std::regex kComment("<!--[^]*?-->");
    static const std::regex kTag("<[/a-z][^>]*>");
    const std::string text = std::regex_replace(xml, kComment, "");
    std::vector<Member> members;
    bool is_inside = false;
    for (std::sregex_iterator at(text.begin(), text.end(), kTag), end; at != end; ++at) {
        const std::string tag = at->str();
        const std::string kind = element(tag);
        const std::string name = attribute(tag, "name");
        if (kind == "interface")
            is_inside = name == interface;
        if (!is_inside)
            continue;
        if (kind == "method" || kind == "signal" || kind == "property")
            members.push_back({kind, name, attribute(tag, "type"), {}});
        else if (kind == "arg")
            members.back().arguments.push_back(
                {name, attribute(tag, "type"), attribute(tag, "direction") == "out"});
        else if (kind == "annotation" && name.ends_with(".EmitsChangedSignal"))
            members.back().emits_changed = attribute(tag, "value");
    }
    return members;
}

}  // namespace oomguard::test
