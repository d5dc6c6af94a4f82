//! Remote logs (part 3).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
