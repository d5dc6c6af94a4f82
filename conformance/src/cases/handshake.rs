//! The way into Running (§3.1–§3.3).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
