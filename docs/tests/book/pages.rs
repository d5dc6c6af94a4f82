//! The pages of the book, with includes expanded as mdBook does.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page.
pub(crate) struct Page {
    /// The file.
    pub(crate) path: PathBuf,
    /// The text.
    pub(crate) text: String,
}

/// A part of a page other than plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A code block: its language, its other attributes and its text.
    Block { language: String, attributes: Vec<String>, text: String },
    /// Inline code.
    Code(String),
    /// The target of a link.
    Link(String),
    /// The text of a heading.
    Heading(String),
    /// A comment.
    Comment(String),
}

/// The folder of the book.
pub(crate) fn book() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the whole project.
pub(crate) fn checkout() -> PathBuf {
    book().join("..").canonicalize().expect("the book is in the project")
}

/// Reads all pages, including the summary.
pub(crate) fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&book().join("src"), &mut pages);
    assert!(pages.len() > 5, "the book is not where it should be");
    pages
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let source = fs::read_to_string(&path).expect("a page is text");
            let text = include(&source, &path);
            pages.push(Page { path, text });
        }
    }
}

/// Replaces `{{#include FILE}}` by the contents of the file.
fn include(text: &str, page: &Path) -> String {
    let mut parts = text.split("{{#include ");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (file, rest) = part.split_once("}}").expect("an inclusion ends");
        let content = fs::read_to_string(page.with_file_name(file))
            .unwrap_or_else(|error| panic!("{}: {file}: {error}", page.display()));
        whole.push_str(&content);
        whole.push_str(rest);
    }
    whole
}

impl Page {
    /// Returns the page's name for messages.
    pub(crate) fn name(&self) -> String {
        let path = self.path.strip_prefix(book()).unwrap_or(&self.path);
        path.display().to_string()
    }

    /// Splits the page into parts.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        let (mut pieces, mut text, mut info) = (Vec::new(), String::new(), String::new());
        for event in Parser::new_ext(&self.text, options) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    text.clear();
                    info = match kind {
                        CodeBlockKind::Fenced(info) => info.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                }
                Event::Start(Tag::Heading { .. }) => text.clear(),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    pieces.push(Piece::Link(dest_url.to_string()));
                }
                Event::Text(part) => text.push_str(&part),
                Event::Code(code) => {
                    text.push_str(&code);
                    pieces.push(Piece::Code(code.to_string()));
                }
                Event::Html(html) if html.starts_with("<!--") => {
                    let comment = html.trim().trim_start_matches("<!--").trim_end_matches("-->");
                    pieces.push(Piece::Comment(comment.trim().to_owned()));
                }
                Event::End(TagEnd::Heading(_)) => pieces.push(Piece::Heading(text.clone())),
                Event::End(TagEnd::CodeBlock) => {
                    let mut words = info.split([',', ' ']).map(str::to_owned);
                    let language = words.next().unwrap_or_default();
                    let attributes = words.collect();
                    pieces.push(Piece::Block { language, attributes, text: text.clone() });
                }
                _ => {}
            }
        }
        pieces
    }

    /// Returns the blocks in one language.
    pub(crate) fn blocks(&self, wanted: &str) -> Vec<(Vec<String>, String)> {
        let blocks = self.pieces().into_iter().filter_map(|piece| match piece {
            Piece::Block { language, attributes, text } if language == wanted => {
                Some((attributes, text))
            }
            _ => None,
        });
        blocks.collect()
    }
}
