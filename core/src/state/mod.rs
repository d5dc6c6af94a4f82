//! Synchronized variables (2§9, §3.3–§3.5).
//!
//! A [`Store`] holds variables that are `&synchronized`, and those within them: sets, tables,
//! records and vectors, however nested. It is data only; whoever has connections sends what it
//! gives and gives it what came:
//!
//! * our own operations ([`Store::assign`], [`Store::increment`], …) give the
//!   [`StateAccess`](crate::data::StateAccess) that peers need;
//! * a peer's operations are carried out by [`Store::apply`];
//! * [`Store::next_state`] gives the full state, [`Store::apply_full`] takes it;
//! * [`Store::feed_time`] and [`Store::poll_expired`] let entries expire;
//! * [`Store::snapshot`] and [`Store::restore`] keep all of it over a restart.
//!
//! ```
//! use brocomm::data::{Declarations, Value};
//! use brocomm::lowlevel::state::FullState;
//! use brocomm::state::{Limits, Path, Store};
//!
//! let mut declarations = Declarations::new();
//! declarations.read(
//!     "global hits = 0 &synchronized;
//!      global hosts: table[addr] of string &synchronized;",
//! )?;
//! let store = |host: &str| {
//!     let mut store = Store::new(format!("#{host}#1#"), Limits::default());
//!     store.declare_synchronized(&declarations).map(|()| store)
//! };
//! let (mut ours, mut theirs) = (store("ours")?, store("theirs")?);
//!
//! // In Sync one side gives its state (§3.4).
//! let mut state = FullState::new();
//! while let Some(access) = ours.next_state(&mut state)? {
//!     theirs.apply_full(&access)?;
//! }
//! // In Running either side changes it: both at once here.
//! let path = Path::to("hosts").index([Value::Addr([10, 0, 0, 1].into())]);
//! let here = [ours.increment("hits", 1)?, ours.assign(path.clone(), "gateway")?];
//! let there = [theirs.increment("hits", 1)?];
//! here.iter().flatten().try_for_each(|access| theirs.apply(access).map(drop))?;
//! there.iter().flatten().try_for_each(|access| ours.apply(access).map(drop))?;
//! assert_eq!(ours.get("hits")?, Value::Count(2));
//! assert_eq!(theirs.get("hits")?, Value::Count(2));
//! assert_eq!(theirs.get(path)?, "gateway".into());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What ends equal
//!
//! Operations cross; each side carries out the other's after its own. All end equal where the order
//! doesn't matter: increments, of which the difference counts; changes of different variables,
//! entries, fields or elements; and whatever only one side changes. Also where one side replaces a
//! container: changes of the old one that cross that are lost on all sides
//! ([`StateError::UnknownTarget`]).
//!
//! Otherwise:
//!
//! * Where two assign to the same, each ends with the last that either assigned; but if those two
//!   crossed, with the other's, as in Bro. So does an entry that one adds and the other deletes, or
//!   lets expire.
//! * What is changed while two are not connected is lost on the side that then takes the other's
//!   state (§3.3), and what it changes while it takes it is, as far as the state has it otherwise.
//!   A `&mergeable` table keeps its own entries besides, of which the other side is not told.
//! * Of more than two nodes one passes changes on (`forward_remote_state_changes`); it should be the
//!   one with authority. It passes on a full state that it takes as changes, and in those a
//!   container that the others know stays as it is there (2§9).

mod absorb;
pub(crate) mod apply;
mod change;
pub(crate) mod container;
mod error;
pub(crate) mod full;
mod heap;
pub(crate) mod local;
mod path;
mod place;
mod read;
pub(crate) mod snapshot;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use apply::{Alias, Applied, Inconsistency};
pub(crate) use container::Expired;
pub use error::{Limits, StateError};
pub(crate) use full::{FullState, Progress};
pub use path::{Part, Path};
pub use store::Store;
