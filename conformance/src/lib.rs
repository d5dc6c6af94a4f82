//! A conformance suite for the Bro 2.5 Communication framework, and recorded sessions of it.
//!
//! [`suite`] runs numbered cases against any implementation of the protocol, and
//! [`explore`](mod@explore) runs random sessions. The program `brocomm-conformance` runs both from
//! the command line.
//!
//! # Recordings
//!
//! A [`Recording`] contains the bytes of a real session. Its metadata, [`Expectation`], describes
//! it and the expected results. [`sessions()`] lists the recordings in this crate, and
//! `vectors/sessions/README.md` describes their format. [`RecordingReader`] reads one step at a
//! time, so it needs little memory for large files. [`mod@testing`] splits streams as a network
//! might, and compares printed values.
//!
//! There are also single SERIALs and log messages with their meaning, and bytes that must be
//! refused. `vectors/README.md` describes them.
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
// Only for the program and the tests of this package.
#[cfg(feature = "runner")]
#[doc(hidden)]
pub mod own;
mod recording;
mod sessions;
mod side;
mod source;
// Only for the property tests of this workspace, so proptest is not part of the interface.
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
pub use sessions::{RecordedSession, faults, older_sessions, sessions, sessions_in};
pub use side::Side;

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
