//! Lists the texts that a pattern matches.

use bytes::Bytes;

use super::tree::Tree;

/// The maximum number of texts.
const TEXTS_LIMIT: usize = 1000;
/// The maximum length of each text.
const LENGTH_LIMIT: usize = 1000;

/// Markers for the beginning and the end of a text, outside the range of bytes.
const START: u16 = 256;
const END: u16 = 257;

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
