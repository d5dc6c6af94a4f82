//! A conformance suite for the Bro 2.5 Communication framework, and recorded sessions of it.
//!
//! [`suite`] runs numbered cases against any implementation of the protocol, and [`explore`](mod@explore)
//! random sessions; the program `brocomm-conformance` is the face of both on the command line.
//!
//! # Recordings
//!
//! A recording holds the bytes of a real session ([`Recording`]), its metadata says what was
//! recorded and what must come out ([`Expectation`]). [`sessions()`] lists the ones that this crate
//! carries; `vectors/sessions/README.md` describes their format for readers in any language.
//! [`RecordingReader`] reads one step at a time and so needs little memory for large files.
//! [`mod@testing`] cuts streams as a network might, and compares what was printed.
//!
//! Single serializations and messages of logs with their meaning, and bytes that have to be refused,
//! lie beside them; `vectors/README.md` is their index.
//!
//! ```
//! use brocomm_conformance::{Expected, Side, sessions};
//!
//! let session = sessions().into_iter().find(|session| session.name() == "broccoli-enum").unwrap();
//! let recording = session.recording()?;
//! let expectation = session.expectation()?;
//!
//! // The first chunk of a stream: a length of 8, then the header of the VERSION message (type 1).
//! let stream = recording.stream(Side::Listener);
//! assert_eq!(stream[..5], [0, 0, 0, 8, 1]);
//! assert_eq!(stream.len() as u64, expectation.wire.listener.bytes);
//!
//! let mut names = expectation.expect.iter().filter_map(|expected| match expected {
//!     Expected::Event { from: Side::Connector, name, .. } => Some(name.as_str()),
//!     _ => None,
//! });
//! assert_eq!(names.next(), Some("enumtest"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod cases;
mod expectation;
mod expected;
#[cfg(feature = "explore")]
pub mod explore;
// Only for the program, and the tests of this package.
#[cfg(feature = "runner")]
#[doc(hidden)]
pub mod own;
mod recording;
mod sessions;
mod side;
mod source;
// Only for the property tests of this workspace, so that proptest is no part of the interface.
#[cfg(feature = "explore")]
#[doc(hidden)]
pub mod strategies;
pub mod suite;
pub mod testing;

pub use expectation::{
    Direction, Expectation, ExpectationError, Fault, FaultSummary, MAX_METADATA, Party, Sent, Wire,
};
pub use expected::{EntryProblem, Expected};
pub use recording::{
    DEFAULT_MAX_LINE, LineProblem, Recording, RecordingError, RecordingReader, Step, StepKind,
};
pub use sessions::{Session, faults, sessions, sessions_in};
pub use side::Side;

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
