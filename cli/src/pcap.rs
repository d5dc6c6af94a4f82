//! Received packets as a pcap file (2§2).

use std::fmt;

use brocomm::lowlevel::serial::Packet;

/// The magic number of files with microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;
/// The snapshot length in the header, larger than any packet in a message.
const SNAP_LENGTH: u32 = 1 << 30;
/// The numbers of raw IP in libpcap: in memory on Linux and BSD, and in files.
const RAW: ([u32; 2], u32) = ([12, 14], 101);

/// Writes packets as a classic pcap file, little-endian, with microseconds.
///
/// A file has one link type. Packets with another one need another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pcap {
    link_type: u32,
}

impl Pcap {
    /// Creates a writer for packets with this link type, as in the messages.
    pub(crate) fn new(link_type: u32) -> Pcap {
        Pcap { link_type }
    }

    /// Appends the header of the file.
    pub(crate) fn header(&self, out: &mut Vec<u8>) {
        let (raw, in_files) = RAW;
        let link_type = if raw.contains(&self.link_type) { in_files } else { self.link_type };
        // Version 2.4; no offset from UTC.
        for word in [MAGIC, 4 << 16 | 2, 0, 0, SNAP_LENGTH, link_type] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// Appends a packet.
    ///
    /// # Errors
    /// [`OtherLinkType`] if the link type differs from the file's. Nothing is appended then.
    pub(crate) fn packet(&self, packet: &Packet, out: &mut Vec<u8>) -> Result<(), OtherLinkType> {
        if packet.link_type != self.link_type {
            return Err(OtherLinkType { packet: packet.link_type, file: self.link_type });
        }
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        // A peer may send invalid microseconds, and a length below that of the data.
        let sec = packet.sec.saturating_add(packet.usec / 1_000_000);
        let (usec, length) = (packet.usec % 1_000_000, packet.len.max(captured));
        for word in [sec, usec, captured, length] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&packet.data);
        Ok(())
    }
}

/// The link type of a packet differs from the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherLinkType {
    /// The packet's link type.
    packet: u32,
    /// The file's.
    file: u32,
}

impl fmt::Display for OtherLinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packet of link type {} in a file of link type {}", self.packet, self.file)
    }
}

#[cfg(test)]
mod tests {
    use brocomm::data::Name;
    use brocomm::lowlevel::connection::Observer;
    use brocomm::lowlevel::serial::Serial;
    use brocomm::lowlevel::wire::Framing;
    use brocomm_conformance::{StepKind, sessions};

    use super::*;

    fn packet(usec: u32, len: u32) -> Packet {
        let data = b"abcd".to_vec().into();
        Packet { sec: 7, usec, len, link_type: 1, tag: Name::new(), data }
    }

    fn written(packet: &Packet) -> String {
        let mut out = Vec::new();
        Pcap::new(1).packet(packet, &mut out).unwrap();
        hex::encode(out)
    }

    #[test]
    fn files_have_the_format_of_libpcap() {
        let mut out = Vec::new();
        Pcap::new(1).header(&mut out);
        assert_eq!(
            hex::encode(&out),
            "d4c3b2a1020004000000000000000000000000400 1000000".replace(' ', "")
        );
        for raw in [12, 14] {
            out.clear();
            Pcap::new(raw).header(&mut out);
            assert_eq!(out[20..], 101u32.to_le_bytes());
        }
        assert_eq!(written(&packet(5, 60)), "0700000005000000040000003c00000061626364");
    }

    #[test]
    fn wrong_lengths_from_a_peer_are_harmless() {
        assert_eq!(written(&packet(1_000_005, 2)), "0800000005000000040000000400000061626364");
        let mut out = Vec::new();
        let error = Pcap::new(113).packet(&packet(0, 0), &mut out);
        assert_eq!(error, Err(OtherLinkType { packet: 1, file: 113 }));
        assert!(out.is_empty());
    }

    #[test]
    fn recorded_packets_are_written_to_a_file() {
        let sessions = sessions();
        let session = sessions.iter().find(|session| session.name() == "bro-bro-packets").unwrap();
        let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
        let (pcap, mut file, mut number) = (Pcap::new(1), Vec::new(), 0);
        pcap.header(&mut file);
        for step in session.recording().unwrap().steps {
            let StepKind::Data { from, bytes } = step.kind else { continue };
            observer.feed(from.role(), &bytes);
            while let Some(observed) = observer.poll() {
                if let Some(Ok(Serial::Packet(packet))) = observed.serial {
                    pcap.packet(&packet, &mut file).unwrap();
                    number += 1;
                }
            }
        }
        assert!(number > 10);
        // The lengths lead from packet to packet, to the end.
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let (mut at, mut times) = (24, Vec::new());
        while at < file.len() {
            times.push((word(at), word(at + 4)));
            assert_eq!(word(at + 8), word(at + 12));
            at += 16 + usize::try_from(word(at + 8)).unwrap();
        }
        assert_eq!((at, times.len()), (file.len(), number));
        assert!(times.is_sorted());
        assert_eq!(times[0], (1_362_692_526, 939_084));
    }
}
