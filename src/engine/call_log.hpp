#pragma once

#include "message/event.hpp"

namespace baton::engine {

/// A line of the log for a step of a transfer, with its ids: at level info where it ended otherwise
/// than connected, else at level debug. No number is in it.
void log_step(const message::TransferView& transfer);

/// A line for a fault of ours: transfers took ways that the table of states does not have.
/// `transfer` is the one that moved last.
void log_illegal_move(const message::TransferView& transfer);

}  // namespace baton::engine
