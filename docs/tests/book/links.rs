//! Checks the targets of links and includes.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::pages::{Page, Piece, book, pages};

#[test]
fn each_link_has_a_target() {
    let pages = pages();
    let mut checked = 0;
    for page in &pages {
        for link in links(page) {
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { page.path.clone() } else { clean(page, file) };
            let Some(target) = pages.iter().find(|page| page.path == target) else {
                // mdBook publishes all other files in the folder too.
                assert!(target.is_file(), "{}: {link} is not there", page.name());
                continue;
            };
            let headings = headings(target);
            assert!(
                fragment.is_empty() || headings.contains(fragment),
                "{}: {link}: no such heading in {headings:?}",
                page.name()
            );
            checked += 1;
        }
    }
    assert!(checked > 20);
}

#[test]
fn each_page_is_in_the_summary() {
    let pages = pages();
    let summary = pages.iter().find(|page| page.name() == "src/SUMMARY.md").expect("there is one");
    let listed: BTreeSet<PathBuf> =
        links(summary).iter().map(|link| clean(summary, link)).collect();
    for page in &pages {
        let is_it = page.path == summary.path;
        assert!(is_it || listed.contains(&page.path), "{} is not in the summary", page.name());
    }
}

/// Returns the links to pages and headings.
fn links(page: &Page) -> Vec<String> {
    let is_ours = |link: &String| !link.contains("://") && !link.starts_with("mailto:");
    let links = page.pieces().into_iter().filter_map(|piece| match piece {
        Piece::Link(link) => Some(link),
        _ => None,
    });
    links.filter(is_ours).collect()
}

/// Returns the file that a link refers to.
fn clean(page: &Page, link: &str) -> PathBuf {
    let mut path = page.path.parent().expect("a page is in a folder").to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(part) => path.push(part),
            _ => {}
        }
    }
    assert!(path.starts_with(book().join("src")), "{}: {link} is not in the book", page.name());
    path
}

/// Returns the anchors that mdBook creates for the headings of a page.
fn headings(page: &Page) -> BTreeSet<String> {
    let names = page.pieces().into_iter().filter_map(|piece| match piece {
        Piece::Heading(text) => Some(text),
        _ => None,
    });
    let name = |text: String| {
        let kept = text.trim().chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
            _ => None,
        });
        kept.collect()
    };
    names.map(name).collect()
}
