//! Packet captures as `tcpdump` writes them: pcap and pcapng.

mod connection;
mod connections;
mod fragments;
mod link;
mod packets;
mod segment;
mod stream;

use std::io::Read;
use std::net::SocketAddr;
use std::ops::ControlFlow;

use brocomm_conformance::Step;

use connections::Connections;
use fragments::Fragments;
use segment::Segment;

/// A TCP connection reassembled from a capture.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) connector: SocketAddr,
    pub(crate) listener: SocketAddr,
    pub(crate) steps: Vec<Step>,
    /// The gaps in each side's stream. Data after a gap is left out.
    pub(crate) gaps: Vec<String>,
}

/// Returns whether a file that starts with these bytes is a capture.
pub(crate) fn is_capture(start: &[u8]) -> bool {
    packets::is_capture(start)
}

/// The maximum size of connections in memory, in bytes.
pub(crate) const MOST: usize = 1 << 30;

/// Returns the connections on a port in a capture, in the order of their start.
///
/// Holds their data in memory, up to [`MOST`] bytes. What exceeds that is left out and reported.
///
/// # Errors
/// The file is invalid, or has no such connection. The message names the ports with connections.
pub(crate) fn read(capture: impl Read + Send, port: u16) -> Result<Vec<Captured>, String> {
    read_within(MOST, capture, port)
}

fn read_within(most: usize, capture: impl Read + Send, port: u16) -> Result<Vec<Captured>, String> {
    let (mut connections, mut fragments) = (Connections::new(port), Fragments::default());
    let (mut is_full, mut unread, mut cut) = (false, None, 0_u64);
    let whole = packets::each(capture, &mut |time, link_type, frame| {
        if !link::is_supported(link_type) {
            unread.get_or_insert(link_type);
        }
        let Some(ip) = link::ip(link_type, frame).and_then(segment::tcp) else {
            return ControlFlow::Continue(());
        };
        let (ends, payload) = ([ip.source_addr(), ip.destination_addr()], ip.payload());
        let reassembled = if payload.fragmented { fragments.take(&ip) } else { None };
        let segment =
            if payload.fragmented { reassembled.as_deref() } else { Some(payload.payload) };
        if let Some(segment) = segment.and_then(|segment| Segment::of(ends, segment)) {
            cut += u64::from(payload.incomplete && segment.has_port(port));
            connections.take(time, &segment);
        }
        is_full = connections.held() > most;
        if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let mut problems: Vec<String> = whole.err().into_iter().collect();
    if let Some(link_type) = unread {
        problems.push(format!("packets of link type {link_type} are not supported"));
    }
    if cut > 0 {
        problems.push(format!("truncated packets: {cut}; capture with `tcpdump -s 0`"));
    }
    let lost = fragments.lost(port);
    if lost > 0 {
        problems.push(format!("packets with missing fragments: {lost}"));
    }
    if is_full {
        let why = format!("the capture has more than {most} bytes of connections");
        problems.push(format!("{why}; the rest is left out"));
    }
    let finished = connections.finish();
    let mut found =
        finished.map_err(|none| [vec![none], std::mem::take(&mut problems)].concat().join("; "))?;
    if let Some(last) = found.last_mut() {
        last.gaps.extend(problems);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use brocomm::data::Name;
    use brocomm::lowlevel::serial::Packet;
    use etherparse::PacketBuilder;

    use super::*;
    use crate::pcap::Pcap;

    /// Returns a capture with a SYN and data from both sides.
    fn capture() -> Vec<u8> {
        capture_of(101)
    }

    /// Returns the same with another link type.
    fn capture_of(link_type: u32) -> Vec<u8> {
        let (pcap, mut out) = (Pcap::new(link_type), Vec::new());
        pcap.header(&mut out);
        let frames = [(true, 100, &b""[..]), (false, 101, b"abc"), (false, 104, b"defg")];
        for (syn, sequence, payload) in frames {
            let ip = PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64);
            let tcp = ip.tcp(5000, 47757, sequence, 0);
            let tcp = if syn { tcp.syn() } else { tcp.ack(1) };
            let mut data = Vec::new();
            tcp.write(&mut data, payload).unwrap();
            let (len, data) = (u32::try_from(data.len()).unwrap(), data.into());
            let packet = Packet { sec: 1, usec: 2, len, link_type, tag: Name::new(), data };
            pcap.packet(&packet, &mut out).unwrap();
        }
        out
    }

    #[test]
    fn a_capture_without_connections_says_why() {
        let read = |capture: &[u8]| read(std::io::Cursor::new(capture.to_vec()), 47757);
        for link_type in [105, 147, 258] {
            let why = format!(
                "the capture has no TCP connection; packets of link type {link_type} are \
                 not supported"
            );
            assert_eq!(read(&capture_of(link_type)).unwrap_err(), why);
        }
        // Packets of a supported link type that are not TCP are skipped.
        let why = "the capture has no TCP connection";
        assert_eq!(read(&capture_of(1)).unwrap_err(), why);
        let cut = "; cannot read the rest of the capture: it ends in the middle of a packet";
        assert_eq!(read(&capture_of(1)[..50]).unwrap_err(), format!("{why}{cut}"));
    }

    #[test]
    fn a_capture_is_recognized_by_its_first_bytes() {
        assert!(is_capture(&capture()));
        assert!(!is_capture(b"{\"t\": 0}") && !is_capture(b""));
    }

    #[test]
    fn packets_have_a_maximum_length() {
        let long = |length: u32| {
            let (pcap, mut out) = (Pcap::new(101), capture());
            let data = vec![0; usize::try_from(length).unwrap()].into();
            let packet =
                Packet { sec: 1, usec: 2, len: length, link_type: 101, tag: Name::new(), data };
            pcap.packet(&packet, &mut out).unwrap();
            read(std::io::Cursor::new(out), 47757).unwrap().remove(0).gaps
        };
        assert_eq!(long(200_000), [""; 0]);
        let refused = ["cannot read the rest of the capture: a block has more than 1048576 bytes"];
        assert_eq!(long(2_000_000), refused);
    }

    #[test]
    fn a_capture_can_arrive_in_pieces() {
        /// Returns one byte per read.
        struct Slow(std::io::Cursor<Vec<u8>>);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let most = buffer.len().min(1);
                self.0.read(&mut buffer[..most])
            }
        }
        let read = read(Slow(std::io::Cursor::new(capture())), 47757).unwrap();
        assert_eq!((read[0].steps.len(), read[0].gaps.len()), (2, 0));
    }

    #[test]
    fn memory_is_limited() {
        let gaps = |most| {
            let read = read_within(most, std::io::Cursor::new(capture()), 47757).unwrap();
            (read[0].steps.len(), read[0].gaps.clone())
        };
        let all = gaps(10_000);
        assert_eq!(all, (2, vec![]));
        let warning = "the capture has more than 0 bytes of connections; the rest is left out";
        assert_eq!(gaps(0), (0, vec![warning.to_owned()]));
        // One connection with two pieces of three and four bytes.
        let most = 512 + 128 + 3 + 128 + 4;
        assert_eq!(gaps(most), all);
        let (steps, warnings) = gaps(most - 1);
        assert_eq!((steps, warnings.len()), (2, 1));
    }

    #[test]
    fn arbitrary_bytes_do_not_panic() {
        let good = capture();
        let read = |bytes: &[u8]| read(std::io::Cursor::new(bytes.to_vec()), 47757);
        assert_eq!(read(&good).unwrap()[0].steps.len(), 2);
        for length in 0..good.len() {
            let _ = read(&good[..length]);
        }
        for at in 0..good.len() {
            for value in [1, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= value;
                let _ = read(&bad);
            }
        }
    }
}
