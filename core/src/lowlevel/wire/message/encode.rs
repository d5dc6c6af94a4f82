//! Encoding of messages to their argument chunks (§2).

use super::lists::until_nul;
use super::{Message, PingArgs, PingLayout};

impl Message {
    /// Appends the argument chunk. Appends nothing for a message without an argument, or if the
    /// argument would hold no entry.
    pub(in crate::lowlevel::wire) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Message::PhaseDone | Message::Compress | Message::RequestLogs => {}
            Message::Serial(bytes) | Message::LogCreateWriter(bytes) | Message::LogWrite(bytes) => {
                out.extend_from_slice(bytes);
            }
            Message::Version(version) => {
                put_u32(out, version.protocol);
                put_u32(out, version.cache_size);
                put_u32(out, version.data_format);
                put_u32(out, version.runtime);
                if let Some(class) = &version.class {
                    put_string(out, until_nul(class));
                }
            }
            Message::RequestEvents(names) if names.is_empty() => {}
            Message::RequestEvents(names) => put_string(out, names.as_argument()),
            Message::RemotePrint(items) if items.is_empty() => {}
            Message::RemotePrint(items) => put_string(out, items.as_argument()),
            Message::CaptureFilter(filter) => put_string(out, until_nul(filter)),
            Message::RequestSync { authoritative } => put_u32(out, u32::from(*authoritative)),
            Message::Ping(args) | Message::Pong(args) => put_ping_args(out, args),
            Message::Caps(caps) => {
                put_u32(out, caps.bits());
                put_u32(out, 0);
                put_u32(out, 0);
            }
            Message::SyncPoint(point) => put_u32(out, point.to_u32()),
        }
    }
}

fn put_ping_args(out: &mut Vec<u8>, args: &PingArgs) {
    put_u32(out, args.seq);
    if args.layout == PingLayout::Padded32 {
        put_u32(out, 0);
    }
    for time in [args.time1, args.time2, args.time3] {
        out.extend_from_slice(&time.to_be_bytes());
    }
}

fn put_u32(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_be_bytes());
}

/// Appends a string and the terminating NUL.
fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    out.extend_from_slice(string);
    out.push(0);
}
