//! Cases about calls that do not match and SERIALs that cannot be decoded (§5).

use brocomm::data::Value;

use super::raw::Raw;
use crate::suite::{Case, Stop, Trial, chunk, header};

pub(super) fn cases() -> Vec<Case> {
    // This value differs from those that other cases have echoed.
    let text = || Value::string("a call that is ignored");
    let ignored = |id, title: &str, description: &str, name: &'static str, args: Vec<Value>| {
        let description =
            format!("{description} It is parsed, dropped and logged; the connection stays.");
        Case::must(id, title, description, move |trial: &mut Trial<'_>| {
            let mut peer = trial.running()?;
            peer.send_event(name, &args)?;
            let back = peer.echoed_until_now()?;
            Stop::unless(!back.contains(&text()), || "it was echoed".to_owned())
        })
    };
    let mut cases = vec![
        ignored(
            "5/1",
            "a call of an unknown event is ignored",
            "Sends the event conformance_unknown.",
            "conformance_unknown",
            vec![text()],
        ),
        ignored(
            "5/2",
            "a call with too many arguments is ignored",
            "Sends conformance_echo with two arguments.",
            "conformance_echo",
            vec![text(), text()],
        ),
        ignored(
            "5/3",
            "a call with too few arguments is ignored",
            "Sends conformance_echo without arguments.",
            "conformance_echo",
            vec![],
        ),
        ignored(
            "5/4",
            "a call with an argument of the wrong type is ignored",
            "Sends conformance_log with a count in place of a string.",
            "conformance_log",
            vec![Value::Count(1)],
        ),
        ignored(
            "5/5",
            "a call of something other than an event is ignored",
            "Sends a call of the variable conformance_n.",
            "conformance_n",
            vec![text()],
        ),
        Case::must(
            "5/6",
            "ignored values are still in the object cache",
            "Sends an unknown event, and then conformance_echo with the same value, as a reference \
             to the ignored one.",
            |trial| {
                let mut peer = trial.running()?;
                let value = Value::string("the same value, and so the same object");
                peer.send_event("conformance_unknown", std::slice::from_ref(&value))?;
                peer.echo(&value)
            },
        )
        .needs(crate::suite::Capability::Cache),
        Case::must(
            "5/7",
            "an event that was not requested is accepted",
            "Sends conformance_report and conformance_echo. Requests only filter at the sender, so \
             events that were not requested are accepted.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_event("conformance_reported_not", &[])?;
                peer.answers()
            },
        ),
    ];
    cases.extend(unreadable());
    cases
}

/// After a SERIAL that cannot be decoded the caches differ, so the connection must be closed.
fn unreadable() -> Vec<Case> {
    let closes = |id, title: &str, description: &str, make: fn(Raw) -> Vec<u8>| {
        let why = title.split(" ends ").next().unwrap_or(title).to_owned();
        Case::must(id, title, description, move |trial: &mut Trial<'_>| {
            let mut peer = trial.running()?;
            let argument = make(Raw::on(&peer));
            peer.send_bytes(&[header(2), chunk(&argument)].concat(), &why)?;
            trial.closes(&mut peer, &why)
        })
    };
    vec![
        closes(
            "5/20",
            "a SERIAL of an unknown kind ends the connection",
            "Sends a SERIAL that begins with `z`. Bro logs `unknown serialization type 7a` and \
             closes the connection.",
            |_| b"z conformance".to_vec(),
        ),
        closes(
            "5/21",
            "a reference to an object that was never sent ends the connection",
            "Sends an event whose argument is a reference to the object 999999. Bro logs `unknown \
             object 999999 referenced` and closes the connection.",
            |raw| raw.echo(&raw.reference(999_999)),
        ),
        closes(
            "5/22",
            "an object of an unknown class ends the connection",
            "Sends an event whose argument is an object of the serial type 0x8863. Bro logs \
             `unknown object type` and closes the connection.",
            |raw| raw.echo(&[raw.object(77, 0x8863), vec![0]].concat()),
        ),
    ]
}
