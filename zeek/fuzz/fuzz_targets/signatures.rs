//! The parser of Zeek scripts terminates on any input.
#![no_main]

use brocomm_zeek::signatures;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = signatures::read(text, &mut signatures::base());
});
