//! Received bytes that are not decoded yet: their framing (§1.1–§1.3), limits and counters.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::error::WireErrorKind;

/// The size of a block in bytes: the maximum memory that a small slice keeps alive.
pub(super) const BLOCK: usize = 8 << 10;

/// The size in bytes up to which a chunk gets all of its memory when its length word arrives.
const WHOLE: usize = 32 << 10;

/// The size in bytes of the first block, and of the first one after a [`release`](Input::release).
/// It fits a handshake, parts of which are kept for long, or an occasional word.
const FIRST: usize = 512;

/// Received bytes, with each chunk contiguous after its length word.
///
/// Small chunks share blocks of [`BLOCK`] bytes, so that each keeps only one block alive. A chunk
/// that does not fit a block gets a separate buffer that grows with received bytes. Every byte is
/// copied once, by `feed`; returned chunks are slices of the blocks.
#[derive(Debug)]
pub(super) struct Input {
    framing: Framing,
    /// The longest chunk that is buffered; a longer one ends the stream.
    limit: u32,
    /// The whole chunks that are read next.
    ready: Bytes,
    /// The rest of their block: the bytes received after them.
    front: BytesMut,
    /// The blocks after it. Only the last of all blocks can end in an unfinished chunk.
    more: VecDeque<BytesMut>,
    /// Whether the last block belongs to one chunk that is too large to share it.
    exclusive: bool,
    /// An incomplete length word.
    word: [u8; WORD],
    word_len: u8,
    /// The number of bytes of an unfinished chunk at the end of the last block, including its
    /// length word.
    have: usize,
    /// The number of bytes that this chunk still lacks.
    missing: usize,
    /// Whether a chunk was rejected: all later bytes are ignored.
    closed: bool,
}

impl Input {
    pub(super) fn new(framing: Framing, limit: u32) -> Self {
        Input {
            framing,
            limit,
            ready: Bytes::new(),
            front: BytesMut::new(),
            more: VecDeque::new(),
            exclusive: false,
            word: [0; WORD],
            word_len: 0,
            have: 0,
            missing: 0,
            closed: false,
        }
    }

    /// Appends received bytes.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.closed {
            bytes = if self.missing > 0 {
                self.feed_chunk(bytes)
            } else {
                match self.feed_run(bytes) {
                    0 => self.feed_word(bytes),
                    run => bytes.get(run..).unwrap_or_default(),
                }
            };
        }
        self.turn_over();
    }

    /// Returns the first length word and the bytes after it, including later chunks.
    #[inline]
    pub(super) fn peek(&self) -> Option<(u32, &[u8])> {
        let (word, rest) = self.unread().split_first_chunk::<WORD>()?;
        Some((u32::from_be_bytes(*word), rest))
    }

    /// Returns the contiguous whole chunks, with their length words.
    #[inline]
    pub(super) fn ready(&self) -> &[u8] {
        &self.ready
    }

    /// Returns the contiguous bytes: whole chunks with their length words, or an unfinished one.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        if self.ready.is_empty() { &self.front } else { &self.ready }
    }

    /// Drops `skip` bytes and returns the `length` bytes after them, all of whole chunks.
    #[inline]
    pub(super) fn take(&mut self, skip: usize, length: usize) -> Bytes {
        let mut chunk = self.ready.split_to(skip + length);
        chunk.advance(skip);
        self.turn_over();
        chunk
    }

    /// Returns the number of bytes of an incomplete length word.
    pub(super) fn word_len(&self) -> u8 {
        self.word_len
    }

    /// Drops everything and ignores later bytes.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.ready = Bytes::new();
        self.front = BytesMut::new();
        self.more = VecDeque::new();
    }

    /// Releases unused memory.
    pub(super) fn release(&mut self) {
        if self.unread().is_empty() && self.more.is_empty() {
            self.ready = Bytes::new();
            self.front = BytesMut::new();
            self.more = VecDeque::new();
            self.exclusive = false;
        }
    }

    /// Continues with the next whole chunks when the previous ones have been read.
    #[inline]
    fn turn_over(&mut self) {
        if self.ready.is_empty() {
            self.make_ready();
        }
    }

    #[inline(never)]
    fn make_ready(&mut self) {
        if self.front.is_empty() {
            match self.more.pop_front() {
                Some(next) => self.front = next,
                None => return,
            }
        }
        let unfinished = if self.more.is_empty() { self.have } else { 0 };
        let whole = self.front.len().saturating_sub(unfinished);
        if whole > 0 {
            self.ready = self.front.split_to(whole).freeze();
        }
    }

    /// Appends all whole chunks that fit the last block, in one copy. Returns their size.
    #[inline]
    fn feed_run(&mut self, bytes: &[u8]) -> usize {
        if self.word_len > 0 || self.exclusive {
            return 0;
        }
        let (framing, limit) = (self.framing, self.limit);
        let block = self.back();
        let room = bytes.len().min(block.capacity() - block.len());
        let mut rest = bytes.get(..room).unwrap_or_default();
        while let Some((word, behind)) = rest.split_first_chunk::<WORD>() {
            let part = framing.part(u32::from_be_bytes(*word), limit);
            match part.ok().and_then(|part| behind.get(part.length as usize..)) {
                Some(next) => rest = next,
                None => break,
            }
        }
        let run = room - rest.len();
        block.extend_from_slice(bytes.get(..run).unwrap_or_default());
        run
    }

    /// Takes bytes of a length word, and starts the chunk when the word is complete.
    fn feed_word<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let have = usize::from(self.word_len);
        let (taken, rest) = bytes.split_at(bytes.len().min(WORD - have));
        for (to, from) in self.word.iter_mut().skip(have).zip(taken) {
            *to = *from;
        }
        if have + taken.len() < WORD {
            self.word_len += taken.len() as u8;
            return rest;
        }
        self.word_len = 0;
        let word = self.word;
        match self.framing.part(u32::from_be_bytes(word), self.limit) {
            Ok(part) => self.missing = part.length as usize,
            // The word is kept, so that the decoder reports the error.
            Err(_) => self.closed = true,
        }
        let needed = WORD.saturating_add(self.missing);
        let exclusive = self.exclusive;
        let block = self.back();
        if exclusive || block.capacity() - block.len() < needed {
            self.open_block(needed, rest.len());
        }
        self.back().extend_from_slice(&word);
        if self.missing > 0 {
            self.have = WORD;
        }
        rest
    }

    /// Takes bytes of a chunk whose length word is complete.
    fn feed_chunk<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(bytes.len().min(self.missing));
        self.missing -= taken.len();
        self.have = if self.missing > 0 { self.have + taken.len() } else { 0 };
        self.back().extend_from_slice(taken);
        rest
    }

    /// Makes the last block one with room for `needed` bytes, or one that will grow to them.
    /// `coming` bytes will be appended at once.
    fn open_block(&mut self, needed: usize, coming: usize) {
        let was_exclusive = std::mem::replace(&mut self.exclusive, needed > BLOCK);
        // A large chunk is not moved as it grows if much of it has arrived or it is not that large.
        let size = needed.min((2 * (WORD + coming)).max(WHOLE)).max(BLOCK);
        if !self.more.is_empty() || !self.front.is_empty() {
            self.more.push_back(BytesMut::with_capacity(size));
        } else if was_exclusive || self.exclusive {
            self.front = BytesMut::with_capacity(size);
        } else if self.front.capacity() == 0 && needed.max(WORD + coming) <= FIRST {
            self.front = BytesMut::with_capacity(FIRST);
        } else {
            // Reuses the same memory if no slice of it is left.
            self.front.reserve(BLOCK);
        }
    }

    #[inline]
    fn back(&mut self) -> &mut BytesMut {
        self.more.back_mut().unwrap_or(&mut self.front)
    }
}

/// The largest part that a Bro can receive on a clear connection, in payload bytes (§1.2).
///
/// Its read buffer has 1 MiB and also holds the four-byte length. An [`Encoder`](super::Encoder)
/// splits at this size.
pub const MAX_PART: usize = 1_048_572;

/// The bit of a length word that marks a part followed by more parts on a clear connection (§1.2).
pub(super) const PARTIAL: u32 = 0x8000_0000;

/// The number of bytes of a length word.
pub(super) const WORD: usize = 4;

/// The format of the length word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Plain TCP: the top bit marks a part followed by more parts (§1.2).
    Clear,
    /// TLS: the length is a plain u32, and chunks are never split (§1.3).
    Tls,
}

/// The contents of a length word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The bytes that follow the word.
    pub(super) length: u32,
    /// Whether more parts of the same chunk follow.
    pub(super) more: bool,
}

impl Framing {
    /// Decodes a length word and checks the length against the limit.
    #[inline]
    pub(super) fn part(self, word: u32, limit: u32) -> Result<Part, WireErrorKind> {
        let (length, more) = match self {
            Framing::Clear => (word & !PARTIAL, word & PARTIAL != 0),
            Framing::Tls => (word, false),
        };
        if length == 0 {
            Err(WireErrorKind::EmptyChunk)
        } else if length > limit {
            Err(WireErrorKind::ChunkTooLong { length, limit })
        } else if length & PARTIAL != 0 {
            Err(WireErrorKind::PartialOverTls { word })
        } else {
            Ok(Part { length, more })
        }
    }
}

/// Limits on the memory of a [`Decoder`](super::Decoder), in bytes.
///
/// A claimed length reserves no memory. A claim above its limit is an error as soon as it is read.
/// The default of all three is 16 MiB, 16 times the largest part that a Bro sends and five times
/// the largest message in the recorded sessions. It is the same for all three, so that a message
/// that is accepted on a clear connection is also accepted over TLS and under compression. Raise
/// them if larger tables are synchronized: a table is sent as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramingLimits {
    /// The maximum length of a chunk or part (§1.1, §1.2). Over TLS, where chunks are never split,
    /// this also limits the whole message.
    pub chunk: u32,
    /// The maximum length of a payload joined from parts, as on the wire: under compression, the
    /// transformed payload (§1.2, §1.5). Applies to unsplit chunks too.
    pub message: u32,
    /// The maximum claimed size of an inflated chunk (§1.5).
    pub inflated: u32,
}

impl FramingLimits {
    /// The default of every limit: 16 MiB.
    pub(super) const DEFAULT: u32 = 16 << 20;
}

impl Default for FramingLimits {
    fn default() -> Self {
        FramingLimits { chunk: Self::DEFAULT, message: Self::DEFAULT, inflated: Self::DEFAULT }
    }
}

/// Counters of one direction of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FramingCounters {
    /// Bytes of whole chunks and parts, including length words. This is also the offset of the next
    /// one.
    pub bytes: u64,
    /// Chunks, counting each part of a split one (§1.1, §1.2).
    pub chunks: u64,
    /// Whole messages (§1.4).
    pub messages: u64,
    /// Payloads that were deflated, once the direction is compressed (§1.5).
    pub deflated: u64,
    /// Payloads that were stored uncompressed, once the direction is compressed (§1.5).
    pub stored: u64,
    /// Size of the deflated and stored payloads on the wire, including their four-byte trailers.
    pub packed_bytes: u64,
    /// Size of the same payloads before deflating, or after inflating.
    pub unpacked_bytes: u64,
}

impl std::ops::AddAssign for FramingCounters {
    fn add_assign(&mut self, other: FramingCounters) {
        self.bytes += other.bytes;
        self.chunks += other.chunks;
        self.messages += other.messages;
        self.deflated += other.deflated;
        self.stored += other.stored;
        self.packed_bytes += other.packed_bytes;
        self.unpacked_bytes += other.unpacked_bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(input: &Input) -> usize {
        input.front.capacity() + input.more.iter().map(BytesMut::capacity).sum::<usize>()
    }

    #[test]
    fn a_claimed_length_reserves_little() {
        let mut input = Input::new(Framing::Clear, 16 << 20);
        input.feed(&(16_u32 << 20).to_be_bytes());
        input.feed(b"x");
        assert!(capacity(&input) <= WHOLE, "{}", capacity(&input));
        input.feed(&[0; 100_000]);
        assert!(capacity(&input) <= 250_000, "{}", capacity(&input));
    }

    #[test]
    fn only_memory_without_input_is_released() {
        let mut input = Input::new(Framing::Clear, 100_000);
        let large = [&[0, 0, 0x40, 0][..], &[7; 0x4000]].concat();
        for bytes in [&[0, 0, 0, 2, 5, 6][..], &large] {
            for split in [2, 4, 5] {
                let (first, rest) = bytes.split_at(split);
                input.feed(first);
                input.release();
                input.feed(rest);
                let length = bytes.len() - WORD;
                assert_eq!(input.take(WORD, length), &bytes[WORD..]);
                input.release();
                assert_eq!(capacity(&input), 0);
            }
        }
    }

    #[test]
    fn input_after_a_rejected_chunk_is_dropped() {
        let mut input = Input::new(Framing::Clear, 100);
        input.feed(&101_u32.to_be_bytes());
        input.feed(&[0; 100_000]);
        assert!(capacity(&input) <= BLOCK, "{}", capacity(&input));
    }

    #[test]
    fn a_drained_block_is_reused() {
        let mut input = Input::new(Framing::Clear, 100_000);
        let chunk = [&[0, 0, 3, 0xe8][..], &[7; 1000]].concat();
        let mut places = Vec::new();
        for _ in 0..100 {
            input.feed(&chunk);
            assert_eq!(input.peek().map(|(word, rest)| (word, rest.len())), Some((1000, 1000)));
            places.push(input.take(WORD, 1000).as_ptr());
        }
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 8, "8 chunks fit a block, and there is only one block");
    }

    #[test]
    fn a_small_chunk_does_not_share_the_buffer_of_a_large_one() {
        let large = [&[0, 1, 0, 0][..], &[7; 0x1_0000]].concat();
        let small = [0, 0, 0, 1, 5];
        let feed_large = || {
            let mut input = Input::new(Framing::Clear, 100_000);
            large.chunks(1000).for_each(|piece| input.feed(piece));
            assert!(input.front.capacity() > small.len(), "room for the small one");
            input
        };
        let mut behind = feed_large();
        behind.feed(&small);
        assert_eq!((behind.ready.len(), behind.front.len()), (large.len(), small.len()));
        assert!(behind.front.capacity() <= BLOCK, "{}", behind.front.capacity());

        let mut after = feed_large();
        after.take(WORD, 0x1_0000);
        after.feed(&small);
        assert!(after.front.capacity() <= BLOCK, "{}", after.front.capacity());
        assert_eq!(after.take(WORD, 1), &[5][..]);
    }

    #[test]
    fn chunks_around_the_size_of_a_block_are_complete() {
        for length in BLOCK - 8..BLOCK + 8 {
            let mut input = Input::new(Framing::Clear, 100_000);
            let large = [&(length as u32).to_be_bytes()[..], &vec![7; length]].concat();
            let bytes = [&[0, 0, 0, 1, 5][..], &large, &[0, 0, 0, 1, 6], &large].concat();
            for piece in bytes.chunks(3000) {
                input.feed(piece);
            }
            for (length, byte) in [(1, 5), (length, 7), (1, 6), (length, 7)] {
                assert_eq!(input.peek().map(|(word, _)| word), Some(length as u32));
                assert_eq!(input.take(WORD, length), vec![byte; length]);
            }
            assert!(input.unread().is_empty());
        }
    }
}
