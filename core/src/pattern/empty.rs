//! Patterns that match without consuming a byte.
//!
//! When Bro searches for a pattern anywhere in a text (`pattern in text`), a match must consume a
//! byte or the end of the text. So `a*` is not in an empty text, but `$` is; and `^` alone is in no
//! text.

use super::tree::Tree;

/// The maximum number of nodes of a split tree.
const NODES_LIMIT: usize = 1 << 12;

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
