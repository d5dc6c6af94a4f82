use proptest::prelude::*;
use serde_json::error::Category;
use serde_json::json;

use super::*;

fn metadata() -> Value {
    let party = json!({"software": "Bro 2.5.5", "options": "-b", "exit": "exit 0", "stdout": "", "logs": {"a.log": "x"}});
    let direction = json!({"bytes": 3, "chunks": 2, "messages": 1, "decode": "complete"});
    json!({
        "name": "n", "description": "d", "options_in_force": {"class": null},
        "connector": party, "listener": party,
        "wire": {"connector": direction, "listener": direction, "closed_by": "listener"},
        "expect": [{"type": "closed", "at": "listener", "fields": []}],
        "fault": {"sends": [{"t": 0.5, "bytes": 7}], "bytes_from_bro": 9, "closed_by_bro_after": null},
    })
}

fn read(metadata: &Value) -> Result<Expectation, ExpectationError> {
    Expectation::read("n.json", metadata.to_string().as_bytes())
}

#[test]
fn metadata_is_typed() {
    let read = read(&metadata()).unwrap();
    assert_eq!(read.expect, [Expected::Closed { at: Side::Listener }]);
    assert_eq!(read.wire.from(Side::Connector).chunks, 2);
    assert_eq!(read.party(Side::Listener).logs["a.log"], "x");
    assert_eq!(read.party(Side::Listener).script, None);
    let sends = vec![Sent { time: Duration::from_millis(500), bytes: 7 }];
    assert_eq!(read.fault, Some(Fault { sends, bytes_from_bro: 9, closed_by_bro_after: None }));
    assert!(read.further_connections.is_empty());
}

#[test]
fn invalid_entry_is_reported_with_its_index() {
    let mut metadata = metadata();
    metadata["expect"] = json!([{"type": "unknown"}, {"type": "event"}]);
    let problem = EntryProblem::Keys;
    let error = ExpectationError::Entry { file: "n.json".into(), index: 1, problem };
    assert_eq!(read(&metadata), Err(error));
}

#[test]
fn malformed_metadata_is_reported_with_its_line() {
    let error = Expectation::read("n.json", &b"{\n  \"name\": 7}"[..]).unwrap_err();
    let expected = ExpectationError::Json {
        file: "n.json".into(),
        line: 2,
        column: 11,
        category: Category::Data,
    };
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), "n.json:2: not valid metadata: Data error at column 11");
}

#[test]
fn negative_time_is_refused() {
    let mut metadata = metadata();
    metadata["fault"]["sends"][0]["t"] = json!(-1);
    assert!(matches!(
        read(&metadata),
        Err(ExpectationError::Json { category: Category::Data, .. })
    ));
}

#[test]
fn endless_metadata_is_refused() {
    let endless = BufReader::new(io::repeat(b' '));
    let error = ExpectationError::TooLong { file: "endless".into(), limit: MAX_METADATA };
    assert_eq!(Expectation::read("endless", endless), Err(error));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Expectation::read("n.json", &bytes[..]);
    }

    #[test]
    fn damaged_metadata_never_panics(at: prop::sample::Index, byte: u8) {
        let mut text = metadata().to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        let _ = Expectation::read("n.json", &text[..]);
    }
}
