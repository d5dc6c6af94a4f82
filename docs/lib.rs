//! The book on brocomm.
//!
//! The pages are in `src`; `mdbook build` renders them. The Rust programs in the pages are the
//! examples of this package. Its tests compare the pages with the programs.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

/// Compiles the example of the workspace's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
