//! The syntax tree of patterns, and what follows from it: the bytes that a class has, the texts
//! that a pattern matches, whether it can match without consuming a byte.

use std::fmt::Write;

use bytes::Bytes;

/// The maximum number of nodes of a split tree.
const NODES_LIMIT: usize = 1 << 12;

/// The maximum number of texts.
const TEXTS_LIMIT: usize = 1000;

/// The maximum length of each text.
const LENGTH_LIMIT: usize = 1000;

/// Markers for the beginning and the end of a text, outside the range of bytes.
const START: u16 = 256;

const END: u16 = 257;

/// A node of a pattern's syntax tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// One byte.
    One(Class),
    /// The beginning of the text.
    Start,
    /// The end of the text.
    End,
    /// A sequence.
    All(Vec<Tree>),
    /// Alternatives.
    Any(Vec<Tree>),
    /// A repetition, unlimited if `max` is `None`.
    Repeat { tree: Box<Tree>, min: u32, max: Option<u32> },
}

impl Tree {
    /// Writes this in the syntax of `regex`.
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Tree::One(class) => class.write(out),
            Tree::Start => out.push_str(r"\A"),
            Tree::End => out.push_str(r"\z"),
            Tree::All(trees) => trees.iter().for_each(|tree| tree.write(out)),
            Tree::Any(trees) => {
                out.push_str("(?:");
                for (i, tree) in trees.iter().enumerate() {
                    if i > 0 {
                        out.push('|');
                    }
                    tree.write(out);
                }
                out.push(')');
            }
            Tree::Repeat { tree, min, max } => {
                out.push_str("(?:");
                tree.write(out);
                // Writing to a String cannot fail.
                let _ = match max {
                    Some(max) => write!(out, "){{{min},{max}}}"),
                    None => write!(out, "){{{min},}}"),
                };
            }
        }
    }
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Class([u128; 2]);

impl Class {
    /// Returns the bytes for a name between `[:` and `:]`, if it is valid. ASCII only.
    pub(super) fn named(name: &[u8]) -> Option<Class> {
        let member: fn(&u8) -> bool = match name.to_ascii_lowercase().as_slice() {
            b"alnum" => u8::is_ascii_alphanumeric,
            b"alpha" => u8::is_ascii_alphabetic,
            b"blank" => |byte| matches!(byte, b' ' | b'\t'),
            b"cntrl" => u8::is_ascii_control,
            b"digit" => u8::is_ascii_digit,
            b"graph" => u8::is_ascii_graphic,
            b"lower" => u8::is_ascii_lowercase,
            b"print" => |byte| matches!(byte, b' '..=b'~'),
            b"punct" => u8::is_ascii_punctuation,
            // Rust's `is_ascii_whitespace` lacks the vertical tab.
            b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
            b"upper" => u8::is_ascii_uppercase,
            b"xdigit" => u8::is_ascii_hexdigit,
            _ => return None,
        };
        let mut class = Class::default();
        (0..=u8::MAX).filter(member).for_each(|byte| class.add(byte));
        Some(class)
    }

    pub(super) fn add(&mut self, byte: u8) {
        let [low, high] = &mut self.0;
        let half = if byte < 128 { low } else { high };
        *half |= 1 << (byte % 128);
    }

    pub(super) fn merge(&mut self, other: Class) {
        let ([low, high], [other_low, other_high]) = (&mut self.0, other.0);
        *low |= other_low;
        *high |= other_high;
    }

    pub(super) fn negated(self) -> Class {
        Class(self.0.map(|half| !half))
    }

    /// Adds both cases of every letter.
    pub(super) fn add_cases(&mut self) {
        let letters: Vec<u8> = self.bytes().filter(u8::is_ascii_alphabetic).collect();
        for letter in letters {
            self.add(letter.to_ascii_lowercase());
            self.add(letter.to_ascii_uppercase());
        }
    }

    pub(super) fn contains(self, byte: u8) -> bool {
        let [low, high] = self.0;
        let half = if byte < 128 { low } else { high };
        half & (1 << (byte % 128)) != 0
    }

    pub(super) fn bytes(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |byte| self.contains(*byte))
    }

    /// Writes the class in the syntax of `regex`.
    pub(super) fn write(self, out: &mut String) {
        let all = Class::default().negated();
        if self == Class::default() {
            // An empty class must be written as the complement of the full class.
            out.push_str(r"[^\x00-\xFF]");
            return;
        } else if self == all {
            out.push_str(r"[\x00-\xFF]");
            return;
        }
        out.push('[');
        let mut bytes = self.bytes().peekable();
        while let Some(first) = bytes.next() {
            let mut last = first;
            while let Some(next) = bytes.next_if(|next| last.checked_add(1) == Some(*next)) {
                last = next;
            }
            // Writing to a String cannot fail.
            let _ = write!(out, r"\x{first:02X}-\x{last:02X}");
        }
        out.push(']');
    }
}

// Patterns that match without consuming a byte.
//
// When Bro searches for a pattern anywhere in a text (`pattern in text`), a match must consume a
// byte or the end of the text. So `a*` is not in an empty text, but `$` is; and `^` alone is in no
// text.

impl Tree {
    /// Returns whether this matches no bytes and requires the end of the text.
    pub(super) fn is_end(&self) -> bool {
        match self {
            Tree::One(_) | Tree::Start => false,
            Tree::End => true,
            Tree::All(trees) => {
                trees.iter().all(|tree| tree.without_bytes().is_some())
                    && trees.iter().any(Tree::is_end)
            }
            Tree::Any(trees) => trees.iter().any(Tree::is_end),
            Tree::Repeat { tree, max, .. } => *max != Some(0) && tree.is_end(),
        }
    }

    /// Returns the part of this pattern that matches without consuming bytes; `None` if it always
    /// consumes some.
    pub(super) fn without_bytes(&self) -> Option<Tree> {
        match self {
            Tree::One(_) => None,
            Tree::Start | Tree::End => Some(self.clone()),
            Tree::All(trees) => {
                trees.iter().map(Tree::without_bytes).collect::<Option<_>>().map(Tree::All)
            }
            Tree::Any(trees) => any(trees.iter().filter_map(Tree::without_bytes).collect()),
            Tree::Repeat { min: 0, .. } | Tree::Repeat { max: Some(0), .. } => {
                Some(Tree::All(Vec::new()))
            }
            Tree::Repeat { tree, .. } => tree.without_bytes(),
        }
    }

    /// Returns the part of this pattern that consumes at least one byte; `None` if it never does,
    /// or the pattern is too large to determine this.
    pub(super) fn with_bytes(&self) -> Option<Tree> {
        self.divided(&mut { NODES_LIMIT })
    }

    fn divided(&self, left: &mut usize) -> Option<Tree> {
        *left = left.checked_sub(1)?;
        match self {
            Tree::One(_) => Some(self.clone()),
            Tree::Start | Tree::End => None,
            Tree::Any(trees) => any(trees.iter().filter_map(|tree| tree.divided(left)).collect()),
            Tree::All(trees) => {
                let (mut found, mut before) = (Vec::new(), Vec::new());
                for (at, tree) in trees.iter().enumerate() {
                    if let Some(first) = tree.divided(left) {
                        let after = trees.get(at.saturating_add(1)..).unwrap_or_default();
                        *left = left.checked_sub(after.iter().map(Tree::nodes).sum())?;
                        found.push(Tree::All([&before, &[first][..], after].concat()));
                    }
                    let Some(empty) = tree.without_bytes() else { break };
                    before.push(empty);
                }
                any(found)
            }
            Tree::Repeat { max: Some(0), .. } => None,
            Tree::Repeat { tree, min, max } => {
                let first = tree.divided(left)?;
                *left = left.checked_sub(tree.nodes())?;
                let (min, max) = (min.saturating_sub(1), max.map(|max| max.saturating_sub(1)));
                Some(Tree::All(vec![first, Tree::Repeat { tree: tree.clone(), min, max }]))
            }
        }
    }

    fn nodes(&self) -> usize {
        match self {
            Tree::One(_) | Tree::Start | Tree::End => 1,
            Tree::All(trees) | Tree::Any(trees) => {
                trees.iter().map(Tree::nodes).sum::<usize>().saturating_add(1)
            }
            Tree::Repeat { tree, .. } => tree.nodes().saturating_add(1),
        }
    }
}

fn any(trees: Vec<Tree>) -> Option<Tree> {
    if trees.is_empty() { None } else { Some(Tree::Any(trees)) }
}

/// Texts, with markers for required beginnings and ends.
type Texts = Vec<Vec<u16>>;

/// Returns all matching texts in the order written; `None` if there are too many or infinitely
/// many.
pub(super) fn expand(tree: &Tree) -> Option<Vec<Bytes>> {
    let mut names: Vec<Bytes> = Vec::new();
    for text in texts(tree)? {
        let begun = text.iter().position(|symbol| *symbol != START).unwrap_or(text.len());
        let ended = text
            .iter()
            .rposition(|symbol| *symbol != END)
            .map_or(begun, |last| last.saturating_add(1));
        let inner = text.get(begun..ended).unwrap_or_default();
        // A beginning or end in the middle never matches.
        let bytes: Option<Bytes> = inner.iter().map(|symbol| u8::try_from(*symbol).ok()).collect();
        if let Some(name) = bytes
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    Some(names)
}

fn texts(tree: &Tree) -> Option<Texts> {
    match tree {
        Tree::One(class) => Some(class.bytes().map(|byte| vec![byte.into()]).collect()),
        Tree::Start => Some(vec![vec![START]]),
        Tree::End => Some(vec![vec![END]]),
        Tree::All(trees) => {
            let mut all = vec![Vec::new()];
            for tree in trees {
                all = joined(&all, &texts(tree)?)?;
            }
            Some(all)
        }
        Tree::Any(trees) => {
            let mut any = Vec::new();
            for tree in trees {
                any.extend(texts(tree)?);
                bounded(&any)?;
            }
            Some(any)
        }
        Tree::Repeat { tree, min, max } => {
            let once = texts(tree)?;
            let mut present = vec![Vec::new()];
            let mut all = Vec::new();
            for count in 0..=(*max)? {
                if count > 0 {
                    present = joined(&present, &once)?;
                }
                if count >= *min {
                    all.extend(present.iter().cloned());
                    bounded(&all)?;
                }
            }
            Some(all)
        }
    }
}

/// Concatenates each text of the first list with each of the second.
fn joined(first: &Texts, second: &Texts) -> Option<Texts> {
    if first.len().saturating_mul(second.len()) > TEXTS_LIMIT {
        return None;
    }
    let pairs = first.iter().flat_map(|head| second.iter().map(move |tail| (head, tail)));
    let all = pairs.map(|(head, tail)| [head.as_slice(), tail].concat()).collect();
    bounded(&all)?;
    Some(all)
}

fn bounded(texts: &Texts) -> Option<()> {
    let short = texts.iter().all(|text| text.len() <= LENGTH_LIMIT);
    (short && texts.len() <= TEXTS_LIMIT).then_some(())
}
