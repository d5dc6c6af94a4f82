//! Cases about compression (§1.5).

use std::slice::from_ref;

use brocomm::data::Value;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::{Caps, Compression, Message, MessageType};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};

use super::framing::{echoed, in_parts};
use crate::suite::{Capability, Case, Entry, Exchange, Outcome, Stop, Trial, chunk};

pub(super) fn cases() -> Vec<Case> {
    let receiving = [received(), refused()].concat();
    let receiving = receiving.into_iter().map(|case| case.needs(Capability::Decompression));
    let sending = sent().into_iter().map(|case| case.entry(Entry::Compress));
    receiving.chain(sending).collect()
}

/// Cases about valid compressed input.
fn received() -> Vec<Case> {
    vec![
        Case::must(
            "1.5/1",
            "events are understood after COMPRESS, at each level",
            "For each level from 1 to 9: sends COMPRESS and then 20 events that differ only in a \
             number, so that later ones refer to earlier data in the zlib stream.",
            |trial| {
                for level in (1..=9).filter_map(Compression::new) {
                    let mut peer = trial.running_as(|hello| hello.compression = Some(level))?;
                    for number in 0..20 {
                        let value = Value::string(format!("alike but for its number {number}"));
                        peer.send_echo(value.clone())?;
                        echoed(&mut peer, &value)?;
                    }
                }
                Ok(())
            },
        ),
        Case::must(
            "1.5/2",
            "a stored chunk may have any size",
            "Sends events of 10, 100 and 2000 bytes as stored chunks: the payload, then the length \
             0. A sender stores payloads shorter than 30 bytes; a receiver accepts any size.",
            |trial| {
                let mut peer = Packing::new(trial)?;
                for size in [10, 100, 2000] {
                    let value = Value::string("s".repeat(size));
                    let argument = peer.echo(&value)?;
                    let bytes = [peer.stored(&HEADER), peer.stored(&argument)].concat();
                    peer.send(&bytes, "stored")?;
                    peer.echoed(&value)?;
                }
                Ok(())
            },
        ),
        Case::must(
            "1.5/3",
            "a compressed chunk may have any size",
            "Sends an event whose header chunk, of 8 bytes, is compressed as well. A sender stores \
             payloads shorter than 30 bytes; a receiver accepts both.",
            |trial| {
                let mut peer = Packing::new(trial)?;
                let value = Value::string("deflated");
                let argument = peer.echo(&value)?;
                let bytes = [peer.deflated(&HEADER), peer.deflated(&argument)].concat();
                peer.send(&bytes, "deflated, header included")?;
                peer.echoed(&value)
            },
        ),
        Case::must(
            "1.5/4",
            "stored chunks do not enter the zlib stream",
            "Sends compressed and stored events in turn. One zlib stream covers the whole \
             direction, and continues after a stored chunk as if that did not exist.",
            |trial| {
                let mut peer = Packing::new(trial)?;
                for number in 0..20_u64 {
                    let value = Value::string(format!("now the one and then the other {number}"));
                    let argument = peer.echo(&value)?;
                    let packed = match number % 2 {
                        0 => peer.deflated(&argument),
                        _ => peer.stored(&argument),
                    };
                    let bytes = [peer.stored(&HEADER), packed].concat();
                    peer.send(&bytes, if number % 2 == 0 { "deflated" } else { "stored" })?;
                    peer.echoed(&value)?;
                }
                Ok(())
            },
        ),
        Case::must(
            "1.5/5",
            "a compressed chunk may arrive in parts",
            "Sends a compressed event in parts of 7 bytes. Compression precedes the split.",
            |trial| {
                let mut peer = Packing::new(trial)?;
                let value = Value::string("compressed, then cut into parts");
                let argument = peer.echo(&value)?;
                let packed = peer.deflated(&argument);
                let parts = in_parts(packed.get(4..).unwrap_or_default(), 7);
                let bytes = [peer.stored(&HEADER), parts].concat();
                peer.send(&bytes, "deflated, in parts of 7 bytes")?;
                peer.echoed(&value)
            },
        )
        .needs(Capability::PartialChunks),
        Case::should(
            "1.5/6",
            "a second COMPRESS starts a new zlib stream",
            "Sends COMPRESS, an event, COMPRESS again, and an event in a new zlib stream with its \
             own header. Bro does this to a peer whose sync had to wait (§3.3).",
            |trial| {
                let mut peer = Packing::new(trial)?;
                for text in ["before the second COMPRESS", "after the second COMPRESS"] {
                    let value = Value::string(text);
                    let argument = peer.echo(&value)?;
                    let bytes = [peer.stored(&HEADER), peer.deflated(&argument)].concat();
                    peer.send(&bytes, "deflated")?;
                    peer.echoed(&value)?;
                    let compress = peer.stored(&[0x12, 0, 0, 0, 0, 0, 0, 0]);
                    peer.send(&compress, "COMPRESS")?;
                    peer.deflater = Compress::new(Default::default(), true);
                }
                Ok(())
            },
        ),
        Case::must(
            "1.5/7",
            "a message of 2.5 MB is understood when compressed",
            "Has a highly compressible string of 2.5 MB echoed.",
            |trial| {
                let mut peer =
                    trial.running_as(|hello| hello.compression = Some(Compression::default()))?;
                let value = Value::string("0123456789".repeat(250_000));
                peer.send_echo(value.clone())?;
                peer.expect_echo(&value)
            },
        )
        .needs(Capability::PartialChunks),
    ]
}

/// Cases about invalid compressed input.
fn refused() -> Vec<Case> {
    let refused = |id, title: &str, description: &str, bad: fn(&mut Packing, &[u8]) -> Vec<u8>| {
        let why = title.split(" end").next().unwrap_or(title).to_owned();
        Case::should(id, title, description, move |trial| {
            let mut peer = Packing::new(trial)?;
            // An implementation that overlooks the error decodes an event and echoes it.
            let argument = peer.echo(&Value::string("s".repeat(100)))?;
            let bytes = [peer.stored(&HEADER), bad(&mut peer, &argument)].concat();
            peer.send(&bytes, &why)?;
            trial.closes(&mut peer.exchange, &why)
        })
    };
    vec![
        refused(
            "1.5/20",
            "a chunk that inflates to more than claimed ends the connection",
            "Sends a compressed event whose claimed length is one byte too short.",
            |peer, argument| peer.lying(argument, length_of(argument).saturating_sub(1)),
        ),
        refused(
            "1.5/21",
            "a chunk that inflates to less than claimed ends the connection",
            "Sends a compressed event whose claimed length is one byte too long.",
            |peer, argument| peer.lying(argument, length_of(argument).saturating_add(1)),
        ),
        refused(
            "1.5/22",
            "a chunk that claims 4 GiB ends the connection",
            "Sends a compressed event whose claimed length is 4 GiB - 1. The length must be \
             checked against a limit before memory is allocated.",
            |peer, argument| peer.lying(argument, u32::MAX),
        ),
        refused(
            "1.5/23",
            "a chunk that inflates to 8 MiB but claims less ends the connection",
            "Sends 8 KiB that inflate to an event followed by 8 MiB of zeros, with only the \
             event's length claimed. Decompression must stop at the claimed length.",
            |peer, argument| {
                let bomb = [argument, &vec![0; 8 << 20]].concat();
                peer.lying(&bomb, length_of(argument))
            },
        ),
        refused(
            "1.5/24",
            "a compressed chunk shorter than its length ends the connection",
            "Sends a chunk of 3 bytes. After COMPRESS each chunk ends in a length of 4 bytes.",
            |_, _| chunk(&[0, 0, 0]),
        ),
        refused(
            "1.5/25",
            "a chunk that is not a zlib stream ends the connection",
            "Sends bytes that cannot start a zlib stream, and a claimed length of 8 bytes.",
            |_, _| chunk(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0]),
        ),
        refused(
            "1.5/26",
            "an empty stored chunk ends the connection",
            "Sends a chunk that consists only of the length 0. Its payload is empty, which is not \
             allowed (§1.1).",
            |peer, _| peer.stored(&[]),
        ),
        refused(
            "1.5/27",
            "unused compressed bytes end the connection",
            "Sends an event in a chunk with bytes after the end of its zlib data.",
            |peer, argument| {
                let mut packed = peer.packed(argument, FlushCompress::Finish);
                packed.extend_from_slice(b"left over");
                packed.extend_from_slice(&length_of(argument).to_le_bytes());
                chunk(&packed)
            },
        ),
    ]
}

fn length_of(argument: &[u8]) -> u32 {
    u32::try_from(argument.len()).unwrap_or(0)
}

/// Cases about compressed output.
fn sent() -> Vec<Case> {
    vec![
        Case::must(
            "1.5/40",
            "COMPRESS is sent when the handshake completes, before anything of the next phase",
            "Goes through the handshake with a peer entry that compresses. COMPRESS must follow \
             PHASE_DONE, and everything after it must be compressed. The bytes are checked against \
             the rules, not with brocomm's own decoder.",
            |trial| {
                let mut peer = handshaken(trial)?;
                match peer.receive()? {
                    Some(got) if got.message == Message::Compress => peer.answers(),
                    Some(got) => Stop::failed(format!("{} came instead", got.message_type())),
                    None => Stop::failed("it closed instead"),
                }
            },
        ),
        Case::must(
            "1.5/41",
            "compressed chunks inflate to the claimed size",
            "Has 50 strings of 5 to 3000 bytes echoed. Each chunk after COMPRESS ends in a \
             little-endian length: 0 for a stored chunk, otherwise the decompressed size. All \
             compressed chunks form one zlib stream.",
            |trial| {
                let mut peer = handshaken(trial)?;
                peer.expect(MessageType::Compress)?;
                let mut inflater = Decompress::new(true);
                let mut deflated = 0;
                for number in 0..50 {
                    let value = Value::string("abcde".repeat(1 + number * 12));
                    peer.send_echo(value.clone())?;
                    loop {
                        let Some(got) = peer.receive()? else {
                            return Stop::failed("it closed instead of echoing");
                        };
                        deflated += check_chunks(&got.bytes, &mut inflater)?;
                        if matches!(got.serial, Some(Serial::Event(event)) if event.args == [value.clone()])
                        {
                            break;
                        }
                    }
                }
                Stop::unless(deflated > 0, || "nothing was compressed".to_owned())?;
                peer.answers()
            },
        ),
        Case::must(
            "1.5/42",
            "COMPRESS is not sent to a peer that cannot decompress",
            "Goes through the handshake with a peer entry that compresses, without announcing \
             COMPRESSION. No COMPRESS may arrive.",
            |trial| {
                let no_compression = Caps::PID_64BIT | Caps::NEW_CACHE_STRATEGY;
                let mut peer = trial.running_as(|hello| hello.caps = Some(no_compression))?;
                peer.answers()?;
                Stop::unless(!peer.theirs().compress, || "COMPRESS came".to_owned())
            },
        ),
        Case::must(
            "1.5/43",
            "each direction is compressed independently",
            "Goes through the handshake with a peer entry that compresses. The suite does not \
             compress.",
            |trial| {
                let mut peer = trial.running()?;
                peer.answers()?;
                Stop::unless(peer.theirs().compress, || "COMPRESS did not arrive".to_owned())
            },
        ),
        Case::must(
            "1.5/44",
            "both directions may be compressed",
            "Goes through the handshake with a peer entry that compresses. The suite compresses \
             too.",
            |trial| {
                let mut peer =
                    trial.running_as(|hello| hello.compression = Some(Compression::default()))?;
                for number in 0..20 {
                    let value = Value::string(format!("compressed both ways {number}"));
                    peer.send_echo(value.clone())?;
                    echoed(&mut peer, &value)?;
                }
                Stop::unless(peer.theirs().compress, || "COMPRESS did not arrive".to_owned())
            },
        ),
    ]
}

/// Runs the handshake up to the implementation's PHASE_DONE.
fn handshaken(trial: &mut Trial<'_>) -> Outcome<Exchange> {
    let mut peer = trial.open()?;
    let hello = peer.hello();
    peer.greet(&hello)?;
    peer.request(&hello)?;
    peer.send(&Message::PhaseDone)?;
    peer.expect(MessageType::PhaseDone)?;
    Ok(peer)
}

/// Decompresses chunks as in §1.5. Returns how many were compressed.
fn check_chunks(bytes: &[u8], inflater: &mut Decompress) -> Outcome<usize> {
    let (mut rest, mut deflated) = (bytes, 0);
    while let Some((word, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*word) as usize;
        let (chunk, behind) = behind.split_at_checked(length).unwrap_or((behind, &[]));
        rest = behind;
        let Some((body, claim)) = chunk.split_last_chunk::<4>() else {
            return Stop::failed(format!("a chunk of {} bytes has no length", chunk.len()));
        };
        let claim = u32::from_le_bytes(*claim);
        if claim == 0 {
            continue;
        }
        deflated += 1;
        let mut plain = Vec::with_capacity(1 << 20);
        let result = inflater.decompress_vec(body, &mut plain, FlushDecompress::Sync);
        Stop::unless(result.is_ok() && plain.len() as u64 == u64::from(claim), || {
            format!("a chunk inflates to {} bytes, but claims {claim}: {result:?}", plain.len())
        })?;
    }
    Ok(deflated)
}

/// The payload of the header chunk of a SERIAL.
const HEADER: [u8; 8] = [2, 0, 0, 0, 0, 0, 0, 0];

/// A connection on which the case compresses by hand.
struct Packing {
    exchange: Exchange,
    deflater: Compress,
}

impl Packing {
    fn new(trial: &mut Trial<'_>) -> Outcome<Packing> {
        let mut exchange = trial.running()?;
        // Sent as bytes, so that the exchange itself does not compress.
        exchange.send_bytes(&crate::suite::header(0x12), "COMPRESS")?;
        Ok(Packing { exchange, deflater: Compress::new(Default::default(), true) })
    }

    /// Returns the argument of an event to be echoed.
    fn echo(&mut self, value: &Value) -> Outcome<Vec<u8>> {
        let argument = self.exchange.encode_event("conformance_echo", from_ref(value))?;
        Ok(argument.to_vec())
    }

    /// Waits until this value is echoed.
    fn echoed(&mut self, value: &Value) -> Outcome {
        self.exchange.expect_echo(value)
    }

    fn send(&mut self, bytes: &[u8], meaning: &str) -> Outcome {
        self.exchange.send_bytes(bytes, meaning)
    }

    fn stored(&self, payload: &[u8]) -> Vec<u8> {
        chunk(&[payload, &[0; 4]].concat())
    }

    fn deflated(&mut self, payload: &[u8]) -> Vec<u8> {
        self.lying(payload, length_of(payload))
    }

    /// Returns a compressed chunk that claims this decompressed size.
    fn lying(&mut self, payload: &[u8], length: u32) -> Vec<u8> {
        let mut packed = self.packed(payload, FlushCompress::Sync);
        packed.extend_from_slice(&length.to_le_bytes());
        chunk(&packed)
    }

    fn packed(&mut self, payload: &[u8], flush: FlushCompress) -> Vec<u8> {
        // Enough for incompressible data.
        let mut packed = Vec::with_capacity(payload.len() + payload.len() / 8 + 256);
        // Cannot fail: the state is valid and there is room.
        let _ = self.deflater.compress_vec(payload, &mut packed, flush);
        packed
    }
}
