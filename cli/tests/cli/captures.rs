//! Tests of `brocomm decode` with captures.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;

use brocomm_conformance::Side;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::wire::{Frame, Wire, pcap, pcap_in, pcapng, pcapng_in};
use crate::support::{brocomm, no_folder, run, scratch, session};

/// Decodes to JSON lines without what depends on the kind of recording. Also returns the errors.
fn decode(file: &std::path::Path, more: &[&str]) -> (i32, Vec<Value>, String) {
    let run = run([&["decode", "--json", file.to_str().unwrap()], more].concat());
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let object = line.as_object_mut().unwrap();
        // Microseconds in one format, nanoseconds in the other.
        object["t"] = json!((object["t"].as_f64().unwrap() * 1e3).round());
        object.remove("file");
        line
    };
    (run.code, run.stdout.lines().map(line).collect(), run.stderr)
}

const PORTS: [u16; 2] = [50_000, 47757];

#[test]
fn a_capture_decodes_like_the_recording() {
    for (name, v6, most) in [
        ("bro-bro-events-basic", false, 100),
        ("bro-bro-sync-auth-connector", true, 1400),
        ("bro-bro-compress-6", false, 1),
    ] {
        let session = session(name);
        let recorded = decode(&session.recording_path(), &[]);
        let frames = Wire::of(&session, v6, PORTS, most).frames;
        for (form, bytes) in [("pcap", pcap(&frames)), ("pcapng", pcapng(&frames))] {
            let file = scratch("captures", &format!("{name}.{form}"), &bytes);
            let captured = decode(&file, &[]);
            assert_eq!(captured.2, "", "{name}.{form}");
            assert_eq!(captured.1.len(), recorded.1.len(), "{name}.{form}");
            for (captured, recorded) in captured.1.iter().zip(&recorded.1) {
                assert_eq!(captured, recorded, "{name}.{form}");
            }
            assert_eq!(captured.0, 0);
        }
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_gzipped_capture_is_decompressed() {
    let session = session("bro-bro-events-basic");
    let frames = Wire::of(&session, false, PORTS, 1400).frames;
    for (form, bytes) in [("pcap", pcap(&frames)), ("pcapng", pcapng(&frames))] {
        let whole = decode(&scratch("gzipped", &format!("whole.{form}"), &bytes), &[]);
        let gzip = gzipped(&bytes);
        let file = scratch("gzipped", &format!("whole.{form}.gz"), &gzip);
        let inflated = decode(&file, &[]);
        assert_eq!((inflated.0, inflated.2.as_str()), (0, ""));
        assert!(inflated.1 == whole.1 && !whole.1.is_empty());
        // A gzip file with several members, as some programs write, and a truncated one.
        let (one, other) = bytes.split_at(bytes.len() / 2);
        let members = [gzipped(one), gzipped(other)].concat();
        let inflated = decode(&scratch("gzipped", &format!("members.{form}.gz"), &members), &[]);
        assert!(inflated == whole, "{form}");
        let cut = scratch("gzipped", &format!("cut.{form}.gz"), &gzip[..gzip.len() / 2]);
        let (code, lines, errors) = decode(&cut, &[]);
        assert_eq!(code, 1);
        assert!(!lines.is_empty() && lines.len() < whole.1.len(), "{}", lines.len());
        assert!(
            errors.ends_with("cannot read the rest of the capture: unexpected end of file\n"),
            "{errors}"
        );
    }
    // Standard input, which has no file name.
    let file = File::open(scratch("gzipped", "stdin", &gzipped(&pcap(&frames)))).unwrap();
    let output = brocomm().args(["decode", "-"]).stdin(file).output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    let broken = scratch("gzipped", "broken.gz", b"\x1f\x8b this is no gzip");
    let (code, _, errors) = decode(&broken, &[]);
    assert_eq!((code, errors.lines().count()), (1, 1), "{errors}");
    assert!(errors.contains("broken.gz:1: cannot read: "), "{errors}");
}

#[test]
fn connections_are_distinguished() {
    let logs = session("bro-bro-logs");
    let one = Wire::of(&logs, false, PORTS, 1000).frames;
    let two = Wire::of(&logs, true, [50_000, 47757], 1000).frames;
    let other = Wire::of(&logs, false, [50_001, 80], 1000).frames;
    let mut all = [one, two, other].concat();
    all.sort_by_key(|(time, _)| *time);
    let file = scratch("captures", "several.pcapng", &pcapng(&all));
    let text = run(["decode".as_ref(), file.as_os_str()]);
    let name = file.display();
    let headings: Vec<&str> = text.stdout.lines().filter(|line| line.ends_with(':')).collect();
    assert_eq!(
        headings,
        [
            format!("{name} 10.0.0.1:50000 > 10.0.0.2:47757:"),
            format!("{name} [2001:db8::1]:50000 > [2001:db8::2]:47757:")
        ]
    );
    let single = run(["decode".as_ref(), file.as_os_str(), "--port".as_ref(), "80".as_ref()]);
    assert_eq!((text.code, single.code, single.stderr.as_str()), (0, 0, ""));
    assert_eq!(text.stdout.lines().count(), 2 * (1 + single.stdout.lines().count()));

    let folder = no_folder("captures-logs");
    let path = folder.to_str().unwrap();
    let written = run(["decode", file.to_str().unwrap(), "--write-logs", path]);
    assert_eq!((written.code, written.stderr.as_str()), (0, ""));
    for number in ["1", "2"] {
        assert!(folder.join(number).join("mini.log").exists(), "{number}");
    }
    let none = run(["decode", "--port", "1", file.to_str().unwrap()]);
    let error =
        "the capture has no connection to port 1; it has connections to 80, 47757; choose one";
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains(error), "{}", none.stderr);
}

#[test]
fn missing_data_is_reported() {
    let basic = session("bro-bro-events-basic");
    let whole = Wire::of(&basic, false, PORTS, 100).frames;
    let good = decode(&scratch("captures", "whole.pcap", &pcap(&whole)), &[]).1;

    // The packets with the listener's third payload, from the second address.
    let is_data = |frame: &[u8]| frame[29] == 2 && frame[17] > 40;
    let third = whole.iter().filter(|(_, frame)| is_data(frame)).nth(3).unwrap().1.clone();
    let lacking: Vec<_> = whole.iter().filter(|(_, frame)| *frame != third).cloned().collect();
    assert_ne!(lacking.len(), whole.len());
    let (code, lines, errors) = decode(&scratch("captures", "gap.pcap", &pcap(&lacking)), &[]);
    assert_eq!(code, 1);
    let problem = " 10.0.0.1:50000 > 10.0.0.2:47757: listener: the capture lacks ";
    assert!(errors.contains(problem), "{errors}");
    let of = |lines: &[Value], from: &str| lines.iter().filter(|line| line["from"] == from).count();
    assert_eq!(of(&lines, "connector"), of(&good, "connector"));
    assert!(of(&lines, "listener") < of(&good, "listener"));

    // A file that ends inside a packet.
    let bytes = pcap(&whole);
    let cut = scratch("captures", "cut.pcap", &bytes[..bytes.len() - 10]);
    let (code, lines, errors) = decode(&cut, &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("it ends in the middle of a packet"), "{errors}");
    assert!(!lines.is_empty());

    // Without the start of the stream nothing can be decoded.
    let late = scratch("captures", "late.pcap", &pcap(&whole[6..]));
    let (code, _, errors) = decode(&late, &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("the capture begins in the middle of the stream"), "{errors}");

    let empty = scratch("captures", "empty.pcap", &pcap(&[]));
    let (code, _, errors) = decode(&empty, &[]);
    assert_eq!(code, 1);
    assert!(errors.ends_with("the capture has no TCP connection\n"), "{errors}");
}

/// The number of connections in a capture, and the messages of each side in order.
type Sides = (usize, [Vec<Value>; 2]);

/// Decodes complete captures, in one process.
#[track_caller]
fn sides_of(name: &str, captures: &[Vec<Frame>]) -> Vec<Sides> {
    let file = |(at, frames): (usize, &Vec<Frame>)| {
        scratch("sides", &format!("{name}-{at}.pcap"), &pcap(frames)).display().to_string()
    };
    let files: Vec<String> = captures.iter().enumerate().map(file).collect();
    let run = run(["decode", "--json"].into_iter().chain(files.iter().map(String::as_str)));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
    let mut connections = vec![BTreeSet::new(); files.len()];
    let mut sides = vec![[Vec::new(), Vec::new()]; files.len()];
    for line in run.stdout.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let object = line.as_object_mut().unwrap();
        object.remove("t");
        let connection = object.remove("file").map_or_else(String::new, |f| f.to_string());
        // With several files, the name of each is followed by that of the connection, if needed.
        let is_in = |file: &String| connection.contains(file.as_str());
        let at = if files.len() == 1 { 0 } else { files.iter().position(is_in).unwrap() };
        connections[at].insert(connection);
        sides[at][usize::from(line["from"] == "listener")].push(line);
    }
    connections.iter().map(BTreeSet::len).zip(sides).collect()
}

/// As [`sides_of`], for one capture.
#[track_caller]
fn sides(name: &str, frames: &[Frame]) -> Sides {
    sides_of(name, &[frames.to_vec()]).remove(0)
}

/// Returns the packets of a session: the SYN, the answer and the data.
fn opened(ports: [u16; 2], next: [u32; 2], begin: u64) -> Vec<Frame> {
    let mut wire = Wire::new(false, ports, next);
    wire.segment(begin, Side::Connector, "S", b"");
    wire.segment(begin, Side::Listener, "SA", b"");
    wire.carry(&session("bro-bro-ping-pong"), begin, 1400);
    wire.frames
}

const NEXT: [u32; 2] = [u32::MAX - 300, 7];

#[test]
fn a_syn_may_be_captured_late_twice_or_after_data() {
    for ports in [PORTS, [47757, 47757]] {
        let whole = opened(ports, NEXT, 0);
        let good = sides("whole.pcap", &whole);
        assert_eq!(good.0, 1);
        assert!(good.1.iter().all(|side| side.len() > 5));
        let (mut changed, mut changes) = (Vec::new(), Vec::new());
        for at in 1..whole.len() {
            for of in [0, 1] {
                let mut twice = whole.clone();
                twice.insert(at, whole[of].clone());
                changed.push(twice);
                changes.push(format!("{of} again at {at}"));
            }
            let mut late = whole.clone();
            let syn = late.remove(0);
            late.insert(at, syn);
            changed.push(late);
            changes.push(format!("SYN at {at}"));
        }
        for (sides, change) in sides_of("changed", &changed).into_iter().zip(changes) {
            assert_eq!(sides, good, "{ports:?} {change}");
        }
        // The SYN with ACK has the same information.
        assert_eq!(sides("no-syn.pcap", &whole[1..]), good);
        let doubled: Vec<Frame> = whole.iter().flat_map(|f| [f.clone(), f.clone()]).collect();
        assert_eq!(sides("doubled.pcap", &doubled), good);
        assert_eq!(sides("appended.pcap", &[whole.clone(), whole].concat()), good);
    }
}

#[test]
fn ports_can_be_reused() {
    let hour = 3_600_000_000;
    let one = opened(PORTS, NEXT, 0);
    let good = sides("one.pcap", &one).1;
    let twice = good.clone().map(|side| [side.clone(), side].concat());
    for next in [[1, 1], [1 << 31, 1 << 30], NEXT, [NEXT[0].wrapping_add(5000), NEXT[1] + 5000]] {
        let other = opened(PORTS, next, hour);
        let again = [one.clone(), other.clone()].concat();
        assert_eq!(sides("again.pcap", &again), (1, twice.clone()), "{next:?}");
        // Without the end of the first connection, which is missing after a crash.
        if next != NEXT {
            let fin = |frame: &Frame| frame.1[47] & 1 == 1;
            let open: Vec<Frame> = one.iter().filter(|frame| !fin(frame)).cloned().collect();
            assert_ne!(open.len(), one.len());
            let again = [open, other].concat();
            assert_eq!(sides("open.pcap", &again), (1, twice.clone()), "{next:?}");
        }
    }
    // A late packet of the first connection does not belong to the second.
    let other = opened(PORTS, [1 << 31, 1 << 30], hour);
    let late = [&one[..], &other[..5], &one[3..4], &one[..1], &other[5..]].concat();
    assert_eq!(sides("late-again.pcap", &late), (1, twice));
    // A refused attempt does not count as a connection.
    let mut refused = Wire::new(false, PORTS, [77, 0]);
    refused.segment(0, Side::Connector, "S", b"");
    refused.segment(0, Side::Listener, "RA", b"");
    let after = [refused.frames, one].concat();
    assert_eq!(sides("refused.pcap", &after), (1, good));
}

#[test]
fn both_sides_can_connect_at_once() {
    for ports in [PORTS, [47757, 47757]] {
        let good = sides("one-connects.pcap", &opened(ports, NEXT, 0)).1;
        for order in [[Side::Connector, Side::Listener], [Side::Listener, Side::Connector]] {
            let mut wire = Wire::new(false, ports, NEXT);
            order.into_iter().for_each(|side| wire.segment(0, side, "S", b""));
            order.into_iter().for_each(|side| wire.answer(side));
            wire.carry(&session("bro-bro-ping-pong"), 0, 1400);
            let both = sides("both-connect.pcap", &wire.frames);
            let mut expected = good.clone();
            if ports[0] == ports[1] && order[0] == Side::Listener {
                // Only the order of the packets shows which side listens.
                expected.reverse();
                let named = [("connector", 0), ("listener", 1)];
                for (name, at) in named {
                    expected[at].iter_mut().for_each(|line| line["from"] = json!(name));
                }
            }
            assert_eq!(both, (1, expected), "{ports:?} {order:?}");
        }
    }
}

#[test]
fn a_reset_ends_a_connection_unless_it_is_old() {
    let whole = opened(PORTS, NEXT, 0);
    let (_, good) = sides("reset-whole.pcap", &whole);
    let fin = whole.iter().position(|frame| frame.1[47] & 1 == 1).unwrap();
    // The flags follow the sequence numbers, which follow the ports.
    let reset = |frame: &Frame, sequence: Option<u32>| {
        let mut frame = frame.clone();
        frame.1[47] = 4;
        if let Some(sequence) = sequence {
            frame.1[38..42].copy_from_slice(&sequence.to_be_bytes());
        }
        frame
    };
    let mut ended = whole[..fin].to_vec();
    ended.push(reset(&whole[fin], None));
    assert_eq!(sides("reset.pcap", &ended).1, good);
    let again = [ended, opened(PORTS, NEXT, 3_600_000_000)].concat();
    let twice = good.clone().map(|side| [side.clone(), side].concat());
    assert_eq!(sides("reset-again.pcap", &again), (1, twice));
    for sequence in [0x4000_0000, NEXT[0]] {
        let mut early = whole.clone();
        early.insert(6, reset(&whole[0], Some(sequence)));
        assert_eq!(sides("reset-old.pcap", &early).1, good, "{sequence}");
    }
}

/// Returns the times of a capture's messages.
#[track_caller]
fn times(name: &str, capture: &[u8]) -> Vec<f64> {
    let run = run(["decode", "--json", scratch("times", name, capture).to_str().unwrap()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
    let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["t"].as_f64().unwrap();
    run.stdout.lines().map(line).collect()
}

#[track_caller]
fn assert_near(one: &[f64], other: &[f64], most: f64) {
    assert_eq!(one.len(), other.len());
    let mut both = one.iter().zip(other);
    assert!(both.all(|(one, other)| (one - other).abs() <= most), "{one:?} {other:?}");
}

#[test]
fn every_variant_of_pcap_is_read() {
    let frames = opened(PORTS, NEXT, 0);
    let recorded = times("default.pcap", &pcap(&frames));
    assert!(recorded.last().unwrap() > &0.1);
    for (magic, unit) in [(0xa1b2_c3d4, 1000), (0xa1b2_3c4d, 1), (0xa1b2_cd34, 1000)] {
        for big_endian in [true, false] {
            let name = format!("{magic:x}-{big_endian}.pcap");
            let read = times(&name, &pcap_in(&frames, magic, big_endian, unit));
            assert_near(&read, &recorded, 1e-9);
        }
    }
}

#[test]
fn pcapng_times_use_the_options_of_interfaces() {
    let frames = opened(PORTS, NEXT, 0);
    let recorded = times("default.pcap", &pcap(&frames));
    let (year, seconds) = (31_536_000, 1_400_000_000);
    for interfaces in [
        &[(None, None)][..],
        &[(Some(3), None)],
        &[(Some(6), Some(year))],
        &[(Some(9), Some(-year))],
        &[(Some(0x80 | 10), None)],
        &[(Some(0x80 | 20), Some(seconds))],
        &[(Some(0x80 | 32), Some(-1))],
        // Units in which the time since the epoch exceeds 64 bits.
        &[(Some(12), Some(seconds + 99_000_000))],
        &[(Some(0x80 | 40), Some(seconds + 99_999_000))],
        &[(None, None), (Some(0x80 | 30), Some(year)), (Some(9), None)],
    ] {
        for big_endian in [true, false] {
            let name = format!("{interfaces:?}-{big_endian}.pcapng");
            let read = times(&name, &pcapng_in(&frames, big_endian, interfaces));
            let coarse = interfaces.iter().any(|i| matches!(i.0, Some(3 | 0x8a)));
            assert_near(&read, &recorded, if coarse { 2e-3 } else { 3e-6 });
        }
    }
}
