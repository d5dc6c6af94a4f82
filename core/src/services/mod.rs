//! What is done with single messages, for a node or for whoever drives a connection: batches of
//! prints, statistics of PINGs, packets as pcap.
//!
//! Each stands by itself, knows nothing of connections, and is bytes and times in and out:
//!
//! | messages | here | of a node |
//! | --- | --- | --- |
//! | REMOTE_PRINT, to peers (§2.12, §6) | [`PrintBuffer`] | [`print`](crate::node::Communication::print) |
//! | PING and PONG (§2.8) | [`PingStatistics`] | [`ping_statistics`](crate::node::Communication::ping_statistics) |
//! | a SERIAL with a packet, from peers (2§2) | [`Pcap`] | [`Packet`](crate::node::Notification::Packet), to be written by the user |
//!
//! Whatever has a part of the specification for itself has a room for itself: [`logs`](crate::logs),
//! [`state`](crate::state).

mod pcap;
mod ping;
mod print;

pub use pcap::{OtherLinkType, Pcap};
pub use ping::{PingStatistics, Series};
pub use print::{PRINT_BATCH, PRINT_DELAY, PrintBuffer};
