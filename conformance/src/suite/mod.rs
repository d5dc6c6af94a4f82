//! Numbered cases to run against any implementation of the protocol.
//!
//! A [`Case`] is numbered by the section that it tests (`1.5/3`). It is a script for a peer: what
//! is sent, and what must be received. [`Selection::run`] runs it against an [`Implementation`]
//! that has the needed capabilities: one that [listens](Listening), one that
//! [connects](Connecting), one that the suite [starts](Started), or your own.
//! [`IMPLEMENTING.md`](https://docs.rs/crate/brocomm-conformance/latest/source/IMPLEMENTING.md)
//! lists what an implementation must do to be tested.
//!
//! A test of an implementation that only echoes, and that the suite starts:
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
//! [`Report::transcript`] has all messages between the two.

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

// A case is a function of a `Trial`, which opens `Exchange`s: connections controlled by the case,
// down to single bytes. The `Report` gets everything that is sent and received, with its meaning. A
// case that returns `Ok` has passed; a `Stop` ends it otherwise.
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
