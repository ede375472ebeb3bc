// Files, hexadecimal, and the server's side of the wire, which the plugin itself never writes.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "GeFaceCore/Messages.h"
#include "GeFaceCore/Msgpack.h"

using Bytes = std::vector<std::uint8_t>;

inline geface::ByteView View(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }

inline std::string ReadText(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Bytes FromHex(const std::string& hex) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

namespace wire {

using geface::msgpack::Writer;

inline void Begin(Writer& w, const char* type, std::size_t fields) {
    w.Map(fields + 1);
    w.String("type");
    w.String(type);
}

inline void Text(Writer& w, const char* key, const std::string& value) {
    w.String(key);
    w.String(value);
}

inline void Number(Writer& w, const char* key, double value) {
    w.String(key);
    w.Number(value);
}

inline void Integer(Writer& w, const char* key, std::int64_t value) {
    w.String(key);
    w.Integer(static_cast<std::uint64_t>(value));
}

inline Bytes Encode(const geface::Hello& m) {
    Writer w;
    Begin(w, "hello", 9);
    w.String("version");
    w.Array(2);
    w.Integer(static_cast<std::uint64_t>(m.major));
    w.Integer(static_cast<std::uint64_t>(m.minor));
    Text(w, "session", m.session);
    Text(w, "layout_id", m.layout_id);
    w.String("channels");
    w.Array(m.channels.size());
    for (const geface::Channel& channel : m.channels) {
        w.Array(4);
        w.String(channel.name);
        w.String(channel.unit);
        w.Number(channel.low);
        w.Number(channel.high);
    }
    w.String("subjects");
    w.Array(m.subjects.size());
    for (const std::string& subject : m.subjects) w.String(subject);
    Text(w, "source", m.source);
    Number(w, "rate_hz", m.rate_hz);
    Text(w, "server", m.server);
    Text(w, "server_version", m.server_version);
    return w.Take();
}

inline Bytes Encode(const geface::Frame& m) {
    Writer w;
    Begin(w, "frame", 7);
    Integer(w, "sequence", m.sequence);
    Integer(w, "subject", m.subject);
    Number(w, "time_s", m.time_s);
    Number(w, "captured_at_s", m.captured_at_s);
    w.String("valid");
    w.Boolean(m.valid);
    Number(w, "confidence", m.confidence);
    w.String("channels");
    // The machines that run these tests are little-endian, as the wire is.
    w.Binary({reinterpret_cast<const std::uint8_t*>(m.channels.data()), 4 * m.channels.size()});
    return w.Take();
}

inline Bytes Encode(const geface::Status& m) {
    static const char* const levels[] = {"info", "warning", "error"};
    Writer w;
    Begin(w, "status", 2);
    Text(w, "level", levels[static_cast<int>(m.level)]);
    Text(w, "text", m.text);
    return w.Take();
}

inline Bytes Encode(const geface::Dropped& m) {
    Writer w;
    Begin(w, "dropped", 3);
    Integer(w, "subject", m.subject);
    Integer(w, "first_sequence", m.first_sequence);
    Integer(w, "count", m.count);
    return w.Take();
}

inline Bytes Encode(const geface::Pong& m) {
    Writer w;
    Begin(w, "pong", 3);
    Number(w, "client_time_s", m.client_time_s);
    Number(w, "received_at_s", m.received_at_s);
    Number(w, "sent_at_s", m.sent_at_s);
    return w.Take();
}

inline Bytes Encode(std::monostate) { return {}; }

template <typename M>
Bytes Encode(const M& message) {
    return geface::Encode(geface::ClientMessage(message));
}

template <std::size_t I = 0>
Bytes EncodeAny(const geface::Message& message) {
    if constexpr (I < std::variant_size_v<geface::Message>) {
        if (const auto* m = std::get_if<I>(&message)) return Encode(*m);
        return EncodeAny<I + 1>(message);
    } else {
        return {};
    }
}

}  // namespace wire
