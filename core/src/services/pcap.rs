//! Received packets as a pcap file (2§2).

use thiserror::Error;

use crate::data::Packet;

/// The magic number of files with microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;
/// The longest packet that the header promises; more than any that fits a message.
const SNAP_LENGTH: u32 = 1 << 30;
/// How libpcap numbers raw IP in memory, on Linux and BSD, and in files.
const RAW: ([u32; 2], u32) = ([12, 14], 101);

/// Writes packets as a classic pcap file, little-endian, with microseconds.
///
/// A file has one link type; packets of another belong in another file.
///
/// ```
/// use brocomm::data::{Name, Packet};
/// use brocomm::services::Pcap;
///
/// let data = vec![0; 60].into();
/// let packet = Packet { sec: 1, usec: 2, len: 60, link_type: 1, tag: Name::new(), data };
/// let (pcap, mut file) = (Pcap::new(packet.link_type), Vec::new());
/// pcap.header(&mut file);
/// pcap.packet(&packet, &mut file)?;
/// assert_eq!(file.len(), 24 + 16 + 60);
/// # Ok::<(), brocomm::services::OtherLinkType>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pcap {
    link_type: u32,
}

impl Pcap {
    /// Makes a writer for packets of this link type, as packets carry it.
    pub fn new(link_type: u32) -> Pcap {
        Pcap { link_type }
    }

    /// Appends the header of the file.
    pub fn header(&self, out: &mut Vec<u8>) {
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
    /// [`OtherLinkType`] if it is not of the file's link type; nothing is appended then.
    pub fn packet(&self, packet: &Packet, out: &mut Vec<u8>) -> Result<(), OtherLinkType> {
        if packet.link_type != self.link_type {
            return Err(OtherLinkType { packet: packet.link_type, file: self.link_type });
        }
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        // A peer may claim any microseconds, and less than it sends.
        let sec = packet.sec.saturating_add(packet.usec / 1_000_000);
        let (usec, length) = (packet.usec % 1_000_000, packet.len.max(captured));
        for word in [sec, usec, captured, length] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&packet.data);
        Ok(())
    }
}

/// Says that a packet does not belong in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("packet of link type {packet} in a file of link type {file}")]
pub struct OtherLinkType {
    /// The packet's link type.
    pub packet: u32,
    /// The file's.
    pub file: u32,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::data::Name;

    fn packet(usec: u32, len: u32) -> Packet {
        let data = Bytes::from_static(b"abcd");
        Packet { sec: 7, usec, len, link_type: 1, tag: Name::new(), data }
    }

    fn written(packet: &Packet) -> String {
        let mut out = Vec::new();
        Pcap::new(1).packet(packet, &mut out).unwrap();
        hex::encode(out)
    }

    #[test]
    fn files_are_those_of_libpcap() {
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
    fn a_peers_claims_do_no_harm() {
        assert_eq!(written(&packet(1_000_005, 2)), "0800000005000000040000000400000061626364");
        let mut out = Vec::new();
        let error = Pcap::new(113).packet(&packet(0, 0), &mut out);
        assert_eq!(error, Err(OtherLinkType { packet: 1, file: 113 }));
        assert!(out.is_empty());
    }
}
