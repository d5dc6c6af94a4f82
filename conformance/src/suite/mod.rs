//! Numbered cases that any implementation of the protocol can be run against.
//!
//! A [`Case`] is numbered after the section that it tests (`1.5/3`) and is a script for a peer: what
//! is sent, and what must come back. [`run`](fn@run) carries it out against an [`Implementation`]: one that
//! [listens](Listening), one that [connects](Connecting), or whatever gives connections.
//! [`IMPLEMENTING.md`](https://docs.rs/crate/brocomm-conformance/latest/source/IMPLEMENTING.md)
//! says on one page what an implementation has to do to be tested.
//!
//! ```no_run
//! use brocomm_conformance::suite::{Listening, Settings, Verdict, run};
//! use brocomm_conformance::cases::cases;
//!
//! let mut implementation = Listening::at("127.0.0.1:47757".parse()?);
//! for case in cases().iter().filter(|case| case.id.starts_with("1.")) {
//!     let report = run(case, &mut implementation, &Settings::default());
//!     assert!(!matches!(report.verdict, Verdict::Failed(_)), "{report}");
//! }
//! # Ok::<(), std::net::AddrParseError>(())
//! ```
//!
//! # Writing cases
//!
//! A case is a function of a [`Trial`], which opens [`Exchange`]s: connections whose other end is
//! scripted, byte by byte if need be. Everything that passes is kept, with its meaning, for the
//! [`Report`]. A case that returns has passed; [`Stop`] ends it otherwise.

mod case;
mod describe;
mod exchange;
mod implementation;
mod needs;
mod profile;
mod report;
mod run;
mod selection;
mod started;
mod transcript;
mod trial;

pub use case::{Case, CaseId, Level};
pub use exchange::{Exchange, Got, Hello, Sender, Theirs, chunk, header, token};
pub use implementation::{Connecting, Implementation, Listening};
pub use needs::{Capability, Entry, Role};
pub use profile::{Exception, Profile};
pub use report::{Report, Verdict};
pub use run::{Settings, run};
pub use selection::Selection;
pub use started::Started;
pub use transcript::{Line, LineKind, Transcript};
pub use trial::{Outcome, Stop, Trial};
