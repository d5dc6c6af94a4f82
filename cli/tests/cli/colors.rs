//! Tests of colors.

use std::ffi::OsStr;

use crate::support::{brocomm, closed_port, scratch, session};

/// Runs a command with these environment variables. Returns its output and messages.
fn shown(variables: &[(&str, &str)], arguments: &[&OsStr]) -> (String, String) {
    let mut command = brocomm();
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// Removes the sequences that switch colors.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

#[test]
fn a_pipe_has_no_colors_and_no_color_has_priority() {
    let (port, recording) = (closed_port(), session("fault-serial-unknown-tag").recording_path());
    let layout = scratch("colors", "node.cfg", b"[bro]\ntype=standalone\nhost=127.0.0.1\n");
    fn words(words: &[&'static str]) -> Vec<&'static OsStr> {
        words.iter().map(|word| OsStr::new(*word)).collect()
    }
    let commands = [
        [words(&["doctor"]), vec![OsStr::new(&port)]].concat(),
        [words(&["decode"]), vec![recording.as_os_str()]].concat(),
        [words(&["decode", "--summary"]), vec![recording.as_os_str()]].concat(),
        [words(&["cluster", "show"]), vec![layout.as_os_str()]].concat(),
        [words(&["connect"]), vec![OsStr::new(&port)]].concat(),
    ];
    for command in commands {
        let (output, messages) = shown(&[], &command);
        assert!(!format!("{output}{messages}").contains('\x1b'), "{command:?}: {output}{messages}");
        let (colored, with) = shown(&[("CLICOLOR_FORCE", "1")], &command);
        assert!(format!("{colored}{with}").contains("\x1b["), "{command:?}: {colored}{with}");
        assert_eq!((plain(&colored), plain(&with)), (output.clone(), messages.clone()));
        let none = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
        assert_eq!(shown(&none, &command), (output, messages), "{command:?}");
    }
}

#[test]
fn json_has_no_colors_whatever_is_forced() {
    let port = closed_port();
    for arguments in [vec!["doctor", "--json", &port], vec!["--log-format", "json", "ping", &port]]
    {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let (output, messages) = shown(&[("CLICOLOR_FORCE", "1")], &arguments);
        assert!(!format!("{output}{messages}").contains('\x1b'), "{output}{messages}");
        assert!(!format!("{output}{messages}").is_empty());
    }
}
