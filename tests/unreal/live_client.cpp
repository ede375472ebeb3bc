// A program that follows a real server: live_client PORT FRAMES [gain CHANNEL FACTOR]
//
// Connects to 127.0.0.1, drives geface::Client as the plugin does, prints what it hears, one record
// a line (tab-separated; floats in hexadecimal, so that nothing is lost), and ends after so many
// frames or 60 s. The websocket below is the least that RFC 6455 asks of a client, for this test.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "GeFaceCore/Client.h"
#include "Wire.h"

namespace {

double Now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

class WebSocket {
public:
    ~WebSocket() { Close(); }

    bool Open(int port) {
        Close();
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socket_ = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            return false;
        }
        const std::string request =
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " +
            geface::kSubprotocol + "\r\n\r\n";
        if (!Write(request.data(), request.size())) return false;
        while (received_.find("\r\n\r\n") == std::string::npos) {
            if (!Read(5000)) return false;
        }
        const std::string answer = received_.substr(0, received_.find("\r\n\r\n"));
        received_.erase(0, answer.size() + 4);
        // The answer to this very key is worked out in RFC 6455, 1.3.
        return answer.rfind("HTTP/1.1 101", 0) == 0 &&
               answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos &&
               answer.find(geface::kSubprotocol) != std::string::npos;
    }

    void Close() {
        if (socket_ >= 0) close(socket_);
        socket_ = -1;
        received_.clear();
    }

    bool Send(int opcode, const std::uint8_t* data, std::size_t size) {
        std::string frame(1, static_cast<char>(0x80 | opcode));
        if (size < 126) {
            frame.push_back(static_cast<char>(0x80 | size));
        } else {
            frame.push_back(static_cast<char>(0x80 | 126));
            frame.push_back(static_cast<char>(size >> 8));
            frame.push_back(static_cast<char>(size));
        }
        frame.append(4, '\0');  // a mask of zeros
        frame.append(reinterpret_cast<const char*>(data), size);
        return Write(frame.data(), frame.size());
    }

    // The next data message, if one comes in time; answers pings. False when the socket is closed,
    // then `code` says how.
    bool Receive(int timeout_ms, int& opcode, Bytes& message, int& code) {
        opcode = 0;
        if (!Whole() && !Read(timeout_ms)) {
            code = 1006;
            return false;
        }
        if (!Whole()) return true;
        opcode = received_[0] & 0x0f;
        const std::size_t head = HeadSize();
        message.assign(received_.begin() + static_cast<long>(head),
                       received_.begin() + static_cast<long>(head + PayloadSize()));
        received_.erase(0, head + message.size());
        if (opcode == 9) return Send(10, message.data(), message.size());
        code = message.size() >= 2 ? message[0] << 8 | message[1] : 1005;
        return opcode != 8;
    }

private:
    std::size_t Byte(std::size_t i) const { return static_cast<unsigned char>(received_[i]); }
    std::size_t HeadSize() const {
        const std::size_t size = Byte(1) & 0x7f;
        return size < 126 ? 2 : size == 126 ? 4 : 10;
    }
    std::size_t PayloadSize() const {
        std::size_t size = Byte(1) & 0x7f;
        if (size < 126) return size;
        size = 0;
        for (std::size_t i = 2; i < HeadSize(); ++i) size = size << 8 | Byte(i);
        return size;
    }
    bool Whole() const {
        return received_.size() >= 2 && received_.size() >= HeadSize() &&
               received_.size() >= HeadSize() + PayloadSize();
    }

    bool Write(const char* data, std::size_t size) {
        return send(socket_, data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
    }

    // False when the socket is closed; nothing may come within the time.
    bool Read(int timeout_ms) {
        pollfd ready{socket_, POLLIN, 0};
        if (poll(&ready, 1, timeout_ms) <= 0) return true;
        char buffer[65536];
        const ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
        if (count <= 0) return false;
        received_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }

    int socket_ = -1;
    std::string received_;
};

void PrintHello(const geface::Hello& hello) {
    std::printf("hello\t%s\t%s\t%zu", hello.session.c_str(), hello.layout_id.c_str(),
                hello.subjects.size());
    for (const geface::Channel& channel : hello.channels) std::printf("\t%s", channel.name.c_str());
    std::puts("");
}

void PrintShown(const geface::Shown& shown) {
    std::printf("shown\t%lld\t%a\t%d\t%a", static_cast<long long>(shown.sequence), shown.time_s,
                shown.valid, shown.confidence);
    for (const double channel : shown.channels) std::printf("\t%a", channel);
    std::puts("");
}

// What the wire brought, before anything is faded.
void PrintFrame(geface::ByteView bytes) {
    geface::Message message;
    geface::Error error;
    geface::Decode(bytes, message, error);
    const auto* frame = std::get_if<geface::Frame>(&message);
    if (frame == nullptr) return;
    std::printf("frame\t%lld\t%a\t%a\t%d\t%a", static_cast<long long>(frame->sequence),
                frame->time_s, frame->captured_at_s, frame->valid, frame->confidence);
    for (const float channel : frame->channels) std::printf("\t%a", static_cast<double>(channel));
    std::puts("");
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3 && count != 6) {
        std::puts("live_client PORT FRAMES [gain CHANNEL FACTOR]");
        return 2;
    }
    const std::int64_t frames = std::atoll(arguments[2]);
    WebSocket socket;
    geface::ClientConfig config;
    config.mode = geface::Mode::All;
    geface::Client client(config);
    client.Start();
    int schema = 0, code = 0, opcode = 0;
    std::int64_t heard = 0, last = -1;
    Bytes message;
    const double end_s = Now() + 60.0;
    while (heard < frames && Now() < end_s && client.State() != geface::ClientState::Refused) {
        if (client.Tick(Now()) == geface::Action::Connect) {
            if (socket.Open(std::atoi(arguments[1]))) {
                client.Opened(Now());
            } else {
                client.Closed(1006, Now());
            }
        }
        if (client.State() == geface::ClientState::Pausing) {
            usleep(20000);
            continue;
        }
        if (!socket.Receive(10, opcode, message, code)) {
            client.Closed(code, Now());
            std::printf("closed\t%d\n", code);
            socket.Close();
            continue;
        }
        if (opcode == 2) {
            PrintFrame(View(message));
            client.Received(View(message), Now());
        }
        if (opcode == 1) client.ReceivedText(Now());
        if (client.Schema() != schema) {
            schema = client.Schema();
            PrintHello(*client.Greeting());
            if (count == 6) client.Send(geface::Gain{arguments[4], std::atof(arguments[5])});
        }
        while (client.TakeOutgoing(message)) socket.Send(2, message.data(), message.size());
        for (const geface::Status& status : client.TakeStatus()) {
            std::printf("status\t%d\t%s\n", static_cast<int>(status.level), status.text.c_str());
        }
        const geface::Shown* shown = client.Show(0, Now());
        if (shown != nullptr && shown->sequence != last && client.Connection().Received() > 0) {
            last = shown->sequence;
            PrintShown(*shown);
            ++heard;
        }
    }
    const geface::Session& session = client.Connection();
    std::printf("end\t%lld\t%lld\t%a\t%a\t%s\n", static_cast<long long>(session.Received()),
                static_cast<long long>(session.Missed()),
                session.Clock().OffsetS().value_or(1e9), session.Clock().RoundTripS().value_or(1e9),
                client.Reason().c_str());
    return heard >= frames ? 0 : 1;
}
