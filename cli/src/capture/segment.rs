//! TCP segments in captured packets.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

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
    /// Returns whether a link type is supported.
    pub(super) const fn is_read_of(link_type: i32) -> bool {
        matches!(link_type, 0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276)
    }

    /// Parses the segment in a packet with this link type. Returns `None` if it is not TCP or if it
    /// is an IP fragment.
    pub(super) fn of(link_type: i32, packet: &'a [u8]) -> Option<Segment<'a>> {
        let after = |header: usize| packet.get(header..).unwrap_or_default();
        let packet = match link_type {
            1 => LaxSlicedPacket::from_ethernet(packet).ok()?,
            // BSD loopback, with a word for the address family.
            0 | 108 => LaxSlicedPacket::from_ip(after(4)).ok()?,
            // Raw IP. Its number differs between systems.
            12 | 14 | 101 | 228 | 229 => LaxSlicedPacket::from_ip(packet).ok()?,
            // Linux "cooked" capture: the protocol is at the end (version 1) or at the start
            // (version 2) of the header.
            113 => LaxSlicedPacket::from_ether_type(ether_type(packet, 14)?, after(16)),
            276 => LaxSlicedPacket::from_ether_type(ether_type(packet, 0)?, after(20)),
            _ => return None,
        };
        let (from, to): (IpAddr, IpAddr) = match packet.net.as_ref()? {
            LaxNetSlice::Ipv4(ip) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            LaxNetSlice::Ipv6(ip) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            LaxNetSlice::Arp(_) => return None,
        };
        let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return None };
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
}

fn ether_type(packet: &[u8], at: usize) -> Option<EtherType> {
    let bytes = packet.get(at..at.checked_add(2)?)?;
    Some(EtherType(u16::from_be_bytes(bytes.try_into().ok()?)))
}
