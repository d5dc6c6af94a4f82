//! Captures in pcap format.
//!
//! No available parser supports all variants: microseconds and nanoseconds, and the longer packet
//! headers of Kuznetzov's libpcap, each in both byte orders.

use std::io::Read;
use std::time::Duration;

use super::{Call, LONGEST, cut, too_long};

/// The variant of a file, given by its magic number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variant {
    big_endian: bool,
    /// The unit of time, in nanoseconds.
    unit: u32,
    /// The length of a packet header.
    packet_header: usize,
}

/// The magic numbers, with the unit of time and the length of a packet header.
const VARIANTS: [(u32, u32, usize); 3] =
    [(0xa1b2_c3d4, 1000, 16), (0xa1b2_3c4d, 1, 16), (0xa1b2_cd34, 1000, 24)];

impl Variant {
    /// Returns the variant of a file that starts with these bytes, if it is a pcap file.
    pub(super) fn of(start: &[u8]) -> Option<Variant> {
        let magic: [u8; 4] = start.get(..4)?.try_into().ok()?;
        [true, false].into_iter().find_map(|big_endian| {
            let magic = number(big_endian, magic);
            let (_, unit, packet_header) =
                VARIANTS.into_iter().find(|variant| variant.0 == magic)?;
            Some(Variant { big_endian, unit, packet_header })
        })
    }

    /// Returns the number at an offset in a header.
    fn word(self, header: &[u8], at: usize) -> u32 {
        let bytes = header.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| number(self.big_endian, *bytes))
    }
}

fn number(big_endian: bool, bytes: [u8; 4]) -> u32 {
    if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

/// Calls a closure with each packet in a file.
pub(super) fn each(
    variant: Variant,
    mut file: impl Read,
    call: &mut Call<'_>,
) -> Result<(), String> {
    let mut header = [0; 24];
    if !is_filled(&mut file, &mut header)? {
        return Err(cut());
    }
    // The upper bits say whether frames end with a check sequence, and have its length.
    let link_type = (variant.word(&header, 20) & 0x03ff_ffff).cast_signed();
    let mut header = vec![0; variant.packet_header];
    let mut packet = Vec::new();
    while is_filled(&mut file, &mut header)? {
        let [seconds, units, length] = [0, 4, 8].map(|at| variant.word(&header, at));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(too_long());
        }
        packet.resize(length, 0);
        if length > 0 && !is_filled(&mut file, &mut packet)? {
            return Err(cut());
        }
        let nanos = u64::from(units) * u64::from(variant.unit);
        let time = Duration::from_secs(seconds.into()) + Duration::from_nanos(nanos);
        if call(time, link_type, &packet).is_break() {
            break;
        }
    }
    Ok(())
}

/// Fills a buffer. Returns false at the end of the file.
fn is_filled(file: &mut impl Read, buffer: &mut [u8]) -> Result<bool, String> {
    match file.read(buffer).map_err(|error| error.kind().to_string())? {
        0 => Ok(false),
        read if read == buffer.len() => Ok(true),
        _ => Err(cut()),
    }
}
