//! The packets in a capture file of either format.

mod pcap;
mod pcapng;

use std::io::{self, ErrorKind, Read};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::Duration;

/// The maximum size of a packet or pcapng block.
const LONGEST: usize = 1 << 20;

/// A callback with a packet's time, link type and bytes, which can stop the iteration.
type Call<'a> = dyn FnMut(Duration, i32, &[u8]) -> ControlFlow<()> + 'a;

/// Returns whether a file that starts with these bytes is a capture.
pub(super) fn is_capture(start: &[u8]) -> bool {
    start.starts_with(&pcapng::MAGIC) || pcap::Variant::of(start).is_some()
}

/// Calls a closure with each packet's time, link type and bytes. Returns an error if the file ends
/// early.
pub(super) fn each(mut capture: impl Read + Send, call: &mut Call<'_>) -> Result<(), String> {
    let (mut start, failed) = (Vec::new(), OnceLock::new());
    let begun = capture.by_ref().take(4).read_to_end(&mut start).map_err(|error| error.kind());
    let variant = pcap::Variant::of(&start);
    let file = Filled { reader: io::Cursor::new(start).chain(capture), failed: &failed };
    let whole = match (begun, variant) {
        (Err(kind), _) => Err(kind.to_string()),
        (Ok(_), Some(variant)) => pcap::each(variant, file, call),
        (Ok(_), None) => pcapng::each(file, call),
    };
    let why = failed.into_inner().map(|kind| kind.to_string()).or(whole.err());
    why.map_or(Ok(()), |why| Err(format!("cannot read the rest of the capture: {why}")))
}

/// A reader that fills the buffer, since a pipe may return less. A read error is kept until the
/// data before it has been processed.
struct Filled<'a, R> {
    reader: R,
    failed: &'a OnceLock<ErrorKind>,
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

fn cut() -> String {
    "it ends in the middle of a packet".to_owned()
}

fn too_long() -> String {
    format!("a block has more than {LONGEST} bytes")
}
