//! Requests of events, prints and sync points (§2.3, §2.11, §2.12), PINGs (§2.7).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
