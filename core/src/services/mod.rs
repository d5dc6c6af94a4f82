//! Small things that nodes do with messages: batches of prints, statistics of PINGs, packets as
//! pcap.

mod pcap;
mod ping;
mod print;

pub use pcap::{OtherLinkType, Pcap};
pub use ping::{PingStatistics, Series};
pub use print::{PRINT_BATCH, PRINT_DELAY, PrintBuffer};
