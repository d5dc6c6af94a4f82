//! Tests that the bytes in part 6 of the specification are those of the recordings.

use brocomm_conformance::{Side, sessions};

const PAGE: &str = include_str!("../spec/06-example.md");

/// Returns the bytes of each block between two headings, with the sender.
fn blocks(from: &str, to: Option<&str>) -> Vec<(Side, Vec<u8>)> {
    let (_, part) = PAGE.split_once(from).expect("the heading is there");
    let part = to.map_or(part, |to| part.split_once(to).expect("the next heading is there").0);
    let blocks = part.split("```text ").skip(1);
    blocks.map(|block| block.split_once('\n').expect("a block has lines")).map(read).collect()
}

fn read((sender, rest): (&str, &str)) -> (Side, Vec<u8>) {
    let side = Side::BOTH.into_iter().find(|side| side.to_string() == sender);
    let (block, _) = rest.split_once("```").expect("a block ends");
    let bytes =
        block.lines().flat_map(|line| hex::decode(bytes_of(line)).expect("bytes are hexadecimal"));
    (side.expect("a block names its sender"), bytes.collect())
}

/// Returns the hexadecimal digits of a line: everything before three spaces, which the explanation
/// follows.
fn bytes_of(line: &str) -> String {
    let line = line.trim();
    line.split_once("   ").map_or(line, |(bytes, _)| bytes).replace(' ', "")
}

fn recorded(name: &str, side: Side) -> Vec<u8> {
    let session = sessions()
        .into_iter()
        .find(|session| session.name() == name)
        .expect("it is in this package");
    session.recording().expect("it is complete").stream(side).to_vec()
}

#[test]
fn the_first_session_is_complete_up_to_the_first_pong() {
    let blocks = blocks("\n## 1 ", Some("\n## 2 "));
    assert_eq!(blocks.len(), 6);
    for side in Side::BOTH {
        let sent: Vec<u8> =
            blocks.iter().filter(|(from, _)| *from == side).flat_map(|(_, b)| b.clone()).collect();
        let recorded = recorded("broccoli-bro-ping", side);
        assert_eq!(hex::encode(&sent), hex::encode(&recorded[..sent.len()]), "{side}");
        // Three more events of the same length follow.
        let (_, event) = blocks.iter().rfind(|(from, _)| *from == side).expect("it sent an event");
        assert_eq!(recorded.len() - sent.len(), 3 * event.len(), "{side}");
    }
}

#[test]
fn the_events_of_the_second_session_are_in_its_recording() {
    let blocks = blocks("\n## 2 ", None);
    assert_eq!(blocks.len(), 2);
    let events: Vec<u8> = blocks.into_iter().flat_map(|(_, bytes)| bytes).collect();
    let recorded = recorded("bro-bro-class-match", Side::Connector);
    assert!(recorded.windows(events.len()).any(|window| window == events));
}
