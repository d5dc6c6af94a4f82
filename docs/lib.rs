//! The book on brocomm.
//!
//! Its pages are in `src`, and `mdbook build` makes a site of them. The Rust programs that they show are
//! the examples of this package; its tests hold the pages to what the programs do.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

/// Compiles the example of the workspace's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
