//! The chunk decoder: the same bytes in one piece and in two give the same messages, within limits.
#![no_main]

use brocomm::lowlevel::wire::{Decoder, Framing, FramingLimits, Message, WireError};
use brocomm_fuzz::within;
use libfuzzer_sys::fuzz_target;

/// Small, so that they are reached.
const LIMITS: FramingLimits = FramingLimits { chunk: 4096, message: 8192, inflated: 16384 };

/// What the limits let a decoder hold: what was fed, a message in parts and whole, what it inflates
/// to, and zlib's window; blocks double.
const MEMORY: usize = 1 << 20;

fn decode(framing: Framing, pieces: &[&[u8]]) -> (Vec<(Message, u64)>, Option<WireError>) {
    let mut decoder = Decoder::new(framing, LIMITS);
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.poll() {
                Ok(Some(decoded)) => {
                    if let Message::Serial(chunk) = &decoded.message {
                        assert!(chunk.len() <= LIMITS.inflated as usize);
                    }
                    messages.push((decoded.message, decoded.offset));
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.poll().unwrap_err(), error, "errors stay");
                    return (messages, Some(error));
                }
            }
        }
    }
    let _ = decoder.finish();
    (messages, None)
}

// Input: a flag, where to split in two bytes, the stream.
fuzz_target!(|input: &[u8]| {
    let [flags, high, low, stream @ ..] = input else { return };
    let framing = if flags & 1 == 0 { Framing::Clear } else { Framing::Tls };
    let split = usize::from(u16::from_be_bytes([*high, *low])) % (stream.len() + 1);
    let (first, second) = stream.split_at(split);
    let memory = MEMORY + 8 * stream.len();
    let whole = within(memory, || decode(framing, &[stream]));
    let split = within(memory, || decode(framing, &[first, second]));
    // A ping's times may be NaN, which equals nothing: compare what is printed.
    assert_eq!(format!("{whole:?}"), format!("{split:?}"));
});
