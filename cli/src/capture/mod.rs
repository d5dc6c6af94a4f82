//! Captures of packets, as `tcpdump` writes them: pcap and pcapng.

mod connections;
mod packets;
mod segment;
mod stream;

use std::io::Read;
use std::net::SocketAddr;

use brocomm_conformance::Step;

use connections::Connections;
use segment::Segment;

/// A TCP connection of a capture, put together from its packets.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) connector: SocketAddr,
    pub(crate) listener: SocketAddr,
    pub(crate) steps: Vec<Step>,
    /// What the capture lacks of each side's stream; what came after that is left out.
    pub(crate) gaps: Vec<String>,
}

/// Tells whether this is how a capture begins.
pub(crate) fn is_capture(start: &[u8]) -> bool {
    // pcap with micro- and nanoseconds in either order of bytes, and pcapng.
    const MAGICS: [[u8; 4]; 5] = [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    MAGICS.iter().any(|magic| start.starts_with(magic))
}

/// Reads the connections on a port out of a capture, in the order in which they begin.
///
/// All that they carry is held in memory.
///
/// # Errors
/// What is wrong with the file, or that it has no such connection, and on which ports it has any.
pub(crate) fn read(capture: impl Read + Send, port: u16) -> Result<Vec<Captured>, String> {
    let mut connections = Connections::new(port);
    let whole = packets::each(capture, &mut |time, link_type, packet| {
        if let Some(segment) = Segment::of(link_type, packet) {
            connections.take(time, &segment);
        }
    });
    let mut found = connections.finish()?;
    if let (Err(error), Some(last)) = (whole, found.last_mut()) {
        last.gaps.push(error);
    }
    Ok(found)
}
