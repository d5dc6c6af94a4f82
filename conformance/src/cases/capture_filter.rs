//! Capture filters (§2.4).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
