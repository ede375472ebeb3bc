// Bytes from the wire. What is refused leaves a reason; what a client may send survives its own
// encoding; and the session holds its laws whatever comes.
#include <algorithm>
#include <cstdlib>

#include "GeFaceCore/Client.h"
#include "Wire.h"

static void Require(bool holds) {
    if (!holds) std::abort();
}

// An input is one message or, after the byte 0xff, several: each a length in 2 bytes and its bytes.
static std::vector<geface::ByteView> Split(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || data[0] != 0xff) return {{data, size}};
    std::vector<geface::ByteView> parts;
    for (std::size_t at = 1; at + 2 <= size && parts.size() < 64;) {
        const std::size_t wanted = std::size_t{data[at]} << 8 | data[at + 1];
        const std::size_t length = std::min(wanted, size - at - 2);
        parts.push_back({data + at + 2, length});
        at += 2 + length;
    }
    return parts;
}

static void Decoding(geface::ByteView bytes) {
    geface::Message message;
    geface::Error error;
    const geface::Decoded decoded = geface::Decode(bytes, message, error);
    Require((decoded == geface::Decoded::Refused) == (error.kind != geface::ErrorKind::None));
    if (decoded != geface::Decoded::Taken) return;
    const Bytes canonical = wire::EncodeAny(message);
    geface::Message again;
    Require(geface::Decode(View(canonical), again, error) == geface::Decoded::Taken);
    Require(wire::EncodeAny(again) == canonical);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    geface::ClientConfig config;
    config.jitter = {0.02, true, 8, 1.0};
    geface::Client client(config);
    client.Start();
    Require(client.Tick(0) == geface::Action::Connect);
    client.Opened(0);
    double time_s = 0.0;
    Bytes sent;
    for (const geface::ByteView bytes : Split(data, size)) {
        Decoding(bytes);
        client.Received(bytes, time_s += 0.01);
        client.Tick(time_s);
        for (std::size_t i = 0; i < 16; ++i) {
            if (const geface::Shown* shown = client.Show(i, time_s)) {
                Require(shown->channels.size() == client.Greeting()->channels.size());
            }
        }
        while (client.TakeOutgoing(sent)) Require(!sent.empty());
    }
    return 0;
}
