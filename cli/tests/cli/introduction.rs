//! Tests of the class, description and declarations of commands that connect to a peer.

use crate::support::{Program, no_folder, run, scratch};

const DECLARED: &[u8] = b"global n = 1 &synchronized; global s: set[count] &synchronized;";

#[test]
fn the_given_class_and_description_are_sent() {
    let declarations = scratch("introduction", "vars.bro", DECLARED);
    let declarations = ["--declarations", declarations.to_str().unwrap()];
    let folder = no_folder("introduction-logs");
    let (mut listener, address) = Program::listen(&[]);
    let address = address.as_str();
    let state = |command, rest: &[&'static str]| {
        [&["state", command, address], rest, &declarations].concat()
    };
    for (arguments, code) in [
        (vec!["connect", address, "--json"], 0),
        (vec!["tail", address, "conn"], 0),
        (vec!["logs", address, "--write", folder.to_str().unwrap()], 0),
        (vec!["print", address], 0),
        (state("get", &[]), 0),
        (state("watch", &[]), 0),
        // The listener accepts no changes.
        (state("set", &["n", "5"]), 1),
        (state("add", &["s[1]"]), 1),
        (state("delete", &["s[1]"]), 1),
        (state("incr", &["n"]), 1),
    ] {
        let us = ["--class=c", "--description=d", "--timeout=9"];
        let program = Program::start([arguments.clone(), us.to_vec()].concat());
        assert_eq!(listener.notice_with(" established "), "established class c", "{arguments:?}");
        listener.line_with(" peer_description d");
        listener.line_with(" handshake_done");
        if !["get", "set", "add", "delete", "incr"].contains(&arguments[1]) {
            program.signal("-INT");
        }
        assert_eq!(program.end().code, code, "{arguments:?}");
    }
}

#[test]
fn declarations_in_files_are_used() {
    let file = scratch("introduction", "events.bro", b"type N: enum { ONE }; event seen(n: N);");
    let file = ["--declarations", file.to_str().unwrap()];
    let listen = ["listen", "--on=127.0.0.1:0", "--count=1", "--print=bro"];
    let mut listener = Program::start([&listen[..], &file[..]].concat());
    let address = listener.line_with("listening on ").replace("listening on ", "");
    let sent = run([&["send", &address, "seen(ONE)"], &file[..]].concat());
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
    assert_eq!(listener.notice_with(" event "), "event seen(ONE)");

    // Later files can use the declarations of earlier ones.
    let types = scratch("introduction", "types.bro", b"type M: enum { TWO };");
    let events = scratch("introduction", "more.bro", b"event more(m: M);");
    let both =
        ["--declarations", types.to_str().unwrap(), "--declarations", events.to_str().unwrap()];
    let mut listener = Program::start([&listen[..], &both[..]].concat());
    let address = listener.line_with("listening on ").replace("listening on ", "");
    let sent = run([&["send", &address, "more(TWO)"], &both[..]].concat());
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
    assert_eq!(listener.notice_with(" event "), "event more(TWO)");

    let (_listener, address) = Program::listen(&["--event=a()"]);
    let count = ["--print=json", "--timeout=9"];
    let mut connected = Program::start([&["connect", &address], &file[..], &count].concat());
    let requested = connected.line_with("\"notification\":\"event_requested\"");
    assert!(requested.contains("\"name\":\"a\""), "{requested}");
}
