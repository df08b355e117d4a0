// SPDX-License-Identifier: MIT
#include "support/notify_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

namespace oomguard::test {
namespace {

std::vector<std::string> lines_of(const std::string& message) {
    std::vector<std::string> lines;
    std::istringstream stream(message);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

sys::UniqueFd listen_at(const std::string& path) {
    sys::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        throw std::length_error(path);
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        throw std::system_error(errno, std::generic_category(), path);
    return socket;
}

/// A process that puts every message into the pipe, a NUL after each.
Child start_relay(const std::string& path, const Pipe& pipe) {
    constexpr int kPipeSize = 1 << 20;
    ::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, kPipeSize);
    const sys::UniqueFd socket = listen_at(path);
    return detail::fork_running([&] {
        std::array<char, 65'536> buffer{};
        while (true) {
            const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size() - 1, 0);
            if (size < 0)
                continue;
            buffer.at(static_cast<std::size_t>(size)) = '\0';
            if (::write(pipe.write_end.get(), buffer.data(), static_cast<std::size_t>(size) + 1) <
                0)
                return 1;
        }
    });
}

}  // namespace

NotifySocket::NotifySocket(std::string path)
    : path_(std::move(path)), relayed_(make_pipe()), relay_(start_relay(path_, relayed_)) {
    relayed_.write_end = {};
    ::fcntl(fd(), F_SETFL, O_NONBLOCK);
}

const std::vector<std::string>& NotifySocket::messages() {
    receive();
    return messages_;
}

std::size_t NotifySocket::count(const std::string& assignment) {
    receive();
    return static_cast<std::size_t>(
        std::count_if(messages_.begin(), messages_.end(), [&](const std::string& message) {
            const auto lines = lines_of(message);
            return std::find(lines.begin(), lines.end(), assignment) != lines.end();
        }));
}

std::string NotifySocket::status() {
    const std::string key = "STATUS=";
    std::string latest;
    for (const auto& message : messages()) {
        for (const auto& line : lines_of(message)) {
            if (line.starts_with(key))
                latest = line.substr(key.size());
        }
    }
    return latest;
}

void NotifySocket::receive() {
    std::array<char, 65'536> buffer{};
    ssize_t size = 0;
    while ((size = ::read(fd(), buffer.data(), buffer.size())) > 0)
        partial_.append(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = partial_.find('\0'); end != std::string::npos; end = partial_.find('\0')) {
        messages_.push_back(partial_.substr(0, end));
        partial_.erase(0, end + 1);
    }
}

}  // namespace oomguard::test
