//! Captures made of recorded sessions.

use brocomm::data::{Name, Packet};
use brocomm::services::Pcap;
use brocomm_conformance::{Session, Side, StepKind};
use etherparse::{PacketBuilder, PacketBuilderStep, TcpHeader};

/// A captured packet: microseconds, and bytes from the Ethernet header on.
pub(crate) type Frame = (u64, Vec<u8>);

/// The TCP connection of a session, as it is on the wire.
pub(crate) struct Wire {
    v6: bool,
    ports: [u16; 2],
    /// The next sequence numbers of connector and listener.
    next: [u32; 2],
    pub(crate) frames: Vec<Frame>,
}

impl Wire {
    /// Makes the packets of a session whose listener is on a port, each with at most so many bytes;
    /// with all that can happen to them on their way: some come twice, or before the one before.
    pub(crate) fn of(session: &Session, v6: bool, ports: [u16; 2], most: usize) -> Wire {
        // Sequence numbers soon begin at 0 again.
        let mut wire = Wire { v6, ports, next: [u32::MAX - 1000, 7], frames: Vec::new() };
        wire.segment(0, Side::Connector, "S", b"");
        wire.segment(0, Side::Listener, "SA", b"");
        for step in session.recording().unwrap().steps {
            let time = u64::try_from(step.time.as_micros()).unwrap();
            match step.kind {
                StepKind::Data { from, bytes } => {
                    let first = wire.frames.len();
                    bytes.chunks(most).for_each(|bytes| wire.segment(time, from, "A", bytes));
                    let frames = &mut wire.frames[first..];
                    frames.chunks_exact_mut(2).for_each(|two| two.swap(0, 1));
                    if let Some(again) = frames.first().cloned() {
                        wire.frames.push(again);
                    }
                }
                StepKind::Close(from) => wire.segment(time, from, "FA", b""),
            }
        }
        wire
    }

    fn segment(&mut self, time: u64, from: Side, flags: &str, payload: &[u8]) {
        let (from, to) = if from == Side::Connector { (0, 1) } else { (1, 0) };
        let mut tcp = TcpHeader::new(self.ports[from], self.ports[to], self.next[from], u16::MAX);
        tcp.syn = flags.contains('S');
        tcp.ack = flags.contains('A');
        tcp.fin = flags.contains('F');
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
        // As Ethernet has it.
        frame.resize(frame.len().max(60), 0);
        self.frames.push((time, frame));
    }
}

/// Writes frames in the form of pcap.
pub(crate) fn pcap(frames: &[Frame]) -> Vec<u8> {
    let (pcap, mut out) = (Pcap::new(1), Vec::new());
    pcap.header(&mut out);
    for (time, frame) in frames {
        let number = |number: u64| u32::try_from(number).unwrap();
        let packet = Packet {
            sec: number(1_500_000_000 + time / 1_000_000),
            usec: number(time % 1_000_000),
            len: u32::try_from(frame.len()).unwrap(),
            link_type: 1,
            tag: Name::new(),
            data: frame.clone().into(),
        };
        pcap.packet(&packet, &mut out).unwrap();
    }
    out
}

/// Writes frames in the form of pcapng, big-endian, with nanoseconds.
pub(crate) fn pcapng(frames: &[Frame]) -> Vec<u8> {
    fn block(kind: u32, body: &[u8], out: &mut Vec<u8>) {
        let length = u32::try_from(body.len() + 12).unwrap().to_be_bytes();
        out.extend([&kind.to_be_bytes(), &length, body, &length].concat());
    }
    let mut out = Vec::new();
    let section = [&0x1a2b_3c4d_u32.to_be_bytes()[..], &[0, 1, 0, 0], &[0xff; 8]].concat();
    block(0x0a0d_0d0a, &section, &mut out);
    // Ethernet; if_tsresol is 9.
    block(1, &[0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0], &mut out);
    for (time, frame) in frames {
        let nanos = (1_500_000_000_000_000 + time) * 1000;
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        let mut body = [&[0; 4][..], &nanos.to_be_bytes(), &length, &length, frame].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        block(6, &body, &mut out);
    }
    out
}
