//! Synchronized state (2§9, §3.4).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
