//! `brocomm decode` of captures.

use std::fs::File;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::wire::{Wire, pcap, pcapng};
use crate::support::{brocomm, no_folder, run, scratch, session};

/// Decodes to JSON lines without what the way of recording decides; tells problems, too.
fn decode(file: &std::path::Path, more: &[&str]) -> (i32, Vec<Value>, String) {
    let run = run([&["decode", "--json", file.to_str().unwrap()], more].concat());
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let object = line.as_object_mut().unwrap();
        // Microseconds in one, and nanoseconds in the other.
        object["t"] = json!((object["t"].as_f64().unwrap() * 1e3).round());
        object.remove("file");
        line
    };
    (run.code, run.stdout.lines().map(line).collect(), run.stderr)
}

const PORTS: [u16; 2] = [50_000, 47757];

#[test]
fn a_capture_carries_what_the_recording_does() {
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
fn a_gzipped_capture_is_what_it_inflates_to() {
    let session = session("bro-bro-events-basic");
    let frames = Wire::of(&session, false, PORTS, 1400).frames;
    for (form, bytes) in [("pcap", pcap(&frames)), ("pcapng", pcapng(&frames))] {
        let whole = decode(&scratch("gzipped", &format!("whole.{form}"), &bytes), &[]);
        let gzip = gzipped(&bytes);
        let file = scratch("gzipped", &format!("whole.{form}.gz"), &gzip);
        let inflated = decode(&file, &[]);
        assert_eq!((inflated.0, inflated.2.as_str()), (0, ""));
        assert!(inflated.1 == whole.1 && !whole.1.is_empty());
        // A file of several members, as some programs write, and one that was cut.
        let (one, other) = bytes.split_at(bytes.len() / 2);
        let members = [gzipped(one), gzipped(other)].concat();
        let inflated = decode(&scratch("gzipped", &format!("members.{form}.gz"), &members), &[]);
        assert!(inflated == whole, "{form}");
        let cut = scratch("gzipped", &format!("cut.{form}.gz"), &gzip[..gzip.len() / 2]);
        let (code, lines, errors) = decode(&cut, &[]);
        assert_eq!(code, 1);
        assert!(!lines.is_empty() && lines.len() < whole.1.len(), "{}", lines.len());
        assert!(errors.ends_with("can't be read on: unexpected end of file\n"), "{errors}");
    }
    // From standard input, whose name tells nothing.
    let file = File::open(scratch("gzipped", "stdin", &gzipped(&pcap(&frames)))).unwrap();
    let output = brocomm().args(["decode", "-"]).stdin(file).output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    let broken = scratch("gzipped", "broken.gz", b"\x1f\x8b this is no gzip");
    let (code, _, errors) = decode(&broken, &[]);
    assert_eq!((code, errors.lines().count()), (1, 1), "{errors}");
    assert!(errors.contains("broken.gz:1: cannot read: "), "{errors}");
}

#[test]
fn connections_are_told_apart() {
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
    let error = "there is no connection to port 1 in the capture, but to 80, 47757; choose one";
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains(error), "{}", none.stderr);
}

#[test]
fn what_the_capture_lacks_is_told() {
    let basic = session("bro-bro-events-basic");
    let whole = Wire::of(&basic, false, PORTS, 100).frames;
    let good = decode(&scratch("captures", "whole.pcap", &pcap(&whole)), &[]).1;

    // All that has the third payload of the listener, which comes from the second address.
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

    // A file that ends in the middle of a packet.
    let bytes = pcap(&whole);
    let cut = scratch("captures", "cut.pcap", &bytes[..bytes.len() - 10]);
    let (code, lines, errors) = decode(&cut, &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("it ends in the middle of a packet"), "{errors}");
    assert!(!lines.is_empty());

    // Without its beginning nothing can be decoded.
    let late = scratch("captures", "late.pcap", &pcap(&whole[6..]));
    let (code, _, errors) = decode(&late, &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("the capture begins in the middle of its stream"), "{errors}");

    let empty = scratch("captures", "empty.pcap", &pcap(&[]));
    let (code, _, errors) = decode(&empty, &[]);
    assert_eq!(code, 1);
    assert!(errors.ends_with("there is no TCP connection in the capture\n"), "{errors}");
}
