//! Runs the commands of the tutorial.
//!
//! The test types each block marked `sh,terminal-1` into the first terminal, exactly as it is, and
//! expects the block marked `text,terminal-1` as its output. A comment `ctrl-c terminal-1` stands
//! for that key. There are three exceptions:
//!
//! * The tutorial's port, [`PORT`], may be in use. It is replaced by a free port in all input and
//!   output.
//! * `CHECKOUT` is replaced by the path of the project.
//! * `cargo install` would change the machine. The test only checks that the given folder contains
//!   a program `brocomm`, and uses the program that was built for the tests.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::pages::{Piece, checkout, pages};
use crate::terminal::Terminal;

/// The port of the tutorial's manager.
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
            assert_ne!(language, "sh", "{}: no terminal for {text}", page.name());
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
                // A command that keeps running reads the input that is typed next.
                if !attributes.iter().any(|it| it == "goes-on") {
                    terminal.finish();
                }
            }
            "text" => terminal.expect(&in_place(&text)),
            other => panic!("{}: {other} in a terminal", page.name()),
        }
    }
}

/// Creates a home directory for the reader.
fn home() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial");
    // May exist from a previous run.
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).expect("the folder can be created");
    home
}

fn assert_installs(package: &Path) {
    let manifest = fs::read_to_string(package.join("Cargo.toml")).expect("it is a package");
    assert!(manifest.contains("[[bin]]\nname = \"brocomm\"\n"), "{manifest}");
}

/// Returns a free port.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port().to_string()
}
