//! Follows the tutorial.
//!
//! Its blocks say who types them: what is marked `sh,terminal-1` is typed into the first of the
//! reader's terminals, exactly as it stands, and what is marked `text,terminal-1` must then come
//! there. A comment `ctrl-c terminal-1` stands for that key. Three things are not as they stand:
//!
//! * The port. That of the tutorial, [`PORT`], may be in use where the tests run, so a free one takes
//!   its place in all that is typed and shown.
//! * `CHECKOUT`, which is where the project is.
//! * `cargo install`, which would change the machine. That it is given a folder with a program
//!   `brocomm` is checked, and the program that the tests were built with takes its place.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::pages::{Piece, checkout, pages};
use crate::terminal::Terminal;

/// The port on which the tutorial's hub listens.
const PORT: &str = "47760";

#[test]
fn each_command_does_what_the_page_says() {
    let pages = pages();
    let page = pages.iter().find(|page| page.name() == "src/tutorial.md");
    let page = page.expect("there is a tutorial");
    let (checkout, home, port) = (checkout(), home(), free_port());
    let in_place =
        |text: &str| text.replace("CHECKOUT", &checkout.display().to_string()).replace(PORT, &port);
    let mut terminals: BTreeMap<String, Terminal> = BTreeMap::new();
    for piece in page.pieces() {
        let (language, attributes, text) = match piece {
            Piece::Block { language, attributes, text } => (language, attributes, text),
            Piece::Comment(comment) => {
                if let Some(name) = comment.strip_prefix("ctrl-c ") {
                    terminals.get_mut(name).expect("it was opened").interrupt();
                }
                continue;
            }
            _ => continue,
        };
        let Some(name) = attributes.iter().find(|it| it.starts_with("terminal-")) else {
            assert_ne!(language, "sh", "{}: who types {text}", page.name());
            continue;
        };
        let terminal =
            terminals.entry(name.clone()).or_insert_with(|| Terminal::open(name, &checkout, &home));
        match language.as_str() {
            "sh" => {
                for command in text.split_inclusive('\n') {
                    match command.strip_prefix("cargo install --path ") {
                        Some(package) => assert_installs(&checkout.join(package.trim())),
                        None => terminal.type_in(&in_place(command)),
                    }
                }
                // What goes on reads what is typed next.
                if !attributes.iter().any(|it| it == "goes-on") {
                    terminal.finish();
                }
            }
            "text" => terminal.expect(&in_place(&text)),
            other => panic!("{}: {other} in a terminal", page.name()),
        }
    }
}

/// Makes a home for a reader.
fn home() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial");
    // It may be left from the run before.
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).expect("the folder can be made");
    home
}

fn assert_installs(package: &Path) {
    let manifest = fs::read_to_string(package.join("Cargo.toml")).expect("it is a package");
    assert!(manifest.contains("[[bin]]\nname = \"brocomm\"\n"), "{manifest}");
}

/// Finds a port on which nobody listens.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port().to_string()
}
