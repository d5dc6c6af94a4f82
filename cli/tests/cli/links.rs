//! Tests of `brocomm decode` with captures of various link layers, and with IP fragments.

use brocomm_conformance::Side;

use crate::support::wire::{Frame, Wire, pcap, pcapng};
use crate::support::{run, scratch, session};

const PORTS: [u16; 2] = [50_000, 47757];

/// The length of the Ethernet header.
const ETHERNET: usize = 14;

fn frames(v6: bool) -> Vec<Frame> {
    Wire::of(&session("bro-bro-ping-pong"), v6, PORTS, 100).frames
}

/// Returns the IP packet of a frame, without padding.
fn ip(frame: &[u8]) -> &[u8] {
    let ip = &frame[ETHERNET..];
    let word = |at: usize| usize::from(u16::from_be_bytes([ip[at], ip[at + 1]]));
    let length = if ip[0] >> 4 == 4 { word(2) } else { 40 + word(4) };
    &ip[..length]
}

/// Returns a capture of changed frames.
fn changed(frames: &[Frame], link_type: u32, change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let frames: Vec<Frame> = frames.iter().map(|(time, frame)| (*time, change(frame))).collect();
    let mut capture = pcap(&frames);
    capture[20..24].copy_from_slice(&link_type.to_le_bytes());
    capture
}

/// Decodes a capture. Returns the exit code, the output and the errors.
fn decode(name: &str, capture: &[u8]) -> (i32, String, String) {
    let run = run(["decode".as_ref(), scratch("links", name, capture).as_os_str()]);
    (run.code, run.stdout, run.stderr)
}

#[test]
fn link_layers_are_removed() {
    for v6 in [false, true] {
        let (frames, ether_type) = (frames(v6), if v6 { [0x86, 0xdd] } else { [8, 0] });
        let whole = decode("whole", &pcap(&frames));
        assert_eq!((whole.0, whole.2.as_str()), (0, ""));
        let protocol = if v6 { 0x57 } else { 0x21 };
        let pppoe = [0x11, 0, 0, 1, 0, 0, 0, protocol];
        let vlan = |outer: u16, inner: &[u8]| [&outer.to_be_bytes()[..], &[0, 5], inner].concat();
        let two = [&vlan(0x88a8, &vlan(0x8100, &[]))[..], &ether_type].concat();
        let many = [vlan(0x9200, &vlan(0x9100, &vlan(0x8100, &[]))), two.clone()].concat();
        // After the addresses of Ethernet.
        let ethernet: [&[u8]; 7] = [
            &vlan(0x8100, &ether_type),
            &two,
            &many,
            &[&[0x88, 0x64][..], &pppoe].concat(),
            &[&vlan(0x8100, &[0x88, 0x64])[..], &pppoe].concat(),
            &[0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64],
            &[&[0, 60, 0xaa, 0xaa, 3, 0, 0, 0][..], &ether_type].concat(),
        ];
        let cooked = [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &ether_type].concat();
        let cooked_2 = [&ether_type[..], &[0; 18]].concat();
        let others: [(u32, &[u8]); 12] = [
            (0, &[2, 0, 0, 0]),
            (108, &[0, 0, 0, 2]),
            (9, &[0xff, 3, 0, protocol]),
            (9, &[protocol]),
            (50, &[0xff, 3, 0, protocol]),
            (51, &pppoe),
            (12, &[]),
            (14, &[]),
            (101, &[]),
            (if v6 { 229 } else { 228 }, &[]),
            (113, &cooked),
            (276, &cooked_2),
        ];
        let ethernet = ethernet.map(|header| (1, [&[2; 12], header].concat()));
        let others = others.map(|(link_type, header)| (link_type, header.to_vec()));
        for (link_type, header) in ethernet.into_iter().chain(others) {
            let capture = changed(&frames, link_type, |frame| [&header[..], ip(frame)].concat());
            assert!(decode("other", &capture) == whole, "{link_type}: {header:02x?}");
        }
    }
}

/// Returns a frame's IP packet in fragments, if it is longer than the first of them.
fn fragments(frame: &[u8], id: u16) -> Vec<Vec<u8>> {
    let packet = ip(frame);
    let is_v6 = packet[0] >> 4 == 6;
    let (header, payload) = packet.split_at(if is_v6 { 40 } else { 20 });
    let pieces: Vec<&[u8]> = payload.chunks(40).collect();
    if pieces.len() == 1 {
        return vec![frame.to_vec()];
    }
    let fragment = |(at, piece): (usize, &&[u8])| {
        let (offset, has_more) = (u16::try_from(at * 40).unwrap(), at + 1 < pieces.len());
        let length = |more: usize| u16::try_from(more + piece.len()).unwrap().to_be_bytes();
        let mut header = header.to_vec();
        if is_v6 {
            header[4..6].copy_from_slice(&length(8));
            header[6] = 44;
            header.extend([6, 0]);
            header.extend((offset | u16::from(has_more)).to_be_bytes());
            header.extend(u32::from(id).to_be_bytes());
        } else {
            header[2..4].copy_from_slice(&length(20));
            header[4..6].copy_from_slice(&id.to_be_bytes());
            let flags = if has_more { 0x2000 } else { 0 };
            header[6..8].copy_from_slice(&((offset / 8) | flags).to_be_bytes());
        }
        [&frame[..ETHERNET], &header, piece].concat()
    };
    pieces.iter().enumerate().map(fragment).collect()
}

#[test]
fn fragments_are_reassembled() {
    for v6 in [false, true] {
        let frames = frames(v6);
        let whole = decode("whole", &pcap(&frames));
        let all: Vec<Vec<Frame>> = frames
            .iter()
            .zip(1..)
            .map(|((time, frame), id)| {
                fragments(frame, id).into_iter().map(|f| (*time, f)).collect()
            })
            .collect();
        assert!(all.iter().any(|fragments| fragments.len() > 2));
        let reversed: Vec<Frame> =
            all.iter().flat_map(|fragments| fragments.iter().rev().cloned()).collect();
        for frames in [all.concat(), reversed] {
            assert!(decode("fragments", &pcap(&frames)) == whole, "{v6}");
        }
        // Without the last fragment of the last packet with data.
        let mut lacking = all.clone();
        let last = lacking.iter_mut().rev().find(|fragments| fragments.len() > 1).unwrap();
        last.pop();
        let first_lost = all.iter().position(|f| lacking.iter().all(|other| other != f)).unwrap();
        let lacking = pcap(&lacking[..=first_lost].concat());
        let (code, _, errors) = decode("lacking", &lacking);
        assert_eq!(code, 1);
        assert!(errors.contains("packets with missing fragments: 1\n"), "{errors}");
    }
}

#[test]
fn truncated_packets_are_reported() {
    let mut wire = Wire::new(false, PORTS, [1, 1]);
    wire.segment(0, Side::Connector, "S", b"");
    wire.segment(0, Side::Listener, "SA", b"");
    wire.segment(0, Side::Connector, "A", &[0; 100]);
    let capture = changed(&wire.frames, 1, |frame| frame[..frame.len().min(100)].to_vec());
    let (code, _, errors) = decode("truncated", &capture);
    assert_eq!(code, 1);
    let error = "truncated packets: 1; capture with `tcpdump -s 0`\n";
    assert!(errors.contains(error), "{errors}");
}

#[test]
fn frames_may_end_with_a_check_sequence() {
    let frames = frames(false);
    let whole = decode("whole", &pcap(&frames));
    let with = |frame: &[u8]| [frame, &[1, 2, 3, 4]].concat();
    for bits in [0x2400_0000, 0xf400_0000] {
        assert!(decode("checked", &changed(&frames, 1 | bits, with)) == whole, "{bits:x}");
    }
}

#[test]
fn all_packet_blocks_of_pcapng_are_read() {
    let frames = frames(false);
    let whole = decode("whole", &pcapng(&frames)).1;
    for big_endian in [false, true] {
        let long = |n: usize| {
            let n = u32::try_from(n).unwrap();
            if big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
        };
        let short = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let block = |kind: usize, body: &[u8]| {
            let body = [body, &[0; 3][..body.len().next_multiple_of(4) - body.len()]].concat();
            let length = long(body.len() + 12);
            [&long(kind)[..], &length, &body, &length].concat()
        };
        let section = [&long(0x1a2b_3c4d)[..], &short(1), &short(0), &[0xff; 8]].concat();
        let begin = |snapshot: usize| {
            let interface = [&short(1)[..], &short(0), &long(snapshot)].concat();
            [block(0x0a0d_0d0a, &section), block(1, &interface)].concat()
        };
        let obsolete = |(time, frame): &Frame| {
            let micros = 1_500_000_000_000_000 + usize::try_from(*time).unwrap();
            let times = [long(micros >> 32), long(micros & 0xffff_ffff)].concat();
            let lengths = [long(frame.len()); 2].concat();
            block(2, &[&short(0)[..], &short(0xffff), &times, &lengths, frame].concat())
        };
        let capture = [begin(0), frames.iter().flat_map(obsolete).collect()].concat();
        assert_eq!(decode("obsolete", &capture).1, whole, "{big_endian}");

        // A simple packet has no captured length, only that of the packet.
        let simple = |most: usize| {
            let block = |(_, frame): &Frame| {
                let captured = &frame[..frame.len().min(most)];
                block(3, &[&long(frame.len())[..], captured].concat())
            };
            [begin(most), frames.iter().flat_map(block).collect()].concat()
        };
        let lines = |text: &str| text.lines().count();
        let (code, output, errors) = decode("simple", &simple(1000));
        assert_eq!((code, lines(&output)), (0, lines(&whole)), "{errors}");
        let (code, _, errors) = decode("simple", &simple(89));
        assert_eq!(code, 1);
        // The padding is not part of the packet.
        assert!(errors.contains("after 2 of "), "{errors}");
    }
}
