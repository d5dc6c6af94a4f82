//! Captures generated from recorded sessions.

use brocomm_conformance::{RecordedSession, Side, StepKind};
use etherparse::{PacketBuilder, PacketBuilderStep, TcpHeader};

/// A captured packet: the time in microseconds and the bytes of the Ethernet frame.
pub(crate) type Frame = (u64, Vec<u8>);

/// The TCP connection of a session on the wire.
pub(crate) struct Wire {
    v6: bool,
    ports: [u16; 2],
    /// The next sequence numbers of the connector and of the listener.
    next: [u32; 2],
    pub(crate) frames: Vec<Frame>,
}

impl Wire {
    /// Creates the packets of a session, each with at most `most` bytes. Some packets are
    /// duplicated or reordered.
    pub(crate) fn of(session: &RecordedSession, v6: bool, ports: [u16; 2], most: usize) -> Wire {
        // The sequence numbers wrap soon.
        let mut wire = Wire::new(v6, ports, [u32::MAX - 1000, 7]);
        wire.segment(0, Side::Connector, "S", b"");
        wire.segment(0, Side::Listener, "SA", b"");
        wire.carry(session, 0, most);
        wire
    }

    /// Creates a connection without packets, with these initial sequence numbers.
    pub(crate) fn new(v6: bool, ports: [u16; 2], next: [u32; 2]) -> Wire {
        Wire { v6, ports, next, frames: Vec::new() }
    }

    /// Adds the packets of a session, starting at a time.
    pub(crate) fn carry(&mut self, session: &RecordedSession, begin: u64, most: usize) {
        for step in session.recording().unwrap().steps {
            let time = begin + u64::try_from(step.time.as_micros()).unwrap();
            match step.kind {
                StepKind::Data { from, bytes } => {
                    let first = self.frames.len();
                    bytes.chunks(most).for_each(|bytes| self.segment(time, from, "A", bytes));
                    let frames = &mut self.frames[first..];
                    frames.chunks_exact_mut(2).for_each(|two| two.swap(0, 1));
                    if let Some(again) = frames.first().cloned() {
                        self.frames.push(again);
                    }
                }
                StepKind::Close(from) => self.segment(time, from, "FA", b""),
            }
        }
    }

    /// Adds the SYN of a side again, as an answer to the other side's SYN.
    pub(crate) fn answer(&mut self, from: Side) {
        let next = &mut self.next[usize::from(from == Side::Listener)];
        *next = next.wrapping_sub(1);
        self.segment(0, from, "SA", b"");
    }

    /// Adds a packet with some of the flags S, A, F and R.
    pub(crate) fn segment(&mut self, time: u64, from: Side, flags: &str, payload: &[u8]) {
        let (from, to) = if from == Side::Connector { (0, 1) } else { (1, 0) };
        let mut tcp = TcpHeader::new(self.ports[from], self.ports[to], self.next[from], u16::MAX);
        tcp.syn = flags.contains('S');
        tcp.ack = flags.contains('A');
        tcp.fin = flags.contains('F');
        tcp.rst = flags.contains('R');
        tcp.acknowledgment_number = if tcp.ack { self.next[to] } else { 0 };
        let length = u32::try_from(payload.len()).unwrap() + u32::from(tcp.syn || tcp.fin);
        self.next[from] = self.next[from].wrapping_add(length);
        let ethernet = PacketBuilder::ethernet2([2; 6], [4; 6]);
        let host = |at: usize| u8::try_from(at + 1).unwrap();
        let builder: PacketBuilderStep<TcpHeader> = if self.v6 {
            let address = |at| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host(at)];
            ethernet.ipv6(address(from), address(to), 64).tcp_header(tcp)
        } else {
            ethernet.ipv4([10, 0, 0, host(from)], [10, 0, 0, host(to)], 64).tcp_header(tcp)
        };
        let mut frame = Vec::new();
        builder.write(&mut frame, payload).unwrap();
        // The minimum size of an Ethernet frame.
        frame.resize(frame.len().max(60), 0);
        self.frames.push((time, frame));
    }
}

/// Returns frames in pcap format.
pub(crate) fn pcap(frames: &[Frame]) -> Vec<u8> {
    pcap_in(frames, 0xa1b2_c3d4, false, 1000)
}

/// Returns frames in the pcap variant with this magic number and unit of time in nanoseconds.
pub(crate) fn pcap_in(frames: &[Frame], magic: u32, big_endian: bool, unit: u64) -> Vec<u8> {
    let number = |number: u64| {
        let number = u32::try_from(number).unwrap();
        if big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    };
    let versions: [u8; 4] = if big_endian { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
    let mut out = [number(magic.into()), versions, number(0), number(0), number(1 << 16)].concat();
    out.extend(number(1));
    for (time, frame) in frames {
        let length = u64::try_from(frame.len()).unwrap();
        out.extend(number(1_500_000_000 + time / 1_000_000));
        out.extend(number(time % 1_000_000 * 1000 / unit));
        out.extend([number(length), number(length)].concat());
        if magic == 0xa1b2_cd34 {
            // The interface, the protocol and the packet type.
            out.extend([7, 0, 0, 0, 8, 0, 4, 0]);
        }
        out.extend(frame);
    }
    out
}

/// Returns frames in pcapng format, big-endian, with nanoseconds.
pub(crate) fn pcapng(frames: &[Frame]) -> Vec<u8> {
    pcapng_in(frames, true, &[(Some(9), None)])
}

/// Returns frames in pcapng format, alternating between interfaces with these options `if_tsresol`
/// and `if_tsoffset`.
pub(crate) fn pcapng_in(
    frames: &[Frame],
    big_endian: bool,
    interfaces: &[(Option<u8>, Option<i64>)],
) -> Vec<u8> {
    let long = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let short = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let block = |kind: u32, body: &[u8], out: &mut Vec<u8>| {
        let length = long(u32::try_from(body.len() + 12).unwrap());
        out.extend([&long(kind), &length, body, &length].concat());
    };
    let mut out = Vec::new();
    let section = [&long(0x1a2b_3c4d)[..], &short(1), &short(0), &[0xff; 8]].concat();
    block(0x0a0d_0d0a, &section, &mut out);
    for (resolution, offset) in interfaces {
        // Ethernet, with a comment as the first option.
        let mut body = [&short(1)[..], &[0; 6], &short(1), &short(2), b"hi\0\0"].concat();
        if let Some(resolution) = resolution {
            body.extend([&short(9)[..], &short(1), &[*resolution, 0, 0, 0]].concat());
        }
        if let Some(offset) = offset {
            let bytes = if big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() };
            body.extend([&short(14)[..], &short(8), &bytes].concat());
        }
        body.extend([0; 4]);
        block(1, &body, &mut out);
    }
    for (at, (time, frame)) in frames.iter().enumerate() {
        let at = at % interfaces.len();
        let (resolution, offset) = interfaces[at];
        let resolution = resolution.unwrap_or(6);
        let per_second = match resolution {
            power @ 0x80.. => 1_u128 << (power & 0x7f),
            power => 10_u128.pow(power.into()),
        };
        let micros = 1_500_000_000_000_000 + i128::from(*time);
        let micros = u128::try_from(micros - i128::from(offset.unwrap_or(0)) * 1_000_000).unwrap();
        let units = u64::try_from(micros * per_second / 1_000_000).unwrap();
        let high = long(u32::try_from(units >> 32).unwrap());
        let low = long(u32::try_from(units & 0xffff_ffff).unwrap());
        let length = long(u32::try_from(frame.len()).unwrap());
        let interface = long(u32::try_from(at).unwrap());
        let mut body = [&interface[..], &high, &low, &length, &length, frame].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        block(6, &body, &mut out);
    }
    out
}
