//! The message decoder: what is decoded encodes to bytes that decode to the same.
#![no_main]

use brocomm::lowlevel::wire::{Decoder, Encoder, Framing, FramingLimits};
use brocomm_fuzz::within;
use libfuzzer_sys::fuzz_target;

/// What a decoder may hold for a message, beyond a few times its size.
const MEMORY: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    // The first byte is the type, the rest the argument: nearly every input is a whole message.
    let Some((message_type, argument)) = input.split_first() else { return };
    let mut bytes = vec![0, 0, 0, 8, *message_type, 0, 0, 0, 0, 0, 0, 0];
    if !argument.is_empty() {
        bytes.extend((argument.len() as u32).to_be_bytes());
        bytes.extend(argument);
    }
    let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
    decoder.feed(&bytes);
    let memory = MEMORY + 8 * input.len();
    let Ok(Some(first)) = within(memory, || decoder.poll()) else { return };
    let mut again = Vec::new();
    Encoder::new(Framing::Clear).message(&first.message, &mut again);
    if again.is_empty() {
        // A message whose argument would be empty can't be written.
        return;
    }
    let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
    decoder.feed(&again);
    let second = decoder.poll().expect("our own bytes").expect("a whole message");
    assert_eq!(format!("{:?}", first.message), format!("{:?}", second.message));
});
