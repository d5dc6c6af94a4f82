//! TCP segments in captured packets.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpNumber, LaxIpSlice, TcpSlice};

/// A TCP segment.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    /// The acknowledgement number, if the segment has one.
    pub(super) acknowledged: Option<u32>,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
}

impl<'a> Segment<'a> {
    /// Parses a segment between two addresses.
    pub(super) fn of([from, to]: [IpAddr; 2], segment: &'a [u8]) -> Option<Segment<'a>> {
        let tcp = TcpSlice::from_slice(segment).ok()?;
        Some(Segment {
            from: SocketAddr::new(from, tcp.source_port()),
            to: SocketAddr::new(to, tcp.destination_port()),
            sequence: tcp.sequence_number(),
            acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            payload: tcp.payload(),
        })
    }

    /// Returns whether it is sent from or to a port.
    pub(super) fn has_port(&self, port: u16) -> bool {
        [self.from.port(), self.to.port()].contains(&port)
    }
}

/// Parses an IP packet that contains a TCP segment or a fragment of one.
pub(super) fn tcp(packet: &[u8]) -> Option<LaxIpSlice<'_>> {
    let (ip, _) = LaxIpSlice::from_slice(packet).ok()?;
    (ip.payload().ip_number == IpNumber::TCP).then_some(ip)
}
