//! Who sends its state (§3.3).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
