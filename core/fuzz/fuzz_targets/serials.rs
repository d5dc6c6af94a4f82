//! The serialization reader: several SERIALs in a row through one cache; what is read is written
//! again to bytes that read as the same.
#![no_main]

use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{Caching, LazySerial, ReaderLimits, Mode, Reader, Transcript};
use brocomm::lowlevel::wire::DataFormat;
use brocomm_fuzz::within;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

const LIMITS: ReaderLimits = ReaderLimits { depth: 32, objects: 10_000, cache: 100, cache_bytes: 1 << 20 };

/// What the limits let a SERIAL of at most 64 KiB take: so much per object, the transcript's notes
/// included, and room that is made before it is needed.
const MEMORY: usize = 400 * LIMITS.objects as usize;

// Input: flags, the cache's size, then SERIALs, each after its length in two bytes.
fuzz_target!(|input: &[u8]| {
    let [flags, cache_size, serials @ ..] = input else { return };
    let mut rest = serials;
    let caching = match flags & 3 {
        0 => Caching::None,
        1 => Caching::Single,
        _ => Caching::Stable,
    };
    let mut formats = DataFormat::ALL.into_iter().rev();
    let data_format = formats.nth(usize::from(flags >> 4)).unwrap_or_default();
    let mode = Mode { pid_64bit: flags & 4 != 0, caching, to_broccoli: false, data_format };
    let make = || {
        let mut reader = Reader::new(LIMITS);
        reader.set_cache_size(u32::from(*cache_size));
        reader.set_lenient(flags & 8 != 0);
        reader
    };
    let (mut first, mut second, mut lazy) = (make(), make(), make());
    let mut transcript = Transcript::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (bytes, after) = after.split_at(length);
        rest = after;
        let chunk = Bytes::copy_from_slice(bytes);
        // Lazily the same comes out, or the same error.
        let lazily = within(MEMORY, || lazy.read_lazily(&chunk, mode));
        let read = within(MEMORY, || first.read_noting(&chunk, mode, &mut transcript));
        let Ok(serial) = read else { return };
        let lazily = match lazily.expect("it is read at once") {
            LazySerial::Event(event) => Serial::Event(event.to_event()),
            LazySerial::Other(serial) => serial,
        };
        assert_eq!(format!("{serial:?}"), format!("{lazily:?}"));
        assert!(lazy.cached_bytes() <= LIMITS.cache_bytes + (1 << 17));
        assert!(first.counters().entries <= 2 * u64::from(LIMITS.cache));
        let mut again = Vec::new();
        transcript.write_again(&serial, mode, &mut again);
        // Not always the same bytes: any byte but 1 means false, and some numbers lose bits that
        // mean nothing. But the same content.
        let reread = second.read(&Bytes::from(again), mode).expect("our own bytes");
        assert_eq!(format!("{serial:?}"), format!("{reread:?}"));
    }
});
