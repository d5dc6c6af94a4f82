//! The packets of a file.

use std::io::{self, ErrorKind, Read};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::Duration;

use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};

/// How much of a file is held in memory.
const BUFFER: usize = 1 << 16;

/// How much is if a block needs it; longer ones are refused.
const LONGEST: usize = 1 << 20;

/// An interface on which packets were captured.
struct Interface {
    link_type: i32,
    /// Units of time per second.
    resolution: u64,
}

/// Takes a packet's time, its link type and its bytes, and breaks off when it has had enough.
type Call<'a> = dyn FnMut(Duration, i32, &[u8]) -> ControlFlow<()> + 'a;

/// Reads as much as there is room for, since the parser takes less for the end of the file: a pipe
/// gives what happens to be in it. What can't be read ends it too, and is kept: the parser would
/// say so before it hands out what came until then.
struct Filled<'a, R> {
    reader: R,
    failed: &'a OnceLock<io::ErrorKind>,
}

impl<R: Read> Read for Filled<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() && self.failed.get().is_none() {
            match self.reader.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => drop(self.failed.set(error.kind())),
            }
        }
        Ok(filled)
    }
}

/// Calls with each packet's time, its link type and its bytes until the call breaks off; says what
/// ends the file too early.
pub(super) fn each(capture: impl Read + Send, call: &mut Call<'_>) -> Result<(), String> {
    let failed = OnceLock::new();
    let whole = all(Filled { reader: capture, failed: &failed }, call);
    match failed.into_inner() {
        Some(kind) => Err(format!("the capture can't be read on: {kind}")),
        None => whole,
    }
}

fn all(capture: impl Read + Send, call: &mut Call<'_>) -> Result<(), String> {
    let broken =
        |error: PcapError<&[u8]>| format!("the capture can't be read on: {}", what(&error));
    let mut reader = create_reader(BUFFER, capture).map_err(broken)?;
    let mut interfaces = Vec::new();
    loop {
        let length = match reader.next() {
            Ok((length, block)) => {
                if block_of(block, &mut interfaces, call).is_break() {
                    return Ok(());
                }
                length
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => {
                let before = reader.data().len();
                reader.refill().map_err(broken)?;
                if reader.data().len() > before {
                    continue;
                }
                if reader.reader_exhausted() {
                    let is_whole = reader.data().is_empty();
                    return if is_whole { Ok(()) } else { Err(broken(PcapError::UnexpectedEof)) };
                }
                if before < LONGEST && reader.grow(LONGEST) {
                    continue;
                }
                return Err(broken(PcapError::BufferTooSmall));
            }
            Err(error) => return Err(broken(error)),
        };
        reader.consume(length);
    }
}

fn block_of(
    block: PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    call: &mut Call<'_>,
) -> ControlFlow<()> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let resolution =
                if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            interfaces.push(Interface { link_type: header.network.0, resolution });
        }
        PcapBlockOwned::Legacy(packet) => {
            if let Some(interface) = interfaces.first() {
                let units = u64::from(packet.ts_sec) * interface.resolution;
                let time = interface.time(units + u64::from(packet.ts_usec));
                return call(time, interface.link_type, packet.data);
            }
        }
        // Numbers of interfaces begin anew.
        PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
        PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => interfaces.push(Interface {
            link_type: interface.linktype.0,
            resolution: interface.ts_resolution().unwrap_or(1_000_000).max(1),
        }),
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let interface = usize::try_from(packet.if_id).ok().and_then(|id| interfaces.get(id));
            let length = usize::try_from(packet.caplen).unwrap_or(usize::MAX);
            let data = packet.data.get(..length).unwrap_or(packet.data);
            if let Some(interface) = interface {
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                return call(interface.time(units), interface.link_type, data);
            }
        }
        // Without a time, and so of no use; no program that captures writes them.
        PcapBlockOwned::NG(_) => {}
    }
    ControlFlow::Continue(())
}

impl Interface {
    fn time(&self, units: u64) -> Duration {
        let seconds = Duration::from_secs(units / self.resolution);
        let rest = u128::from(units % self.resolution) * 1_000_000_000;
        seconds + Duration::from_nanos((rest / u128::from(self.resolution)) as u64)
    }
}

fn what(error: &PcapError<&[u8]>) -> String {
    match error {
        PcapError::Incomplete(_) | PcapError::UnexpectedEof => {
            "it ends in the middle of a packet".to_owned()
        }
        PcapError::BufferTooSmall => format!("a block has more than {LONGEST} bytes"),
        PcapError::NomError(_, kind) | PcapError::OwnedNomError(_, kind) => {
            format!("a block is malformed ({kind:?})")
        }
        other => format!("{other:?}"),
    }
}
