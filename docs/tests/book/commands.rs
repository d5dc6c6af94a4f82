//! Checks each command line in the book.

use std::collections::BTreeSet;

use crate::pages::{Page, Piece, pages};
use crate::program::run;

/// Runs each command line with `--help` appended. The program parses everything before it, and
/// fails if a command, an option or a value is invalid. Command lines that already ask for help run
/// unchanged.
#[test]
fn each_command_line_parses() {
    let mut checked = BTreeSet::new();
    for page in pages() {
        for line in lines(&page) {
            let words = arguments(&line).unwrap_or_else(|| panic!("{}: {line}", page.name()));
            if words.is_empty() || !checked.insert(words.clone()) {
                continue;
            }
            let asks = words.first().is_some_and(|word| word == "help");
            let help = if asks { Vec::new() } else { vec!["--help".to_owned()] };
            let output = run(&[words, help].concat());
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {line}\n{stderr}", page.name());
        }
    }
    assert!(checked.len() > 10);
}

/// Returns the lines that begin with `brocomm` in shell blocks and in inline code.
fn lines(page: &Page) -> Vec<String> {
    let mut lines = Vec::new();
    for piece in page.pieces() {
        match piece {
            Piece::Block { language, text, .. } if language == "sh" || language.is_empty() => {
                lines.extend(text.lines().map(str::to_owned));
            }
            Piece::Code(code) => lines.push(code),
            _ => {}
        }
    }
    lines.retain(|line| line.starts_with("brocomm "));
    lines
}

/// Returns the arguments of a command, up to a pipe, a redirection or a comment.
fn arguments(line: &str) -> Option<Vec<String>> {
    let words = shlex::split(line)?;
    let ends = |word: &&String| !matches!(word.as_str(), "|" | ">" | "2>" | "<" | "&" | "&&" | ";");
    Some(words.iter().skip(1).take_while(ends).cloned().collect())
}

#[test]
fn arguments_end_at_shell_syntax() {
    let words = |line| arguments(line).unwrap_or_default().join(",");
    assert_eq!(words("brocomm send h 'e(1, \"x\")' > out # why"), "send,h,e(1, \"x\")");
    assert_eq!(words("brocomm tail h conn | head"), "tail,h,conn");
}
