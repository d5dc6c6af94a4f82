//! The IP packet in a captured frame.

/// Returns whether a link type is supported.
pub(super) const fn is_supported(link_type: i32) -> bool {
    matches!(link_type, 0 | 1 | 9 | 12 | 14 | 50 | 51 | 101 | 108 | 113 | 228 | 229 | 276)
}

/// Returns the IP packet in a frame with this link type, if there is one.
pub(super) fn ip(link_type: i32, frame: &[u8]) -> Option<&[u8]> {
    match link_type {
        1 => of_ether_type(word(frame, 12)?, frame.get(14..)?),
        // BSD loopback, with a word for the address family.
        0 | 108 => frame.get(4..),
        9 | 50 => ppp(frame),
        51 => pppoe(frame),
        // Raw IP. Its number differs between systems.
        12 | 14 | 101 | 228 | 229 => Some(frame),
        // Linux "cooked" capture: the protocol is at the end (version 1) or at the start
        // (version 2) of the header.
        113 => of_ether_type(word(frame, 14)?, frame.get(16..)?),
        276 => of_ether_type(word(frame, 0)?, frame.get(20..)?),
        _ => None,
    }
}

/// Returns the IP packet within the headers that follow an EtherType.
fn of_ether_type(mut ether_type: u16, mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        (ether_type, rest) = match ether_type {
            0x0800 | 0x86dd => return Some(rest),
            // VLAN tags.
            0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => (word(rest, 2)?, rest.get(4..)?),
            0x8847 | 0x8848 => return mpls(rest),
            0x8864 => return pppoe(rest),
            // A length, followed by a SNAP header.
            ..0x0600 if rest.starts_with(&[0xaa, 0xaa, 3, 0, 0, 0]) => {
                (word(rest, 6)?, rest.get(8..)?)
            }
            _ => return None,
        };
    }
}

/// Returns the IP packet after the labels of MPLS.
fn mpls(mut labels: &[u8]) -> Option<&[u8]> {
    loop {
        let is_last = labels.get(2)? & 1 == 1;
        labels = labels.get(4..)?;
        if is_last {
            return Some(labels);
        }
    }
}

fn pppoe(header: &[u8]) -> Option<&[u8]> {
    ppp(header.get(6..)?)
}

/// Returns the IP packet in a PPP frame. The address and the length of the protocol may be
/// compressed.
fn ppp(frame: &[u8]) -> Option<&[u8]> {
    let frame = frame.strip_prefix(&[0xff, 3]).unwrap_or(frame);
    let frame = frame.strip_prefix(&[0]).unwrap_or(frame);
    frame.strip_prefix(&[0x21]).or_else(|| frame.strip_prefix(&[0x57]))
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
