//! Synchronized variables (2§9, §3.3–§3.5).
//!
//! A [`Store`] holds `&synchronized` variables, with nested sets, tables, records and vectors. It
//! does no I/O; the caller sends the operations that it returns and passes in received ones:
//!
//! * local operations ([`Store::assign`], [`Store::increment`], …) return the
//!   [`StateAccess`](crate::data::StateAccess) to send to peers;
//! * [`Store::apply`] applies a peer's operations;
//! * [`Store::next_state`] returns the full state, [`Store::apply_full`] applies it;
//! * [`Store::feed_time`] and [`Store::poll_expired`] expire entries;
//! * [`Store::snapshot`] and [`Store::restore`] preserve the store over a restart.
//!
//! ```
//! use brocomm::data::{Declarations, Value};
//! use brocomm::lowlevel::state::FullState;
//! use brocomm::state::{StoreLimits, Path, Store};
//!
//! let mut declarations = Declarations::new();
//! declarations.read(
//!     "global hits = 0 &synchronized;
//!      global hosts: table[addr] of string &synchronized;",
//! )?;
//! let store = |host: &str| {
//!     let mut store = Store::new(format!("#{host}#1#"), StoreLimits::default());
//!     store.declare_synchronized(&declarations).map(|()| store)
//! };
//! let (mut ours, mut theirs) = (store("ours")?, store("theirs")?);
//!
//! // In Sync one side sends its state (§3.4).
//! let mut state = FullState::new();
//! while let Some(access) = ours.next_state(&mut state)? {
//!     theirs.apply_full(&access)?;
//! }
//! // In Running both sides can change it, here at the same time.
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
//! # Convergence
//!
//! Operations can cross; each side applies the other's after its own. All sides converge if the
//! order does not matter: for increments, which are applied as differences; for changes of
//! different variables, entries, fields or elements; and for variables that only one side changes.
//! They also converge when one side replaces a container: changes of the old container that cross
//! the replacement are lost on all sides ([`StateError::UnknownTarget`]).
//!
//! Otherwise:
//!
//! * If two sides assign to the same place, the last assignment wins; but if the two cross, each
//!   side ends with the other's value, as in Bro. The same applies to an entry that one side adds
//!   and the other deletes or expires.
//! * Changes made while two nodes are not connected are lost on the side that then receives the
//!   other's state (§3.3), as are conflicting changes that it makes while receiving it. A
//!   `&mergeable` table also keeps its own entries, which are not sent to the other side.
//! * With more than two nodes, one forwards changes (`forward_remote_state_changes`). It should be
//!   the authoritative one. It forwards a received full state as changes; containers that the
//!   others already know keep their content there (2§9).

mod container;
mod error;
mod heap;
mod path;
pub(crate) mod store;
mod stored;
#[cfg(test)]
mod tests;

pub use error::{StateError, StoreLimits};
pub use path::{Part, Path};
pub use store::Store;
pub(crate) use store::apply::{Alias, Applied, Inconsistency};
pub(crate) use store::expiry::Expired;
pub(crate) use store::full::{FullState, Progress};
