//! The transcript of a run, as text or as a hash.

use std::fmt::{self, Write as _};

use super::Nanos;

/// How much of a run is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// A hash of everything.
    Hash,
    /// Everything but the bytes, and the hash.
    Text,
}

pub struct Transcript {
    pub detail: Detail,
    hash: Fnv,
    pub lines: String,
}

impl Transcript {
    pub fn new(detail: Detail) -> Transcript {
        Transcript { detail, hash: Fnv(0xcbf2_9ce4_8422_2325), lines: String::new() }
    }

    /// Adds a line.
    pub fn note(&mut self, now: Nanos, line: fmt::Arguments<'_>) {
        if self.detail != Detail::None {
            writeln!(self.hash, "{now} {line}").expect("a hash takes everything");
        }
        if self.detail == Detail::Text {
            let seconds = now as f64 / 1e9;
            writeln!(self.lines, "{seconds:.6} {line}").expect("a string takes everything");
        }
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.detail != Detail::None {
            self.hash.add(bytes);
        }
    }

    pub fn hash(&self) -> u64 {
        self.hash.0
    }
}

struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}
