//! The compression transform of whole payloads (§1.5).

use std::fmt;

use bytes::{Bytes, BytesMut};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::error::WireErrorKind;
use super::input::BLOCK;

/// The minimum size of a deflated payload in bytes; shorter ones are stored (§1.5).
pub const MIN_COMPRESS: usize = 30;

/// The size of the length after each transformed payload, in the byte order of the sender's host.
/// It is little-endian on all platforms of Bro.
const TRAILER: usize = 4;

/// The maximum yield of one byte of a deflate stream: two bits can repeat 258 bytes.
const MAX_RATIO: u64 = 1032;

/// The number of bytes that bits left from the previous chunk may add to a chunk's yield.
const RATIO_SLACK: u64 = 8 * MAX_RATIO;

/// A level of compression, 1 (fastest) to 9 (smallest).
///
/// Up to level 6, messages of less than 1 KiB are compressed as at level 1: this takes a tenth of
/// the time for events, and up to 4 % more bytes. Levels 7 to 9 compress all messages fully, for
/// slow links.
///
/// Level 0 is not represented: a node with level 0 never sends COMPRESS (§1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Compression(u8);

impl Compression {
    /// Returns the level, or `None` unless it is 1 to 9.
    pub const fn new(level: u8) -> Option<Self> {
        match level {
            1..=9 => Some(Compression(level)),
            _ => None,
        }
    }

    /// Returns the level as a number, 1 to 9.
    pub const fn level(self) -> u8 {
        self.0
    }
}

impl Default for Compression {
    /// Returns level 6, zlib's own default.
    fn default() -> Self {
        Compression(6)
    }
}

/// Reverses the transform for one direction.
pub(super) struct Inflater {
    stream: Decompress,
    /// A block shared by small inflated payloads, like those of received chunks.
    block: BytesMut,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Inflater { stream: Decompress::new(true), block: BytesMut::new() }
    }

    /// Expects a new zlib stream, as after a second COMPRESS.
    pub(super) fn restart(&mut self) {
        self.stream.reset(true);
    }

    /// Returns the plain payload, and whether it was deflated.
    pub(super) fn unpack(
        &mut self,
        payload: &Bytes,
        limit: u32,
    ) -> Result<(Bytes, bool), WireErrorKind> {
        let Some((body, trailer)) = payload.split_last_chunk::<TRAILER>() else {
            return Err(WireErrorKind::TrailerMissing { length: payload.len() as u64 });
        };
        match u32::from_le_bytes(*trailer) {
            0 => Ok((payload.slice_ref(body), false)),
            claimed => Ok((self.inflate(body, claimed, limit)?, true)),
        }
    }

    fn inflate(&mut self, body: &[u8], claimed: u32, limit: u32) -> Result<Bytes, WireErrorKind> {
        if claimed > limit {
            return Err(WireErrorKind::InflatedTooLong { claimed, limit });
        }
        let most = (body.len() as u64).saturating_mul(MAX_RATIO).saturating_add(RATIO_SLACK);
        if u64::from(claimed) > most {
            let compressed = saturate(body.len());
            return Err(WireErrorKind::ImpossibleRatio { claimed, compressed });
        }
        let size = claimed as usize;
        // One byte more than claimed shows whether the stream yields more, and gives zlib the room
        // to read empty blocks after the last byte.
        let room = size.saturating_add(1);
        if room > BLOCK {
            let mut out = BytesMut::zeroed(room);
            inflate_exactly(&mut self.stream, body, &mut out, claimed)?;
            out.truncate(size);
            return Ok(out.freeze());
        }
        if self.block.capacity() < room {
            self.block.reserve(BLOCK);
        }
        self.block.resize(room, 0);
        inflate_exactly(&mut self.stream, body, &mut self.block, claimed)?;
        self.block.truncate(size);
        Ok(self.block.split().freeze())
    }
}

/// Inflates all of `input` to `out`, filling all but its last byte.
fn inflate_exactly(
    stream: &mut Decompress,
    mut input: &[u8],
    mut out: &mut [u8],
    claimed: u32,
) -> Result<(), WireErrorKind> {
    loop {
        let (read, written) = (stream.total_in(), stream.total_out());
        let status = stream
            .decompress(input, out, FlushDecompress::Sync)
            .map_err(|_| WireErrorKind::Corrupt)?;
        let read = (stream.total_in() - read) as usize;
        let written = (stream.total_out() - written) as usize;
        input = input.get(read..).unwrap_or_default();
        out = out.get_mut(written..).unwrap_or_default();
        let stuck = status != Status::Ok || read + written == 0;
        if stuck || input.is_empty() || out.is_empty() {
            break;
        }
    }
    match (out.len(), input.len()) {
        (0, _) => Err(WireErrorKind::InflatedLong { claimed }),
        (1, 0) => Ok(()),
        (1, left) => Err(WireErrorKind::CompressedLeftOver { left: saturate(left), claimed }),
        (missing, _) => {
            let inflated = claimed.saturating_sub(saturate(missing - 1));
            Err(WireErrorKind::InflatedShort { claimed, inflated })
        }
    }
}

fn saturate(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Applies the transform for one direction.
///
/// Every payload ends with a flush. Levels above 1 compute Huffman codes for each flush, which for
/// a short payload takes ten times as long as level 1 and saves almost nothing. So up to level 6,
/// short payloads are deflated at level 1, and only long ones at the configured level, in the same
/// stream: each of the two deflaters gets the other's input as its dictionary.
pub(super) struct Deflater {
    level: flate2::Compression,
    /// Deflates short payloads; at levels 7 to 9, all payloads.
    short: Compress,
    /// Deflates long payloads. Created for the first one.
    long: Option<Compress>,
    /// The input of `short` since the last use of `long`, limited to the window.
    unseen: Vec<u8>,
    /// Whether the stream's header was written.
    has_begun: bool,
    /// Whether a deflater failed. Its output is lost, so everything is stored from then on.
    has_failed: bool,
}

/// The minimum size of a long payload in bytes, from which new Huffman codes pay off.
const LONG: usize = 1 << 10;

/// How far back deflate refers, in bytes.
const WINDOW: usize = 32 << 10;

impl Deflater {
    pub(super) fn new(level: Compression) -> Self {
        let short = if level.level() > 6 { level.level() } else { 1 };
        Deflater {
            level: flate2::Compression::new(u32::from(level.level())),
            short: Compress::new(flate2::Compression::new(u32::from(short)), false),
            long: None,
            unseen: Vec::new(),
            has_begun: false,
            has_failed: false,
        }
    }

    /// Appends the transformed payload; returns whether it was deflated.
    ///
    /// `always` deflates short payloads too.
    pub(super) fn pack(&mut self, payload: &[u8], always: bool, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        // A payload too long for its length field is also stored.
        let length = u32::try_from(payload.len()).ok();
        let pays = (payload.len() >= MIN_COMPRESS || always) && !self.has_failed;
        if let Some(length) = length.filter(|_| pays) {
            if self.deflate(payload, out).is_ok() {
                out.extend_from_slice(&length.to_le_bytes());
                return true;
            }
            // Storing is always legal.
            self.has_failed = true;
            out.truncate(start);
        }
        out.extend_from_slice(payload);
        out.extend_from_slice(&[0; TRAILER]);
        false
    }

    fn deflate(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), flate2::CompressError> {
        if !self.has_begun {
            out.extend_from_slice(&self.header());
        }
        if !(2..=6).contains(&self.level.level()) {
            flush(&mut self.short, payload, out)?;
        } else if payload.len() < LONG {
            flush(&mut self.short, payload, out)?;
            self.unseen.extend_from_slice(payload);
            if self.unseen.len() > 2 * WINDOW {
                self.unseen.drain(..self.unseen.len() - WINDOW);
            }
        } else {
            let long = self.long.get_or_insert_with(|| Compress::new(self.level, false));
            if !self.unseen.is_empty() {
                long.set_dictionary(window(&self.unseen))?;
                self.unseen.clear();
            }
            flush(long, payload, out)?;
            self.short.set_dictionary(window(payload))?;
        }
        self.has_begun = true;
        Ok(())
    }

    /// Returns the header of a zlib stream (RFC 1950 §2.2).
    fn header(&self) -> [u8; 2] {
        match self.level.level() {
            1 => [0x78, 0x01],
            2..=5 => [0x78, 0x5e],
            6 => [0x78, 0x9c],
            _ => [0x78, 0xda],
        }
    }
}

/// Returns the end of `plain` that deflate can refer to.
fn window(plain: &[u8]) -> &[u8] {
    plain.get(plain.len().saturating_sub(WINDOW)..).unwrap_or_default()
}

/// Deflates a payload and flushes, so that the peer can inflate all of it.
fn flush(
    stream: &mut Compress,
    mut payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), flate2::CompressError> {
    out.reserve(payload.len() + payload.len() / 1000 + 64);
    loop {
        let read = stream.total_in();
        let status = stream.compress_vec(payload, out, FlushCompress::Sync)?;
        let read = (stream.total_in() - read) as usize;
        payload = payload.get(read..).unwrap_or_default();
        // The flush is complete when the output has room left.
        if status == Status::BufError || (payload.is_empty() && out.len() < out.capacity()) {
            return Ok(());
        }
        out.reserve(64 + payload.len());
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").field("total_out", &self.stream.total_out()).finish()
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").field("level", &self.level.level()).finish_non_exhaustive()
    }
}
