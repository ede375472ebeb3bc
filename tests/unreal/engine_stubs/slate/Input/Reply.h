#pragma once

class FReply {
public:
    static FReply Handled() { return FReply(true); }
    static FReply Unhandled() { return FReply(false); }
    bool IsEventHandled() const { return handled_; }

private:
    explicit FReply(bool handled) : handled_(handled) {}
    bool handled_;
};
