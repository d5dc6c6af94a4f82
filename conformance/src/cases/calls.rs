//! Calls that do not fit (§5).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
