//! Messages round-trip through JSON and through the mapping.
#![no_main]

use brocomm::data::Declarations;
use brocomm_zeek::json::{self, Options, Spelling};
use brocomm_zeek::mapping::{self, Mapping};
use brocomm_zeek::message::{self, Publication, ServerMessage, ZeekEvent};
use brocomm_zeek::signatures;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = Bytes::copy_from_slice(input);
    let _ = message::read_subscriptions(&text);
    if let Ok(data) = json::read(&text) {
        let mut again = Vec::new();
        if json::write(&data, Options::default(), &mut again).is_ok() {
            assert_eq!(json::read(&again.into()), Ok(data.clone()));
        }
        let zeek = Options { spelling: Spelling::Zeek, ..Options::default() };
        let _ = json::write(&data, zeek, &mut Vec::new());
    }
    let _ = ServerMessage::read(&text);
    let Ok(Publication { data, .. }) = Publication::read(&text) else { return };
    let Some(event) = ZeekEvent::from_data(data) else { return };
    let mapping = Mapping::new(Declarations::new(), signatures::base(), mapping::Options::default());
    let Ok(guessed) = mapping.guess(&event) else { return };
    let _ = mapping.guess_zeek(&guessed);
});
