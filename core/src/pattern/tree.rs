//! The syntax tree of patterns.

use std::fmt::Write;

use super::class::Class;

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
