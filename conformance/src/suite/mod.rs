//! Numbered cases that any implementation of the protocol can be run against.
//!
//! A [`Case`] is numbered after the section that it tests (`1.5/3`) and is a script for a peer: what
//! is sent, and what must come back. [`Selection::run`] carries it out against an [`Implementation`],
//! unless that is not capable of it: one that [listens](Listening), one that [connects](Connecting),
//! one that is [started](Started) when it is wanted, or whatever gives connections.
//! [`IMPLEMENTING.md`](https://docs.rs/crate/brocomm-conformance/latest/source/IMPLEMENTING.md)
//! says on one page what an implementation has to do to be tested.
//!
//! As a test of an implementation that does no more than echo, and is started by the suite:
//!
//! ```no_run
//! use brocomm_conformance::suite::{Level, Profile, Selection, Settings, Started, Verdict, cases};
//!
//! let address = "127.0.0.1:47757".parse()?;
//! let mut implementation = Started::listening("./my-peer --listen 127.0.0.1:47757", address);
//! let selection = Selection {
//!     profile: Profile::BROCCOLI,
//!     levels: vec![Level::Must, Level::Should],
//!     ..Selection::default()
//! };
//! for case in cases().iter().filter(|case| selection.wants(case)) {
//!     let report = selection.run(case, &mut implementation, &Settings::default());
//!     assert!(matches!(report.verdict, Verdict::Passed | Verdict::Skipped(_)), "{report}");
//! }
//! # Ok::<(), std::net::AddrParseError>(())
//! ```
//!
//! What passed between the two is in [`Report::transcript`].

mod case;
mod describe;
mod exchange;
mod implementation;
mod needs;
mod profile;
mod report;
mod run;
mod section;
mod selection;
mod started;
mod transcript;
mod trial;

// A case is a function of a `Trial`, which opens `Exchange`s: connections whose other end is
// scripted, byte by byte if need be. Everything that passes is kept, with its meaning, for the
// `Report`. A case that returns has passed; a `Stop` ends it otherwise.
pub(crate) use exchange::{Exchange, Got, Hello, chunk, header, token};
pub(crate) use trial::{Outcome, Stop, Trial};

pub use crate::cases::cases;
pub use case::{Case, CaseId, Level};
pub use implementation::{Connecting, Implementation, Listening};
pub use needs::{Capability, Entry, Role};
pub use profile::{Exception, Profile};
pub use report::{Report, Verdict};
pub use run::{Settings, run};
pub use section::section_title;
pub use selection::Selection;
pub use started::Started;
pub use transcript::{Line, LineKind, Transcript};
