//! Captures in pcapng format.

use std::io::Read;
use std::ops::ControlFlow;
use std::time::Duration;

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{
    Block, InterfaceDescriptionBlock, OptionCode, PcapBlockOwned, PcapError, PcapNGReader,
};

use super::{Call, LONGEST, cut, too_long};

/// The start of a pcapng file.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The type of a Packet Block.
const PACKET: u32 = 2;

/// The initial buffer size. A larger block enlarges the buffer.
const BUFFER: usize = 1 << 16;

/// Calls a closure with each packet in a file.
pub(super) fn each(capture: impl Read + Send, call: &mut Call<'_>) -> Result<(), String> {
    let mut reader = PcapNGReader::new(BUFFER, capture).map_err(|error| what(&error))?;
    let mut section = Section::default();
    loop {
        let length = match reader.next() {
            Ok((length, block)) => {
                if section.take(block, call).is_break() {
                    break;
                }
                length
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => {
                let before = reader.data().len();
                reader.refill().map_err(|error| what(&error))?;
                if reader.data().len() > before {
                    continue;
                }
                if reader.reader_exhausted() {
                    if reader.data().is_empty() {
                        break;
                    }
                    return Err(cut());
                }
                if before < LONGEST && reader.grow(LONGEST) {
                    continue;
                }
                return Err(too_long());
            }
            Err(error) => return Err(what(&error)),
        };
        reader.consume(length);
    }
    match section.unknown {
        None => Ok(()),
        Some(id) => {
            Err(format!("packets of interface {id} are left out: the capture does not describe it"))
        }
    }
}

/// The state of a section that applies to its packets.
#[derive(Default)]
struct Section {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// The time of the previous packet.
    last: Duration,
    /// An interface with packets but without a description.
    unknown: Option<u32>,
}

impl Section {
    fn take(&mut self, block: PcapBlockOwned<'_>, call: &mut Call<'_>) -> ControlFlow<()> {
        match block {
            // Interface numbers start again in each section.
            PcapBlockOwned::NG(Block::SectionHeader(header)) => {
                self.big_endian = header.big_endian();
                self.interfaces.clear();
                ControlFlow::Continue(())
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.interfaces.push(Interface::of(&interface, self.big_endian));
                ControlFlow::Continue(())
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                self.packet(packet.if_id, Some(units), packet.caplen, packet.data, call)
            }
            // A simple packet has no time, so the previous packet's is used.
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let most = self.interfaces.first().map_or(0, |interface| interface.most);
                self.packet(0, None, packet.origlen.min(most), packet.data, call)
            }
            // The parser crate reads the type as little-endian.
            PcapBlockOwned::NG(Block::Unknown(block))
                if [PACKET, PACKET.swap_bytes()].contains(&block.block_type) =>
            {
                self.old_packet(block.data, call)
            }
            _ => ControlFlow::Continue(()),
        }
    }

    /// Passes on a packet in a Packet Block. It is obsolete, and the parser crate does not support
    /// it.
    fn old_packet(&mut self, block: &[u8], call: &mut Call<'_>) -> ControlFlow<()> {
        let long = |at: usize| {
            let bytes = block.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
            if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
        };
        // The interface has two bytes, and is followed by two for the number of lost packets.
        let interface = if self.big_endian { long(0) >> 16 } else { long(0) & 0xffff };
        let units = u64::from(long(4)) << 32 | u64::from(long(8));
        self.packet(interface, Some(units), long(12), block.get(20..).unwrap_or_default(), call)
    }

    fn packet(
        &mut self,
        interface: u32,
        units: Option<u64>,
        length: u32,
        data: &[u8],
        call: &mut Call<'_>,
    ) -> ControlFlow<()> {
        let known = usize::try_from(interface).ok().and_then(|id| self.interfaces.get(id));
        let Some(known) = known else {
            self.unknown.get_or_insert(interface);
            return ControlFlow::Continue(());
        };
        self.last = units.map_or(self.last, |units| known.time(units));
        // The rest is padding.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        call(self.last, known.link_type, data.get(..length).unwrap_or(data))
    }
}

/// A capture interface.
struct Interface {
    link_type: i32,
    /// Units of time per second.
    resolution: u128,
    /// Seconds to add to each time.
    offset: i64,
    /// The maximum length of a captured packet.
    most: u32,
}

impl Interface {
    /// Parses the options here: the parser crate does not support power-of-two resolutions, and
    /// reads offsets as little-endian.
    fn of(block: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Interface {
        let option = |code| {
            let mut options = block.options.iter();
            options.find(|option| option.code == code).map(|option| &*option.value)
        };
        let resolution = option(OptionCode::IfTsresol).and_then(<[u8]>::first);
        let resolution = match *resolution.unwrap_or(&6) {
            power @ 0x80.. => 1 << (power & 0x7f),
            // With a larger exponent no timestamp reaches one second.
            power => 10_u128.checked_pow(power.into()).unwrap_or(u128::MAX),
        };
        let offset = option(OptionCode::IfTsoffset).and_then(<[u8]>::first_chunk);
        let offset = offset.map_or(0, |bytes| match big_endian {
            true => i64::from_be_bytes(*bytes),
            false => i64::from_le_bytes(*bytes),
        });
        let most = if block.snaplen == 0 { u32::MAX } else { block.snaplen };
        Interface { link_type: block.linktype.0, resolution, offset, most }
    }

    fn time(&self, units: u64) -> Duration {
        let units = u128::from(units);
        let seconds = i128::try_from(units / self.resolution).unwrap_or(i128::MAX);
        // Times before the epoch are not supported.
        let seconds = u64::try_from(seconds.saturating_add(self.offset.into()).max(0));
        let nanos = units % self.resolution * 1_000_000_000 / self.resolution;
        let nanos = Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
        Duration::from_secs(seconds.unwrap_or(u64::MAX)).saturating_add(nanos)
    }
}

fn what(error: &PcapError<&[u8]>) -> String {
    match error {
        PcapError::Incomplete(_) | PcapError::UnexpectedEof | PcapError::Eof => cut(),
        PcapError::BufferTooSmall => too_long(),
        PcapError::NomError(_, kind) | PcapError::OwnedNomError(_, kind) => {
            format!("a block is malformed ({kind:?})")
        }
        other => format!("{other:?}"),
    }
}
