//! Each message in each phase (§3.7).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
