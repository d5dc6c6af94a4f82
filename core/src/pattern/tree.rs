//! What a pattern stands for.
//!
//! Where Bro looks for a pattern anywhere in a text (`pattern in text`), a match counts once a byte
//! of the text was taken, or its end. So `a*` is not in an empty text, but `$` is; and `^` alone is
//! in none.

use std::fmt::Write;

use bytes::Bytes;

use super::class::Class;

/// Says what a pattern, or a part of it, stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// One byte.
    One(Class),
    /// The beginning of the text.
    Start,
    /// The end of the text.
    End,
    /// One after the other.
    All(Vec<Tree>),
    /// One of them.
    Any(Vec<Tree>),
    /// The same again and again; without a bound if `max` is `None`.
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

/// How many nodes a tree is divided into at most.
const NODES_LIMIT: usize = 1 << 12;

impl Tree {
    /// Returns whether this matches no bytes at all and asks for the text's end.
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

    /// Returns what matches as this does, but takes no bytes; `None` if this always takes some.
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

    /// Returns what matches as this does, but takes a byte at least; `None` if this never takes one,
    /// or is too large to tell.
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

/// How many texts are listed at most.
const TEXTS_LIMIT: usize = 1000;
/// How long each is at most.
const LENGTH_LIMIT: usize = 1000;

/// The beginning and the end of a text, as characters that no text has.
const START: u16 = 256;
const END: u16 = 257;

/// Texts, each with the places where it has to begin or end.
type Texts = Vec<Vec<u16>>;

/// Returns all that is matched, in the order written; `None` if it is much or without a bound.
pub(super) fn expand(tree: &Tree) -> Option<Vec<Bytes>> {
    let mut names: Vec<Bytes> = Vec::new();
    for text in texts(tree)? {
        let begun = text.iter().position(|symbol| *symbol != START).unwrap_or(text.len());
        let ended = text
            .iter()
            .rposition(|symbol| *symbol != END)
            .map_or(begun, |last| last.saturating_add(1));
        let inner = text.get(begun..ended).unwrap_or_default();
        // A beginning or end in the middle can never be.
        let bytes: Option<Bytes> = inner.iter().map(|symbol| u8::try_from(*symbol).ok()).collect();
        if let Some(name) = bytes {
            if !names.contains(&name) {
                names.push(name);
            }
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

/// Lets each of the second follow each of the first.
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
